import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { START } from "../support/queries.ts";

const TOKENS = { API_TOKENS: "ann:operator:operator-token-0123,bob:viewer:viewer-token-01234" };
const input = { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("with API_TOKENS", () => {
  it.each([
    ["none", {}],
    ["a wrong one", bearer("operator-token-0124")],
    ["an empty one", bearer("")],
    ["a name for a token", bearer("ann")],
    ["another scheme", { authorization: "Token operator-token-0123" }],
  ])("a request with %s is answered 401, and nothing is done", async (_, headers) => {
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

  it("operators operate, viewers read, and the job log says who it was", async () => {
    const ledger = await openLedger({ env: TOKENS });
    const refused = await ledger.ask(START, { input }, bearer("viewer-token-01234"));
    expect(refused.errors?.[0]).toMatchObject({
      message: "bob may only read: this takes a token of role operator",
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

  it("only operators see the stack of a failure; all see its message", async () => {
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

describe("a page of another site", () => {
  it.each([
    ["a form", "application/x-www-form-urlencoded", "query=mutation{pauseCollection(jobId:1){job{id}}}"],
    ["a form with files", "multipart/form-data; boundary=x", "--x\r\n"],
    ["plain text", "text/plain", '{"query":"{ jobs { totalCount } }"}'],
    ["a bare query", "application/graphql", "{ jobs { totalCount } }"],
  ])("cannot operate the ledger by %s", async (_, type, body) => {
    const ledger = await openLedger();
    const response = await ledger.server.fetch(
      new Request("http://localhost/graphql", { method: "POST", headers: { "content-type": type }, body }),
    );
    expect(response.status).toBe(415);
    expect(ledger.statements).toEqual([]);
  });

  it("cannot read answers: no CORS header is ever sent", async () => {
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

  it("cannot send a mutation in an address", async () => {
    const ledger = await openLedger();
    const query = encodeURIComponent('mutation { pauseCollection(jobId: "x") { job { id } } }');
    const response = await ledger.server.fetch(new Request(`http://localhost/graphql?query=${query}`));
    expect(response.status).toBe(405);
  });

  it("cannot send more than 100 kB", async () => {
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

it("the schema that is checked in is the one the code prints", async () => {
  const { readFileSync } = await import("node:fs");
  const { printSchema } = await import("graphql");
  const { schema } = await import("../../src/schema/index.ts");
  expect(`${printSchema(schema())}\n`).toBe(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
});
