import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { CREATE_SCHEDULE, START, UPDATE_SCHEDULE } from "../support/queries.ts";

const TOKENS = { API_TOKENS: "ann:operator:operator-token-0123,bob:viewer:viewer-token-01234" };
const input = { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("authentication by API_TOKENS", () => {
  it.each([
    ["no token", {}],
    ["a wrong token", bearer("operator-token-0124")],
    ["an empty token", bearer("")],
    ["a caller's name as the token", bearer("ann")],
    ["another authentication scheme", { authorization: "Token operator-token-0123" }],
  ])("answers 401 to a request with %s and does nothing", async (_, headers) => {
    const ledger = await openLedger({ env: TOKENS });
    const response = await ledger.server.fetch(
      new Request("http://localhost/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ query: START, variables: { input } }),
      }),
    );
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    expect(ledger.statements).toEqual([]);
    expect(
      (
        await ledger.server.fetch(
          new Request("http://localhost/graphql", { headers: { accept: "text/html", ...headers } }),
        )
      ).status,
    ).toBe(401);
    expect((await ledger.server.fetch(new Request("http://localhost/health"))).status).toBe(200);
  });

  it("lets operators write and viewers only read, and records who started a job", async () => {
    const ledger = await openLedger({ env: TOKENS });
    const refused = await ledger.ask(START, { input }, bearer("viewer-token-01234"));
    expect(refused.errors?.[0]).toMatchObject({
      message: "Cannot do this as bob, whose role is viewer. Use a token with the role operator.",
      extensions: { code: "FORBIDDEN" },
    });
    const started = await ledger.ask(START, { input }, bearer("operator-token-0123"));
    const jobId = started.data?.startCollection.job.id;
    for (const action of ["pause", "resume", "cancel"]) {
      expect(
        (
          await ledger.ask(
            `mutation { ${action}Collection(jobId: "${jobId}") { job { id } } }`,
            {},
            bearer("viewer-token-01234"),
          )
        ).errors?.[0]?.extensions?.code,
      ).toBe("FORBIDDEN");
    }
    const seen = await ledger.ask(`{ job(id: "${jobId}") { status metadata } }`, {}, bearer("viewer-token-01234"));
    expect(seen.data?.job).toMatchObject({ status: "QUEUED", metadata: { startedBy: "ann" } });
    const basic = await ledger.ask(
      "{ jobs { totalCount } }",
      {},
      { authorization: `Basic ${btoa("any:viewer-token-01234")}` },
    );
    expect(basic.data).toEqual({ jobs: { totalCount: 1 } });
  });

  it("records who started, paused, resumed and cancelled a job, who waived a date, and who changed a schedule", async () => {
    const tokens = "ann:operator:operator-token-0123,carl:operator:operator-token-0456";
    const ledger = await openLedger({ env: { API_TOKENS: tokens } });
    const as = { ann: bearer("operator-token-0123"), carl: bearer("operator-token-0456") };
    const ask = async (who: keyof typeof as, query: string, variables = {}) => {
      const { data, errors } = await ledger.ask(query, variables, as[who]);
      expect(errors).toBeUndefined();
      return data as Record<string, any>;
    };
    const act = (who: keyof typeof as, action: string, id: string) =>
      ask(who, `mutation { ${action}Collection(jobId: "${id}") { job { id } } }`);
    const events = async (id: string) =>
      (await ask("ann", `{ jobEvents(jobId: "${id}") { events { type by } } }`)).jobEvents.events
        .filter(({ type }: { type: string }) => !/STARTED|DATE_/.test(type))
        .map(({ type, by }: { type: string; by: string | null }) => `${type} ${by}`);

    const { id } = (await ask("ann", START, { input })).startCollection.job;
    await act("carl", "pause", id);
    await act("ann", "resume", id);
    await act("carl", "cancel", id);
    expect(await events(id)).toEqual(["CREATED ann", "PAUSED carl", "RESUMED ann", "CANCELLED carl"]);

    // While a worker holds a job, the request to cancel it and the cancellation are separate events. Both events name the caller.
    const { id: held } = (await ask("ann", START, { input: { ...input, concurrency: 1 } })).startCollection.job;
    const cancelled = new Promise<void>((resolve, reject) => {
      ledger.yahoo.fault = (path) => (path.includes("/roster;") ? "hang" : null);
      ledger.yahoo.hold = (_, release) => {
        ledger.yahoo.fault = () => null;
        act("carl", "cancel", held)
          .then(() => resolve(), reject)
          .finally(release);
      };
    });
    await ledger.work();
    await cancelled;
    expect(await events(held)).toEqual(["CREATED ann", "CANCEL_REQUESTED carl", "CANCELLED carl"]);

    const waive = `mutation { waiveDates(leagueKey: "458.l.100", dates: ["2025-04-20"], reason: "rain") { coverage { ranges { state by } } } }`;
    expect((await ask("carl", waive)).waiveDates.coverage.ranges).toContainEqual({ state: "WAIVED", by: "carl" });

    const schedule = { name: "daily", leagueKey: "458.l.100", cron: "0 6 * * *" };
    const made = (await ask("ann", CREATE_SCHEDULE, { input: schedule })).createSchedule.schedule;
    await ask("carl", UPDATE_SCHEDULE, { input: { id: made.id, cron: "0 7 * * *" } });
    await ask("carl", `mutation { deleteSchedule(id: "${made.id}") { deletedId } }`);
    const { scheduleChanges } = await ask(
      "ann",
      `{ scheduleChanges(scheduleId: "${made.id}") { edges { cursor } nodes { kind by fields } } }`,
    );
    expect(scheduleChanges.nodes).toMatchObject([
      { kind: "DELETED", by: "carl", fields: {} },
      { kind: "CHANGED", by: "carl", fields: { cron: "0 7 * * *" } },
      { kind: "CREATED", by: "ann", fields: { ...schedule, enabled: true, timezone: "America/New_York" } },
    ]);
    const older = `{ scheduleChanges(scheduleId: "${made.id}", after: "${scheduleChanges.edges[1].cursor}") { nodes { kind } } }`;
    expect((await ask("ann", older)).scheduleChanges.nodes).toEqual([{ kind: "CREATED" }]);
  });

  it("shows a failure's message to all callers, but its stack trace only to operators", async () => {
    const ledger = await openLedger({ env: TOKENS });
    ledger.yahoo.fault = () => ({ status: 400, body: '{"error":{"description":"you are not in this league."}}' });
    await ledger.ask(START, { input }, bearer("operator-token-0123"));
    await ledger.work();
    const errorFor = async (token: string) =>
      (await ledger.ask('{ job(id: "latest") { error { code message stack } } }', {}, bearer(token))).data?.job.error;
    const [forViewer, forOperator] = [await errorFor("viewer-token-01234"), await errorFor("operator-token-0123")];
    expect(forOperator.stack).toContain("SourceError");
    expect(forViewer).toEqual({ ...forOperator, stack: null });
  });
});

describe("page of another site", () => {
  it.each([
    ["a form", "application/x-www-form-urlencoded", "query=mutation{pauseCollection(jobId:1){job{id}}}"],
    ["a form with files", "multipart/form-data; boundary=x", "--x\r\n"],
    ["plain text", "text/plain", '{"query":"{ jobs { totalCount } }"}'],
    ["a bare GraphQL query", "application/graphql", "{ jobs { totalCount } }"],
  ])("cannot control the ledger with %s", async (_, type, body) => {
    const ledger = await openLedger();
    const response = await ledger.server.fetch(
      new Request("http://localhost/graphql", { method: "POST", headers: { "content-type": type }, body }),
    );
    expect(response.status).toBe(415);
    expect(ledger.statements).toEqual([]);
  });

  it("cannot read answers, because the server sends no CORS header", async () => {
    const ledger = await openLedger();
    for (const method of ["OPTIONS", "POST"]) {
      const response = await ledger.server.fetch(
        new Request("http://localhost/graphql", {
          method,
          headers: {
            origin: "https://evil.example",
            "content-type": "application/json",
            "access-control-request-method": "POST",
          },
          ...(method === "POST" ? { body: '{"query":"{ jobs { totalCount } }"}' } : {}),
        }),
      );
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("cannot send a mutation in a URL", async () => {
    const ledger = await openLedger();
    const query = encodeURIComponent('mutation { pauseCollection(jobId: "x") { job { id } } }');
    const response = await ledger.server.fetch(new Request(`http://localhost/graphql?query=${query}`));
    expect(response.status).toBe(405);
  });

  it("cannot send a body of more than 100 kB", async () => {
    const ledger = await openLedger();
    const { status } = await ledger.server.fetch(
      new Request("http://localhost/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: `{ jobs { totalCount } } ${" ".repeat(200_000)}` }),
      }),
    );
    expect(status).toBe(413);
  });
});

it("schema.graphql equals the schema that the code prints", async () => {
  const { readFileSync } = await import("node:fs");
  const { printSchema } = await import("graphql");
  const { schema } = await import("../../src/schema/index.ts");
  expect(`${printSchema(schema())}\n`).toBe(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
});
