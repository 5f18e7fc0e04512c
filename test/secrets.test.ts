import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDb } from "../src/db/client.ts";
import { createLog } from "../src/log.ts";
import { openDatabase } from "../src/runtimes/database.ts";
import { createSecrets, redactError } from "../src/secrets.ts";
import { newKey } from "../src/source/credentials/seal.ts";
import { lineups } from "./support/cli.ts";
import { makeDatabase, openLedger } from "./support/ledger.ts";
import { startReceiver } from "./support/receiver.ts";
import { madeSeason } from "./support/season.ts";
import { until } from "./support/waiter.ts";
import { type Fault, startYahoo, yahooEnv } from "./support/yahoo.ts";

const OPERATOR = "operator-token-canary";
const VIEWER = "viewer-token-canary";
const ADMIN = "admin-token-canary";
const ENV = {
  API_TOKENS: `ann:operator:${OPERATOR},bob:viewer:${VIEWER},cat:admin:${ADMIN}`,
  ENCRYPTION_KEY: newKey(),
  WEBHOOKS_PRIVATE: "on",
};
/** The tokens of the Yahoo stand-in, the configured secrets, and encoded forms of them. */
const CANARIES = [
  "canary-client-secret",
  "refresh-0",
  "token-1",
  btoa("client:canary-client-secret"),
  OPERATOR,
  VIEWER,
  ADMIN,
  ENV.ENCRYPTION_KEY,
];

/** Text with which an upstream repeats what it was sent. Each fault has it in another place. */
const said = CANARIES.map((canary) => `bad ${canary}!`).join(" ");
const json = (description: string) => JSON.stringify({ error: { description } });
const FAULTS: [string, Fault][] = [
  ["an error description", { status: 400, body: json(`temporary problem: ${said}`) }],
  ["a refusal of the token", { status: 401, body: json(`oauth_problem="token_rejected" ${said}`) }],
  ["a refusal of a private league", { status: 400, body: json(`you are not in this league ${said}`) }],
  ["a refusal of the application", { status: 403, body: json(`This application is not authorized ${said}`) }],
  ["another refusal", { status: 403, body: json(said) }],
  ["a refusal of an unknown league", { status: 404, body: json(`League key x does not exist ${said}`) }],
  ["XML", { status: 400, body: `<error><description>${said}</description></error>` }],
  ["plain text", { status: 502, body: said }],
  ["text with status 200", { status: 200, body: said }],
  ["JSON of another form", { status: 200, body: JSON.stringify({ said }) }],
  ["a rate limit", { status: 999, body: said, headers: { "retry-after": "600", "x-said": OPERATOR } }],
  ["HTML", { status: 200, body: `<!doctype html><title>${said}</title>`, headers: { "content-type": "text/html" } }],
  ["a broken connection", "reset"],
  ["a hanging response", "hang"],
  ["a text that is cut within a token", { status: 200, body: `${"x".repeat(70)} canary-client-secret` }],
];

describe("secret redaction", () => {
  it.each(FAULTS)("covers events, jobs, viewers, logs and files when Yahoo answers with %s", async (_, fault) => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    const ask = (query: string, token: string) =>
      ledger.clock.drive(ledger.ask(query, {}, { authorization: `Bearer ${token}` }));
    const added = await ask(
      `mutation { addWebhook(input: { url: "${receiver.url}/canary-path", kinds: [JOB_FAILED, JOB_COMPLETED, JOB_NEEDS_LOGIN, LEAGUE_STALE] }) { secret } }`,
      ADMIN,
    );
    const { secret } = added.data?.addWebhook ?? {};
    expect(secret).toMatch(/^whsec_/);
    ledger.yahoo.fault = () => fault;
    // Lets a hanging request time out.
    ledger.yahoo.hold = () => void ledger.clock.advance(31_000);
    const start = `mutation { startCollection(input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01" }) { job { id } } }`;
    expect((await ask(start, OPERATOR)).errors).toBeUndefined();
    await ledger.work();
    const asked = await Promise.all([
      ask("{ jobs { nodes { status error { code message stack } dates { error { message stack } } } } }", OPERATOR),
      ask('{ jobEvents(jobId: "latest") { events { message data } } }', VIEWER),
      ask(
        `{ collectionPlan(input: { leagueKey: "431.l.7", start: "2024-04-01", end: "2024-04-01" }) { requests } }`,
        OPERATOR,
      ),
      ask(`mutation { startUpdate(input: { leagueKey: "mlb.l.100" }) { job { id } } }`, OPERATOR),
    ]);
    await ledger.clock.advance(60_000);
    await ledger.clock.drive(ledger.server.notify());
    const metrics = await ledger.server.fetch(
      new Request("http://127.0.0.1/metrics", { headers: { authorization: `Bearer ${VIEWER}` } }),
    );
    expect(metrics.status).toBe(200);
    const told = receiver.received.map(({ body }) => body);
    const isWaiting = asked[0].data?.jobs.nodes[0].status === "WAITING";
    expect(told).toHaveLength(isWaiting ? 0 : 1);
    const tables = await ledger.db.orm.all<{ name: string }>(
      sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`,
    );
    const stored = await Promise.all(tables.map(({ name }) => ledger.db.orm.all(sql.raw(`select * from "${name}"`))));
    const folder = dirname(ledger.url.replace("file:", ""));
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    expect(files.join()).toContain("job_log");
    const all = JSON.stringify([asked, stored, ledger.logged, told, await metrics.text(), ...files]);
    const forms = ["canary-clie", "Y2xpZW50OmNhbmFyeS1jbGllbnQtc2VjcmV0", "canary-path", secret];
    for (const canary of [...CANARIES, ...forms]) expect(all).not.toContain(canary);
    expect(JSON.stringify(asked)).toMatch(/SOURCE_|LEAGUE_/);
  });

  // The command uses the system clock, so a hanging request would take too long.
  const ANSWERS = FAULTS.filter(([, fault]) => fault !== "hang");
  it.each(ANSWERS)("covers the command line with --verbose when Yahoo answers with %s", async (_, fault) => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    yahoo.fault = () => fault;
    const env = {
      ...ENV,
      ...yahooEnv(yahoo),
      YAHOO_CLIENT_SECRET: "canary-client-secret",
      DATABASE_URL: await makeDatabase(),
    };
    const db = openDb({ url: env.DATABASE_URL });
    onTestFinished(() => db.close());
    const range = ["--start", "2025-04-01", "--end", "2025-04-01"];
    let isOver = false;
    let watched: Promise<unknown> | undefined;
    const ran = await lineups(["collect", "--league", "458.l.100", ...range, "--verbose", "--json"], env, {
      // Ctrl+C leaves a job that would wait for minutes.
      onStart(interrupt) {
        watched = until("the job to wait or to end", async () => {
          const [job] = await db.orm.all<{ status: string }>(sql`select status from job_log`);
          if (job?.status === "WAITING") interrupt();
          return isOver || job?.status === "WAITING";
        });
      },
    });
    isOver = true;
    await watched;
    expect(ran.exit).not.toBe(0);
    expect(ran.err).toContain('"message":"A session on a job begins"');
    const status = await lineups(["status", "--verbose"], env);
    for (const canary of [...CANARIES, "canary-clie"])
      expect(`${ran.out}${ran.err}${status.out}${status.err}`).not.toContain(canary);
  });

  it("covers jobs and logs when Yahoo's login repeats secrets", async () => {
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
    // The login has not issued token-1 yet.
    for (const canary of CANARIES.filter((each) => each !== "token-1"))
      expect(JSON.stringify([data, ledger.logged])).not.toContain(canary);
  });
});

it("openDatabase() keeps its token out of errors and logs when the database server repeats it", async () => {
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

  it("replaces the longest secret first, also in the encodings of PHP, other URL encoders and base64", () => {
    const { redact } = createSecrets(["same-prefix-1", "same-prefix-1-second-part", "a/b+c=d/e"]);
    expect(redact("same-prefix-1-second-part a\\/b+c=d\\/e a%2fb%2bc%3dd%2fe same-prefix-1")).toBe(
      "[redacted] [redacted] [redacted] [redacted]",
    );
    expect(redact(`token ${btoa("same-prefix-1-second-part")}, BEARER abcdefgh123`)).not.toMatch(
      /c2FtZS1wcmVm|abcdefgh/,
    );
  });

  it("replaces the newest of many tokens", () => {
    const secrets = createSecrets();
    for (let i = 0; i < 100; i++) secrets.add(`token-number-${i}`);
    expect(secrets.redact("token-number-99")).toBe("[redacted]");
  });

  it("leaves ordinary words unchanged when a secret is very short", () => {
    const { redact } = createSecrets(["s", "r1", "note"]);
    expect(redact("its notes are r1 and note")).toBe("its notes are r1 and [redacted]");
  });

  it("replaces values that are written as credentials", () => {
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
