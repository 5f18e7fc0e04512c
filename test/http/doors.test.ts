import { sql } from "drizzle-orm";
import { serverAudits } from "graphql-http";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { ANSWERS } from "../support/yahoo.ts";

const GR = "application/graphql-response+json";
const ADDRESS = "http://localhost/graphql";
const post = (body: unknown, headers: Record<string, string> = {}) =>
  new Request(ADDRESS, {
    method: "POST",
    headers: { "content-type": "application/json", accept: GR, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const errorsOf = async (response: Response) => ((await response.json()) as { errors: { message: string }[] }).errors;

describe("GraphQL over HTTP", () => {
  it("passes every audit of graphql-http without an error", async () => {
    const { server } = await openLedger();
    const fetchFn = async (url: string, init?: RequestInit) =>
      server.fetch(new Request(url, { ...init, headers: { ...init?.headers, "graphql-require-preflight": "1" } }));
    const results = await Promise.all(serverAudits({ url: ADDRESS, fetchFn }).map((audit) => audit.fn()));
    expect(results.length).toBeGreaterThan(50);
    expect(results.filter(({ status }) => status === "error")).toEqual([]);
  });

  it.each([
    [200, { query: "{ leagues { key } }" }],
    [294, { query: "{ leagues { key } jobs(first: 500) { nodes { id } } }" }],
    [422, { query: "{ nothing }" }],
    [422, { query: "query ($n: Int!) { jobs(first: $n) { totalCount } }", variables: { n: "x" } }],
    [422, { query: "query A { leagues { key } } query B { leagues { key } }" }],
    [422, { variables: {} }],
    [422, { query: "{ leagues { key } }", variables: [] }],
    [400, { query: "{" }],
    [400, "no JSON"],
    [200, { query: "{ leagues { key } }", somethingElse: 1, id: 3 }],
  ])("returns status %i for %j", async (status, body) => {
    const { server } = await openLedger();
    for (const accept of [GR, "application/json"]) {
      const response = await server.fetch(post(body, { accept }));
      expect({ accept, status: response.status }).toEqual({ accept, status });
      expect(response.headers.get("content-type")).toMatch(new RegExp(`^${accept.replace("+", "\\+")}`));
    }
  });

  it("quotes at most 200 characters of a value in an error, and reports an error only once if many list items cause the error", async () => {
    const { server, db, yahoo } = await openLedger();
    const long = await server.fetch(
      post({
        query: 'query ($d: Date!) { dailySummary(leagueKey: "demo.l.1", date: $d) { started } }',
        variables: { d: "x".repeat(50_000) },
      }),
    );
    const text = await long.text();
    expect(text.length).toBeLessThan(3_000);
    expect(text).toContain("xxx…");
    // Thirty leagues whose previous season cannot be fetched because the source refuses the requests.
    for (let n = 0; n < 30; n++)
      await db.write([
        sql`insert into leagues (key, source, sport, season, name, start_date, end_date, positions, previous_key, fetched_at)
            values (${`458.l.${n + 500}`}, 'YAHOO', 'mlb', 2025, ${`L${n}`}, '2025-04-01', '2025-09-01', '[]', ${`431.l.${n + 1}`}, 0)`,
      ]);
    yahoo.fault = () => ANSWERS.appNotApproved;
    const many = await server.fetch(post({ query: "{ leagues { previousSeason { key } } }" }));
    const { errors } = (await many.json()) as { errors: { message: string; extensions: { times?: number } }[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions.times).toBe(30);
  });

  it("reports the error of a failed subscription in the subscription's stream", async () => {
    const { server } = await openLedger();
    const query = 'subscription { jobEvents(jobId: "none") { type } }';
    const response = await server.fetch(post({ query }, { accept: "text/event-stream" }));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"code":"NOT_FOUND"');
  });

  it.each([
    [
      "an unsupported method",
      405,
      new Request(ADDRESS, { method: "PUT", body: "{}", headers: { "content-type": "application/json" } }),
    ],
    ["an unsupported Accept header", 406, post({ query: "{ leagues { key } }" }, { accept: "text/csv" })],
    ["an unsupported content type", 415, post("{}", { "content-type": "text/plain" })],
    ["an unsupported content encoding", 415, post("{}", { "content-encoding": "gzip" })],
    ["a body that is too long", 413, post({ query: `{ leagues { key } } # ${"x".repeat(100_000)}` })],
    ["a URL that is too long", 414, new Request(`${ADDRESS}?query={leagues{key}}&x=${"x".repeat(9_000)}`)],
    ["headers that are too long", 431, post({ query: "{ leagues { key } }" }, { "x-long": "x".repeat(17_000) })],
  ])("refuses %s with status %i and runs no SQL statement", async (_, status, request) => {
    const ledger = await openLedger();
    const before = ledger.statements.length;
    const response = await ledger.server.fetch(request);
    expect(response.status).toBe(status);
    expect(await errorsOf(response)).toHaveLength(1);
    expect(ledger.statements.length).toBe(before);
  });

  it("answers 408 after ten seconds when the body arrives too slowly", async () => {
    const { server, clock } = await openLedger();
    const body = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
    });
    const answered = server.fetch(
      new Request(ADDRESS, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        duplex: "half",
      } as RequestInit),
    );
    let isAnswered = false;
    void answered.finally(() => {
      isAnswered = true;
    });
    const began = clock.now();
    while (!isAnswered) await clock.advance(1_000);
    expect((await answered).status).toBe(408);
    expect(clock.now() - began).toBeGreaterThanOrEqual(10_000);
  });
});

describe("GET requests", () => {
  const QUERY = `${ADDRESS}?query={leagues{key}}`;
  it.each([
    ["an image or a link on another site", {}, 403],
    ["this server's own page", { "sec-fetch-site": "same-origin" }, 200],
    ["a caller with a header that a form cannot send", { "graphql-require-preflight": "1" }, 200],
    ["a caller with the content type application/json", { "content-type": "application/json" }, 200],
    ["a page with an origin in CORS_ORIGINS", { origin: "http://localhost:5173", "sec-fetch-site": "cross-site" }, 200],
    ["a page with any other origin", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }, 403],
  ])("from %s (headers %j) are answered with status %i", async (_, headers, status) => {
    const ledger = await openLedger({ env: { CORS_ORIGINS: "http://localhost:5173" } });
    const before = ledger.statements.length;
    const response = await ledger.server.fetch(new Request(QUERY, { headers: headers as HeadersInit }));
    expect(response.status).toBe(status);
    if (status === 403) expect(ledger.statements.length).toBe(before);
  });

  it("are refused if they ask for an event stream but have no preflight header", async () => {
    const { server } = await openLedger();
    const url = `${ADDRESS}?query=${encodeURIComponent("subscription { jobsProgress { jobId } }")}`;
    expect((await server.fetch(new Request(url, { headers: { accept: "text/event-stream" } }))).status).toBe(403);
  });
});

describe("CORS_ORIGINS", () => {
  const env = { CORS_ORIGINS: "http://localhost:5173", API_TOKENS: "me:viewer:0123456789abcdef" };
  const asked = (origin: string) =>
    new Request(ADDRESS, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });

  it("lets only pages from the listed origins send requests and read answers, and accepts no cookies from these pages", async () => {
    const { server } = await openLedger({ env });
    const allowed = await server.fetch(asked("http://localhost:5173"));
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
    for (const origin of ["https://evil.example", "http://localhost:51730", "http://localhost", "null"])
      expect((await server.fetch(asked(origin))).headers.get("access-control-allow-origin")).toBeNull();
    const headers = { origin: "http://localhost:5173", authorization: "Bearer 0123456789abcdef" };
    const answer = await server.fetch(post({ query: "{ viewer { name } }" }, headers));
    expect(await answer.json()).toEqual({ data: { viewer: { name: "me" } } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(answer.headers.get("vary")).toContain("Origin");
    // The server ignores a cookie that a page of another origin sends. A page of another origin has to send a token.
    const cookie = { origin: "http://localhost:5173", cookie: "lineup_ledger_token=0123456789abcdef" };
    expect((await server.fetch(post({ query: "{ viewer { name } }" }, cookie))).status).toBe(401);
  });
});

describe("PLAYGROUND=off", () => {
  it("hides the playground, the schema and suggestions, and refuses introspection with a single error", async () => {
    const { server } = await openLedger({ env: { PLAYGROUND: "off" } });
    expect((await server.fetch(new Request(ADDRESS, { headers: { accept: "text/html" } }))).status).toBe(404);
    expect((await server.fetch(new Request("http://localhost/schema.graphql"))).status).not.toBe(200);
    for (const query of ["{ __schema { types { name } } }", '{ __type(name: "Query") { name fields { name } } }']) {
      const response = await server.fetch(post({ query }));
      expect(response.status).toBe(403);
      const errors = await errorsOf(response);
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).not.toMatch(/Query|types/);
    }
    const [unknown] = await errorsOf(await server.fetch(post({ query: "{ leage { key } }" })));
    expect(unknown?.message).toBe('Cannot query field "leage" on type "Query".');
    expect((await server.fetch(post({ query: "{ __typename }" }))).status).toBe(200);
  });
});

describe("unknown tokens", () => {
  const env = { API_TOKENS: "me:viewer:0123456789abcdef" };
  const withToken = (token: string) => post({ query: "{ viewer { name } }" }, { authorization: `Bearer ${token}` });

  it("get 429 after twenty attempts from one address in a minute, while a valid token from that address still works", async () => {
    const ledger = await openLedger({ env });
    const before = ledger.statements.length;
    const statuses = new Map<number, number>();
    for (let n = 0; n < 1_000; n++) {
      const { status } = await ledger.server.fetch(withToken(`lineups_${String(n).padStart(43, "x")}`), "10.0.0.9");
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([
      [401, 20],
      [429, 980],
    ]);
    // The valid tokens were read from the database only once.
    expect(ledger.statements.length - before).toBe(1);
    expect((await ledger.server.fetch(withToken("0123456789abcdef"), "10.0.0.9")).status).toBe(200);
    expect((await ledger.server.fetch(withToken("wrong-token-of-16"), "10.0.0.10")).status).toBe(401);
    const login = new Request("http://localhost/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: "wrong" }),
    });
    expect((await ledger.server.fetch(login, "10.0.0.9")).status).toBe(429);
    await ledger.clock.advance(60_000);
    expect((await ledger.server.fetch(withToken("wrong-token-of-16"), "10.0.0.9")).status).toBe(401);
  });

  it("are counted, but missing tokens are not, so even the fiftieth request without a token gets 401", async () => {
    const { server } = await openLedger({ env });
    for (let n = 0; n < 50; n++)
      expect((await server.fetch(post({ query: "{ viewer { name } }" }), "10.0.0.9")).status).toBe(401);
  });
});
