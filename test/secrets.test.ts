import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLog } from "../src/log.ts";
import { openDatabase } from "../src/runtimes/database.ts";
import { createSecrets, redactError } from "../src/secrets.ts";
import { CANARIES, ENV, FAULTS, OPERATOR, said, VIEWER } from "./support/canaries.ts";
import { openLedger } from "./support/ledger.ts";
import { SHORT, testRedaction } from "./support/redaction.ts";

describe("secret redaction", () => {
  testRedaction(FAULTS.slice(0, SHORT));

  it("covers jobs and logs if Yahoo's login service repeats secrets in its answer", async () => {
    const ledger = await openLedger({ env: ENV });
    ledger.yahoo.loginFaults = Array.from({ length: 4 }, () => ({
      status: 400,
      body: JSON.stringify({ error: `invalid ${said}` }),
    }));
    await ledger.ask(
      `mutation { startCollection(input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01" }) { job { id } } }`,
      {},
      { authorization: `Bearer ${OPERATOR}` },
    );
    await ledger.work();
    const { data } = await ledger.ask(
      '{ job(id: "latest") { status error { code message } } }',
      {},
      { authorization: `Bearer ${VIEWER}` },
    );
    expect(data?.job).toMatchObject({
      status: "PAUSED",
      error: { code: "SOURCE_UNAUTHORIZED", message: expect.stringContaining("[redacted]") },
    });
    // The login has not issued token-1 yet, so the ledger does not know it as a secret.
    for (const canary of CANARIES.filter((each) => each !== "token-1"))
      expect(JSON.stringify([data, ledger.logged])).not.toContain(canary);
  });
});

it("openDatabase() keeps the database's token out of errors and logs even if the database server repeats the token", async () => {
  const server = createServer((request, response) =>
    response.writeHead(401, { "content-type": "text/plain" }).end(`no access with ${request.headers.authorization}`),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logged: string[] = [];
  const error = await openDatabase(
    { database: { url, authToken: "canary-database-token" } },
    createLog("debug", (line) => logged.push(line)),
  ).then(
    () => undefined,
    (error: Error) => error,
  );
  const causes = (each: unknown): string =>
    each instanceof Error ? `${each.message} ${each.stack} ${causes(each.cause)}` : "";
  expect(causes(error)).toMatch(/the database of DATABASE_URL, http:/);
  expect(causes(error)).not.toContain("canary");
  expect(logged.join()).not.toContain("canary");
});

describe("redact()", () => {
  it("replaces a secret in plain, URL-encoded and JSON form", () => {
    const { redact } = createSecrets(['a"b c/d+e=f']);
    expect(redact(`${'a"b c/d+e=f'} ${encodeURIComponent('a"b c/d+e=f')} ${JSON.stringify('a"b c/d+e=f')}`)).toBe(
      '[redacted] [redacted] "[redacted]"',
    );
  });

  it("replaces the longest secret first, and finds secrets in PHP's JSON, in lower-case URL encoding and in base64", () => {
    const { redact } = createSecrets(["same-prefix-1", "same-prefix-1-second-part", "a/b+c=d/e"]);
    expect(redact("same-prefix-1-second-part a\\/b+c=d\\/e a%2fb%2bc%3dd%2fe same-prefix-1")).toBe(
      "[redacted] [redacted] [redacted] [redacted]",
    );
    expect(redact(`token ${btoa("same-prefix-1-second-part")}, BEARER abcdefgh123`)).not.toMatch(
      /c2FtZS1wcmVm|abcdefgh/,
    );
  });

  it("replaces the newest secret even after many other secrets were added", () => {
    const secrets = createSecrets();
    for (let i = 0; i < 100; i++) secrets.add(`token-number-${i}`);
    expect(secrets.redact("token-number-99")).toBe("[redacted]");
  });

  it("leaves ordinary words unchanged even if a secret is very short", () => {
    const { redact } = createSecrets(["s", "r1", "note"]);
    expect(redact("its notes are r1 and note")).toBe("its notes are r1 and [redacted]");
  });

  it("replaces unknown values that are written like credentials", () => {
    const { redact } = createSecrets();
    expect(redact('Authorization: Bearer abcdefgh12345, {"refresh_token":"xyz"}, espn_s2=AEB%2Fx; SWID={1-2}')).toBe(
      'Authorization: Bearer [redacted], {"refresh_token":"[redacted]"}, espn_s2=[redacted]; SWID=[redacted]',
    );
  });

  it("replaces secrets in an error and all its causes", () => {
    const inner = new AggregateError([new Error("secret-one")], "secret-one inside");
    const error = new Error("outer secret-one", { cause: inner });
    inner.cause = error;
    const aborted = new DOMException("secret-one aborted", "AbortError");
    inner.errors.push(aborted);
    redactError(error, createSecrets(["secret-one"]));
    expect(
      JSON.stringify([
        error.message,
        error.stack,
        inner.message,
        inner.errors.map(String),
        aborted.message,
        aborted.stack,
      ]),
    ).not.toContain("secret-one");
  });
});
