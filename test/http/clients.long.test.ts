import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addDays } from "../../src/calendar.ts";
import { openLedger } from "../support/ledger.ts";
import { type ServerProcess, startServer } from "../support/process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A folder in which the programs find the installed packages. */
const FOLDER = join(ROOT, `node_modules/.cache/clients-${process.pid}`);

/** The programs of docs/clients.md: a map from file name to program text. */
const PROGRAMS = new Map(
  [...readFileSync(join(ROOT, "docs/clients.md"), "utf8").matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);
const INTERPRETERS: Readonly<Record<string, string>> = { mjs: process.execPath, py: "python3", sh: "sh" };
const interpreterOf = (name: string): string => INTERPRETERS[name.split(".").at(-1) ?? ""] ?? "";
const isThere = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

describe("programs in docs/clients.md", () => {
  let server: ServerProcess;
  let lastDay: string;
  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    server = await startServer({ DATABASE_URL: `file:${join(FOLDER, "clients.db")}` });
    const { league } = await server.data('{ league(key: "demo.l.1") { startDate } }');
    lastDay = league.startDate;
  });
  afterAll(async () => {
    await server.kill("SIGKILL");
    rmSync(FOLDER, { recursive: true, force: true });
  });

  it("are exactly the six that are expected", () => {
    expect([...PROGRAMS.keys()].sort()).toEqual(
      ["apollo.mjs", "client.py", "client.sh", "eventsource.mjs", "sse.mjs", "urql.mjs"].sort(),
    );
  });

  /** Runs a program; null if this machine lacks what the program needs. */
  async function runProgram(name: string, day: string): Promise<{ exit: unknown; out: string; err: string } | null> {
    const needed = [interpreterOf(name), ...(name.endsWith(".sh") ? ["curl"] : [])];
    for (const program of needed) {
      if (isThere(program)) continue;
      console.warn(`${name} is skipped: ${program} is missing`);
      return null;
    }
    const file = join(FOLDER, name);
    writeFileSync(file, PROGRAMS.get(name) ?? "");
    const child = spawn(interpreterOf(name), [file, day], {
      env: { PATH: process.env.PATH ?? "", LEDGER_URL: server.url, PYTHONIOENCODING: "utf8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      err += text;
    });
    return { exit: await new Promise((resolve) => child.once("close", resolve)), out, err };
  }

  it.each([...PROGRAMS.keys()])(
    "include %s, which collects a date, follows the job and prints the lineups",
    async (name) => {
      lastDay = addDays(lastDay, 1);
      const ran = await runProgram(name, lastDay);
      if (!ran) return;
      expect(ran).toMatchObject({ exit: 0, err: "", out: expect.stringMatching(/COMPLETED.*\b100\b/) });
      const { jobs, lineups } = await server.data(
        `{ jobs(date: "${lastDay}") { nodes { status } }
          lineups(leagueKey: "demo.l.1", start: "${lastDay}", end: "${lastDay}") { nodes { team { name } slots { player { name } } } } }`,
      );
      expect(jobs.nodes).toEqual([{ status: "COMPLETED" }]);
      expect(lineups.nodes).toHaveLength(12);
      const printed = ran.out.slice(ran.out.lastIndexOf("COMPLETED"));
      for (const { team, slots } of lineups.nodes)
        for (const name of [team.name, ...slots.map(({ player }: any) => player.name)]) expect(printed).toContain(name);
    },
  );

  it.each([...PROGRAMS.keys()])(
    "include %s, which prints the server's message and fails if a date is invalid",
    async (name) => {
      const ran = await runProgram(name, "2025-13-01");
      if (!ran) return;
      expect(ran.exit).not.toBe(0);
      expect(ran.out + ran.err).toContain("is not a date");
    },
  );
});

describe("Apollo's default cache", () => {
  it("keeps the players of two leagues apart even if the players have the same numbers", async () => {
    const ledger = await openLedger();
    for (const key of ["458.l.100", "demo.l.1"]) await ledger.start("2025-04-01", "2025-04-02", { leagueKey: key });
    await ledger.work();
    const link = new HttpLink({
      uri: "http://localhost/graphql",
      fetch: async (uri, init) => ledger.server.fetch(new Request(String(uri), init)),
    });
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    const query = gql`query ($key: String!) { league(key: $key) { id name teams { id name }
      lineups(start: "2025-04-01", end: "2025-04-02", first: 40) { nodes { id date team { id name } slots { selectedPosition player { id sourceId name } } } } } }`;
    const read = async (key: string, fetchPolicy: "network-only" | "cache-only") =>
      (await client.query<any>({ query, variables: { key }, fetchPolicy })).data?.league;
    const yahoo = structuredClone(await read("458.l.100", "network-only"));
    const demo = structuredClone(await read("demo.l.1", "network-only"));
    // The generator gives both leagues the same player numbers.
    const numbers = (league: any) =>
      league.lineups.nodes.flatMap(({ slots }: any) => slots.map(({ player }: any) => player.sourceId));
    expect(numbers(yahoo).some((number: string) => numbers(demo).includes(number))).toBe(true);
    expect(await read("458.l.100", "cache-only")).toEqual(yahoo);
    expect(await read("demo.l.1", "cache-only")).toEqual(demo);
    const named = Object.keys(client.cache.extract() as object).filter((key) => key.startsWith("Player:"));
    expect(named.length).toBe(
      new Set([...numbers(yahoo).map((n: string) => `y${n}`), ...numbers(demo).map((n: string) => `d${n}`)]).size,
    );
  });
});
