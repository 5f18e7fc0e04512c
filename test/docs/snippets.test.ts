import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { addDays } from "../../src/calendar.ts";
import { systemClock } from "../../src/clock.ts";
import { cliEnv, lineups } from "../support/cli.ts";
import { madeEspnSeason, startEspn } from "../support/espn.ts";
import { makeFolder } from "../support/ledger.ts";
import { type ServerProcess, startServer } from "../support/process.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo, yahooEnv } from "../support/yahoo.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs")).flatMap((name) => (/\.md$/.test(name) ? [`docs/${name}`] : [])),
];
/** The playground's own address, in the pages. */
const ADDRESS = "http://127.0.0.1:4000";

type Snippet = { language: string; info: string; text: string };

const textOf = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const snippetsOf = (page: string): Snippet[] =>
  [...textOf(page).matchAll(/^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$/gms)].map(
    ([, language = "", info = "", text = ""]) => ({ language, info, text }),
  );
/** Shell and GraphQL are run; a file's name behind the fence is a program of docs/clients.md, which has a test of its own. */
const isRun = ({ language, info }: Snippet): boolean =>
  /^(sh|graphql)$/.test(language) && !info.startsWith("norun: ") && !/^\w+\.\w+$/.test(info);

/** Words as a shell makes them of a line with plain, single-quoted and escaped ones. */
const split = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? (bare ?? "").replaceAll("\\", ""));

/** What a reader of the pages has: sources that answer, a database, and a server on it once something wants one. */
async function makeReader() {
  const folder = makeFolder();
  mkdirSync(join(folder, "data"));
  const yahoo = await startYahoo(madeSeason("458.l.6966", { startDate: "2025-03-27", endDate: "2025-04-30" }));
  const espn = await startEspn(madeEspnSeason());
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
  /** Until nothing is under way: what the next snippet does may not be in the way of this one. */
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

describe("snippets of the pages", () => {
  const withSome = PAGES.filter((page) => snippetsOf(page).some(isRun));

  it.each(withSome)("run as they stand, one after the other: %s", async (page) => {
    const reader = await makeReader();
    for (const snippet of snippetsOf(page).filter(isRun)) await reader.run(snippet);
  });

  it("are many, and those that are not run say why", () => {
    const all = PAGES.flatMap((page) => snippetsOf(page).map((snippet) => ({ page, ...snippet })));
    expect(all.filter(isRun).length).toBeGreaterThan(10);
    const left = all.filter(
      (snippet) => /^(sh|graphql)$/.test(snippet.language) && !isRun(snippet) && !/^\w+\.\w+$/.test(snippet.info),
    );
    for (const { page, info } of left) expect(info, page).toMatch(/^norun: \S+ .+/);
  });
});

describe("links of the pages", () => {
  const MORE = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    ...["graphql", "command-line"].map((name) => `docs/reference/${name}.md`),
  ];

  it.each([...PAGES, ...MORE])("lead to a file, and to a heading where they name one: %s", (page) => {
    const headings = (file: string) =>
      new Set(
        [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
          title
            .toLowerCase()
            .replace(/[^\w\- ]/g, "")
            .replaceAll(" ", "-"),
        ),
      );
    for (const [, to = ""] of textOf(page)
      .replaceAll(/^```.*?^```$/gms, "")
      .matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(to)) continue;
      const [path = "", anchor] = to.split("#");
      const file = path === "" ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
      expect(existsSync(file), `${page}: ${to}`).toBe(true);
      if (anchor !== undefined) expect([...headings(file)], `${page}: ${to}`).toContain(anchor);
    }
  });
});
