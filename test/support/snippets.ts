import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { addDays } from "../../src/calendar.ts";
import { systemClock } from "../../src/clock.ts";
import { cliEnv, lineups } from "./cli.ts";
import { madeEspnSeason, startEspn } from "./espn.ts";
import { makeFolder } from "./ledger.ts";
import { type ServerProcess, startServer } from "./process.ts";
import { madeSeason } from "./season.ts";
import { until } from "./waiter.ts";
import { startYahoo, yahooEnv } from "./yahoo.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Paths, relative to the root, of the pages whose snippets are run. */
export const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs")).flatMap((name) => (/\.md$/.test(name) ? [`docs/${name}`] : [])),
];
/** The server's address in the pages. */
const ADDRESS = "http://127.0.0.1:4000";

export type Snippet = { language: string; info: string; text: string };

const textOf = (page: string): string => readFileSync(join(ROOT, page), "utf8");
/** Returns the fenced blocks of a page. */
export const snippetsOf = (page: string): Snippet[] =>
  [...textOf(page).matchAll(/^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$/gms)].map(
    ([, language = "", info = "", text = ""]) => ({ language, info, text }),
  );
/** Shell and GraphQL snippets are run. A snippet with a file name after the fence is a program of docs/clients.md and has its own test. */
export const isRun = ({ language, info }: Snippet): boolean =>
  /^(sh|graphql)$/.test(language) && !info.startsWith("norun: ") && !/^\w+\.\w+$/.test(info);

/** Splits a line into plain, single-quoted and escaped words, as a shell does. */
const split = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? (bare ?? "").replaceAll("\\", ""));

/** Creates what a reader of the documentation has: sources that answer, a database, and a server that starts when first needed. */
export async function makeReader() {
  const folder = makeFolder();
  mkdirSync(join(folder, "data"));
  const yahoo = await startYahoo(madeSeason("458.l.6966", { startDate: "2025-03-27", endDate: "2025-04-30" }));
  const espn = await startEspn(madeEspnSeason());
  espn.currentSeason = 2025;
  onTestFinished(async () => void (await Promise.all([yahoo.close(), espn.close()])));
  const env = { ...yahooEnv(yahoo), ESPN_BASE_URL: espn.baseUrl, ...cliEnv(folder) };
  let server: ServerProcess | null = null;
  const serve = async (): Promise<ServerProcess> => {
    if (server) return server;
    const started = await startServer(env);
    onTestFinished(async () => void (await started.kill("SIGKILL")));
    server = started;
    return started;
  };
  /** Waits until all jobs have ended, so that no job disturbs the next snippet. */
  const settle = async (): Promise<void> => {
    if (!server) return;
    const { data } = server;
    const UNFINISHED = `{ production: jobs(status: [QUEUED, RUNNING]) { totalCount }
      test: jobs(environment: TEST, status: [QUEUED, RUNNING]) { totalCount } }`;
    await until("all jobs to have ended", async () => {
      const { production, test } = await data(UNFINISHED);
      return production.totalCount + test.totalCount === 0;
    });
  };
  const runLine = async (line: string): Promise<void> => {
    const [, command] = /^npx lineups (.+)$/.exec(line) ?? [];
    if (command !== undefined) {
      const argv = split(command).map((word) => (word.startsWith("data/") ? join(folder, word) : word));
      const { exit, err } = await lineups(argv, env, { clock: systemClock });
      expect({ line, exit, err: exit === 0 ? "" : err }).toEqual({ line, exit: 0, err: "" });
      return;
    }
    const { url } = await serve();
    const shown = line.replaceAll(ADDRESS, new URL(url).origin);
    const child = spawn("bash", ["-c", shown], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        said += chunk;
      });
    const exit = await new Promise((done) => child.once("close", done));
    expect({ line, exit, said: exit === 0 ? "" : said }).toEqual({ line, exit: 0, said: "" });
    expect(said).not.toContain('"errors"');
  };
  return {
    async run({ language, text }: Snippet): Promise<void> {
      if (language === "graphql") {
        const { data } = await serve();
        const { league } = await data('{ league(key: "demo.l.1") { today } }');
        const [date, start] = [addDays(league.today, -1), addDays(league.today, -7)];
        await data(text, { date, start, end: date });
        await settle();
        return;
      }
      for (const line of text.replaceAll("\\\n", "").split("\n")) if (line.trim() !== "") await runLine(line.trim());
      await settle();
    },
  };
}
