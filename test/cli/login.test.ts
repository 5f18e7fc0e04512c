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
  it("shows an address, takes what is pasted later, and what waited goes on; logout forgets", async () => {
    const { yahoo, folder, env } = await withYahoo();
    expect(await lineups(COLLECT, env)).toMatchObject({
      exit: 4,
      out: expect.stringMatching(/Nobody has logged in to Yahoo: `npx lineups login yahoo`/),
    });
    const begun = await lineups(["login", "yahoo"], env);
    expect(begun).toMatchObject({ exit: 4, out: expect.stringContaining("--answer 'ADDRESS OR CODE'") });
    const { code } = yahoo.allow(addressIn(begun.out));
    expect(await lineups(["login", "yahoo", "--answer", code], env)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/may read your leagues[\s\S]+1 job that waited for it can go on: lineup_collection_/),
    });
    const key = join(folder, "cli.db.key");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(key, "utf8")).toMatch(/^[\w-]{43}=\n$/);
    expect(readdirSync(folder).filter((name) => name.includes(".key"))).toEqual(["cli.db.key"]);
    const job = /lineup_collection_\S+/.exec((await lineups(["jobs", "list"], env)).out)?.[0] ?? "";
    expect(await lineups(["collect", "--resume", job], env)).toMatchObject({ exit: 0 });
    expect(await lineups(["logout", "yahoo"], env)).toMatchObject({
      exit: 0,
      out: "The tokens of Yahoo are forgotten\n",
    });
    expect(await lineups(COLLECT, env)).toMatchObject({ exit: 4 });
  });

  it("asks at a terminal, and says what is wrong with what was typed", async () => {
    const { env } = await withYahoo();
    expect(await lineups(["login", "yahoo"], env, { answer: "what now?" })).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^That is neither the address that Yahoo has led to/),
    });
  });
});

describe("doctor", () => {
  it("says what cannot be opened, and what mends it", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "cli.db"), "this is no database, whatever it is called; ".repeat(50));
    expect(await lineups(["doctor"], cliEnv(folder))).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^database {2}FAILURE {2}[\s\S]+Mend it with: a DATABASE_URL/),
    });
  });

  it("names a key file that holds no key, and the server goes on without it", async () => {
    const { folder, env } = await withYahoo();
    writeFileSync(join(folder, "cli.db.key"), "not a key\n");
    const ran = await lineups(["doctor"], { ...env, ESPN_BASE_URL: env.YAHOO_BASE_URL ?? "" });
    expect(ran.out).toMatch(/cli\.db\.key holds no key: restore it/);
    expect(await lineups(["login", "yahoo"], env)).toMatchObject({
      exit: 1,
      err: expect.stringContaining("holds no key"),
    });
  });
});
