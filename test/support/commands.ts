import { onTestFinished } from "vitest";
import { cliEnv, lineups } from "./cli.ts";
import { makeFolder } from "./ledger.ts";
import { madeSeason } from "./season.ts";
import { startYahoo } from "./yahoo.ts";

export const KEY = "458.l.100";

/** Starts a stand-in for Yahoo and prepares an environment with a new database. */
export async function withYahoo() {
  const yahoo = await startYahoo(madeSeason());
  onTestFinished(() => yahoo.close());
  const folder = makeFolder();
  const env = cliEnv(folder, { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
  const collect = (...more: string[]) =>
    lineups(["collect", "--league", KEY, "--start", "2025-04-01", "--end", "2025-04-04", ...more], env);
  return { yahoo, folder, env, collect };
}
