import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cliEnv, lineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { startYahoo } from "../support/yahoo.ts";

async function withYahoo() {
  const yahoo = await startYahoo(madeSeason());
  onTestFinished(() => yahoo.close());
  yahoo.goodTokens = new Set();
  const folder = makeFolder();
  const env = cliEnv(folder, {
    YAHOO_BASE_URL: yahoo.baseUrl,
    YAHOO_LOGIN_URL: yahoo.loginUrl,
    YAHOO_CLIENT_ID: "client",
    YAHOO_CLIENT_SECRET: "secret",
  });
  return { yahoo, folder, env };
}
const COLLECT = ["collect", "--league", "458.l.100", "--start", "2025-04-01", "--end", "2025-04-01"];
const addressIn = (text: string) => /https?:\/\/\S+request_auth\S+/.exec(text)?.[0] ?? "";

describe("login yahoo", () => {
  it("accepts the code in a later command, and then resumes the jobs that waited for a login", async () => {
    const { yahoo, folder, env } = await withYahoo();
    expect(await lineups(COLLECT, env)).toMatchObject({
      exit: 4,
      out: expect.stringMatching(/Nobody has logged in to Yahoo\. Use `npx lineups login yahoo`/),
    });
    const begun = await lineups(["login", "yahoo"], env);
    expect(begun).toMatchObject({ exit: 4, out: expect.stringContaining("--answer 'ADDRESS OR CODE'") });
    const { code } = yahoo.allow(addressIn(begun.out));
    expect(await lineups(["login", "yahoo", "--answer", code], env)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(
        /can now read your leagues[\s\S]+Resumed 1 job that waited for the login: lineup_collection_/,
      ),
    });
    const key = join(folder, "cli.db.key");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(key, "utf8")).toMatch(/^[\w-]{43}=\n$/);
    expect(readdirSync(folder).filter((name) => name.includes(".key"))).toEqual(["cli.db.key"]);
    const job = /lineup_collection_\S+/.exec((await lineups(["jobs", "list"], env)).out)?.[0] ?? "";
    expect(await lineups(["collect", "--resume", job], env)).toMatchObject({ exit: 0 });
    expect(await lineups(["logout", "yahoo"], env)).toMatchObject({
      exit: 0,
      out: "The Yahoo tokens are forgotten\n",
    });
    expect(await lineups(COLLECT, env)).toMatchObject({ exit: 4 });
  });

  it("asks for Yahoo's answer at a terminal, and says what to paste if the answer is invalid", async () => {
    const { env } = await withYahoo();
    expect(await lineups(["login", "yahoo"], env, { answer: "what now?" })).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^Cannot read the answer\. Paste the code that Yahoo shows, or the whole address/),
    });
  });
});

describe("doctor", () => {
  it("reports a database that cannot be opened, and says how to fix the problem", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "cli.db"), "this is no database, whatever it is called; ".repeat(50));
    expect(await lineups(["doctor"], cliEnv(folder))).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^database {2}FAILURE {2}[\s\S]+Fix: set DATABASE_URL to a database/),
    });
  });

  it("reports a key file that does not contain a key, and `login` refuses the same key file", async () => {
    const { folder, env } = await withYahoo();
    writeFileSync(join(folder, "cli.db.key"), "not a key\n");
    const ran = await lineups(["doctor"], { ...env, ESPN_BASE_URL: env.YAHOO_BASE_URL ?? "" });
    expect(ran.out).toMatch(/cli\.db\.key does not contain a key\. Restore it/);
    expect(await lineups(["login", "yahoo"], env)).toMatchObject({
      exit: 1,
      err: expect.stringContaining("does not contain a key"),
    });
  });
});
