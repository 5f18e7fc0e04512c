import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { newKey } from "../../src/source/credentials/seal.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { ANSWERS } from "../support/yahoo.ts";

const NO_LOGIN = { YAHOO_REFRESH_TOKEN: "" };
const CALLBACK = {
  ...NO_LOGIN,
  PUBLIC_URL: "https://ledger.example",
  YAHOO_REDIRECT_URI: "https://ledger.example/connect/yahoo",
};

const opened = (env: Record<string, string> = NO_LOGIN) => openLedger({ env: { ENCRYPTION_KEY: newKey(), ...env } });
const stateOf = async (ledger: Ledger) => (await ledger.data("{ yahooAccount { state } }")).yahooAccount.state;
const CONNECT = `mutation ($answer: String) { connectYahoo(answer: $answer) {
  authorizationUrl expiresAt account { state connectedAt } fault { code message } resumedJobs { id } } }`;
const connect = async (ledger: Ledger, answer?: string) =>
  (await ledger.data(CONNECT, { answer: answer ?? null })).connectYahoo;

describe("connectYahoo", () => {
  it("returns a URL, accepts Yahoo's answer, and resumes jobs that lacked a login, but no job that a person paused", async () => {
    const ledger = await opened();
    expect(await stateOf(ledger)).toBe("NOT_CONNECTED");
    const waiting = await ledger.start("2025-04-01", "2025-04-02");
    await ledger.work();
    const paused = await ledger.start("2025-04-03", "2025-04-03");
    await ledger.work();
    expect(await ledger.job(waiting)).toMatchObject({ status: "PAUSED", error: { code: "SOURCE_UNAUTHORIZED" } });
    await ledger.data("mutation ($id: ID!) { pauseCollection(jobId: $id) { job { status } } }", { id: paused });

    const { authorizationUrl, expiresAt } = await connect(ledger);
    expect(Date.parse(expiresAt) - ledger.clock.now()).toBe(600_000);
    const { redirectedTo } = ledger.yahoo.allow(authorizationUrl);
    const connected = await connect(ledger, `https://elsewhere.example/?${redirectedTo.split("?")[1]}`);
    expect(connected).toMatchObject({
      authorizationUrl: null,
      account: { state: "CONNECTED", connectedAt: "2025-06-01T16:00:00.000Z" },
      fault: null,
      resumedJobs: [{ id: waiting }],
    });
    await ledger.work();
    expect(await ledger.job(waiting)).toMatchObject({ status: "COMPLETED" });
    expect(await ledger.job(paused)).toMatchObject({ status: "PAUSED", error: null });
  });

  it("accepts the code alone if Yahoo shows the code instead of redirecting", async () => {
    const ledger = await opened();
    const { code } = ledger.yahoo.allow((await connect(ledger)).authorizationUrl);
    expect(await connect(ledger, ` ${code}\n`)).toMatchObject({ account: { state: "CONNECTED" } });
  });

  it("reports at once that the application is not approved, and where to request approval", async () => {
    const ledger = await opened();
    ledger.yahoo.fault = (path) => (path === "/game/mlb" ? ANSWERS.appNotApproved : null);
    const { code } = ledger.yahoo.allow((await connect(ledger)).authorizationUrl);
    expect(await connect(ledger, code)).toMatchObject({
      account: { state: "CONNECTED" },
      fault: {
        code: "SOURCE_APP_NOT_APPROVED",
        message: expect.stringContaining("https://sports.yahoo.com/developer/access/"),
      },
      resumedJobs: [],
    });
  });

  it.each([
    [
      "an answer to an unknown login",
      "https://x.example/?code=abc&state=stranger",
      "BAD_USER_INPUT",
      /No pending login matches this answer/,
    ],
    [
      "unrelated text",
      "hello there, Yahoo",
      "BAD_USER_INPUT",
      /Paste the code that Yahoo shows, or the whole address to which Yahoo redirected/,
    ],
    ["a code that Yahoo refuses", "code-99", "SOURCE_UNAUTHORIZED", /\(invalid_grant\)/],
  ])("refuses %s", async (_, answer, code, message) => {
    const ledger = await opened();
    await connect(ledger);
    expect(await ledger.ask(CONNECT, { answer })).toMatchObject({
      errors: [{ message: expect.stringMatching(message), extensions: { code } }],
    });
    expect(await stateOf(ledger)).toBe("NOT_CONNECTED");
  });

  it("reports Yahoo's error code if the person refuses access, and accepts an answer only once and only within ten minutes", async () => {
    const ledger = await opened();
    const { state, redirectedTo } = ledger.yahoo.allow((await connect(ledger)).authorizationUrl);
    expect(
      await ledger.ask(CONNECT, { answer: `https://x.example/?error=access_denied&state=${state}` }),
    ).toMatchObject({
      errors: [{ message: expect.stringContaining("Yahoo refused the login: access_denied") }],
    });
    const answer = `https://x.example/?${redirectedTo.split("?")[1]}`;
    await connect(ledger, answer);
    expect(await ledger.ask(CONNECT, { answer })).toMatchObject({
      errors: [{ extensions: { code: "BAD_USER_INPUT" } }],
    });
    const late = ledger.yahoo.allow((await connect(ledger)).authorizationUrl);
    await ledger.clock.advance(601_000);
    expect(await ledger.ask(CONNECT, { answer: late.code })).toMatchObject({
      errors: [{ extensions: { code: "BAD_USER_INPUT" } }],
    });
  });

  it.each([
    [{ ENCRYPTION_KEY: "" }, /Set ENCRYPTION_KEY to the output of `openssl rand -base64 32`/],
    [{ YAHOO_CLIENT_ID: "", YAHOO_CLIENT_SECRET: "" }, /Register an application at https:\/\/developer\.yahoo\.com/],
  ])("says which setting is missing if the environment has %j", async (env, message) => {
    const ledger = await opened({ ...NO_LOGIN, ...env });
    expect(await ledger.ask(CONNECT, {})).toMatchObject({
      errors: [{ message: expect.stringMatching(message), extensions: { code: "ILLEGAL_STATE" } }],
    });
  });
});

it("connectYahoo resumes jobs even if Yahoo is unavailable, and `health` reports the failed probe until disconnectYahoo runs", async () => {
  const ledger = await opened();
  const id = await ledger.start("2025-04-01", "2025-04-01");
  await ledger.work();
  ledger.yahoo.fault = (path) => (path === "/game/mlb" ? ANSWERS.serverError : null);
  const { code } = ledger.yahoo.allow((await connect(ledger)).authorizationUrl);
  expect(await connect(ledger, code)).toMatchObject({ fault: { code: "SOURCE_UNAVAILABLE" }, resumedJobs: [{ id }] });
  const health = "{ health { checks { name status } } }";
  expect((await ledger.data(health)).health.checks).toContainEqual({ name: "yahoo answers", status: "FAILURE" });
  await ledger.data("mutation { disconnectYahoo { state } }");
  expect(JSON.stringify(await ledger.data(health))).not.toContain("yahoo answers");
});

it("requests never use tokens from before the latest login or logout", async () => {
  const ledger = await opened();
  ledger.yahoo.goodTokens = new Set();
  const log = async () => connect(ledger, ledger.yahoo.allow((await connect(ledger)).authorizationUrl).code);
  await log();
  await ledger.data("mutation { disconnectYahoo { state } }");
  expect(await ledger.ask('{ myLeagues(sports: ["mlb"], seasons: [2025]) { leagues { key } } }')).toMatchObject({
    errors: [{ extensions: { code: "SOURCE_UNAUTHORIZED" } }],
  });
  await log();
  ledger.yahoo.goodTokens.clear();
  expect(await log()).toMatchObject({ fault: null });
});

it("disconnectYahoo forgets the tokens", async () => {
  const ledger = await opened();
  const { code } = ledger.yahoo.allow((await connect(ledger)).authorizationUrl);
  await connect(ledger, code);
  expect(await ledger.data("mutation { disconnectYahoo { state connectedAt } }")).toEqual({
    disconnectYahoo: { state: "NOT_CONNECTED", connectedAt: null },
  });
});

describe("login callback", () => {
  const visit = (ledger: Ledger, address: string, method = "GET") =>
    ledger.server.fetch(
      new Request(address, {
        method,
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      }),
    );

  it("completes only a login that was started on this server, and requires no API token", async () => {
    const ledger = await opened({ ...CALLBACK, API_TOKENS: "op:admin:0123456789abcdef" });
    const begun = await ledger.ask(CONNECT, {}, { authorization: "Bearer 0123456789abcdef" });
    const { redirectedTo } = ledger.yahoo.allow(begun.data?.connectYahoo.authorizationUrl);
    const stranger = await visit(ledger, `${CALLBACK.YAHOO_REDIRECT_URI}?code=a&state=%3Cb%3E`);
    expect([stranger.status, stranger.headers.get("content-type")]).toEqual([400, "text/plain; charset=utf-8"]);
    expect((await visit(ledger, redirectedTo, "POST")).status).not.toBe(200);
    const answer = await visit(ledger, redirectedTo);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("can now read your leagues")]);
  });

  it("refuses a code without the state of a started login, and never repeats text from the request", async () => {
    const ledger = await opened(CALLBACK);
    await connect(ledger);
    for (const query of ["code=of-an-attacker", "error=x&error_description=Call+0900-EVIL", "code=a&state=wrong"]) {
      const answer = await visit(ledger, `${CALLBACK.YAHOO_REDIRECT_URI}?${query}`);
      expect(answer.status).toBe(400);
      expect(await answer.text()).not.toMatch(/EVIL|attacker/);
    }
    expect(await stateOf(ledger)).toBe("NOT_CONNECTED");
    // If a redirect URL is set, the mutation also refuses a code without a state, because somebody else may have supplied the code.
    expect(await ledger.ask(CONNECT, { answer: "a-code-alone" })).toMatchObject({
      errors: [{ message: expect.stringContaining("has no state") }],
    });
  });

  it("exists only under https, and only if YAHOO_REDIRECT_URI is its address", async () => {
    for (const env of [NO_LOGIN, { ...CALLBACK, YAHOO_REDIRECT_URI: "oob" }]) {
      const ledger = await opened(env);
      const address = "PUBLIC_URL" in env ? CALLBACK.YAHOO_REDIRECT_URI : "http://127.0.0.1/connect/yahoo";
      expect((await visit(ledger, `${address}?code=a&state=b`)).status).not.toBe(400);
    }
  });
});

it("tables, logs, answers and exports contain no token, code or key", async () => {
  const key = newKey();
  const ledger = await openLedger({ env: { ...NO_LOGIN, ENCRYPTION_KEY: key } });
  ledger.yahoo.goodTokens = new Set();
  const begun = await connect(ledger);
  const { code, state } = ledger.yahoo.allow(begun.authorizationUrl);
  const answers: unknown[] = [await connect(ledger, code)];
  const { refreshToken } = ledger.yahoo;
  // Yahoo's login repeats a token in its error.
  ledger.yahoo.goodTokens.clear();
  ledger.yahoo.loginFaults = [
    {
      status: 400,
      body: JSON.stringify({ error: "invalid_grant", error_description: `Invalid token ${refreshToken}` }),
    },
  ];
  const refused = await ledger.start("2025-04-03", "2025-04-03");
  await ledger.work();
  answers.push(
    await ledger.job(refused),
    await ledger.data("{ yahooAccount { reason } health { checks { message } } }"),
  );
  expect(JSON.stringify(answers)).toContain("invalid_grant: Invalid token [redacted]");
  await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id } } }", { id: refused });
  // Yahoo's API answers with an error that contains the ledger's secrets.
  ledger.yahoo.fault = (path) =>
    path.includes("roster")
      ? { status: 500, body: `token-1 ${refreshToken} ${key} canary-client-secret refused` }
      : null;
  const id = await ledger.start("2025-04-01", "2025-04-02");
  await ledger.work();
  answers.push(await ledger.job(id), await ledger.data("{ yahooAccount { state reason } workers { id } }"));
  const exported = await ledger.server.fetch(
    new Request("http://localhost/export/lineups.csv?league=458.l.100&start=2025-04-01&end=2025-04-02"),
  );
  answers.push(await exported.text());
  const tables = await ledger.db.orm.all<{ name: string }>(sql`select name from sqlite_master where type = 'table'`);
  for (const { name } of tables) answers.push(await ledger.db.orm.all(sql.raw(`select * from "${name}"`)));
  const everything = [...ledger.logged, ...answers.map((each) => JSON.stringify(each))].join("\n");
  expect(everything).toContain("SOURCE_UNAVAILABLE");
  expect(tables.length).toBeGreaterThan(20);
  for (const secret of ["token-1", refreshToken, key, "canary-client-secret", code, state])
    expect(everything).not.toContain(secret);
});
