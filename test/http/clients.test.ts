import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client/core";
import { isScalarType, isSpecifiedScalarType, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addDays } from "../../src/calendar.ts";
import { schema } from "../../src/schema/index.ts";
import { openLedger } from "../support/ledger.ts";
import { type ServerProcess, startServer } from "../support/process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A folder in which the programs find the installed packages. */
const FOLDER = join(ROOT, `node_modules/.cache/clients-${process.pid}`);

/** The programs of docs/clients.md by file name. */
const PROGRAMS = new Map(
  [...readFileSync(join(ROOT, "docs/clients.md"), "utf8").matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);
const INTERPRETERS: Readonly<Record<string, string>> = { mjs: process.execPath, py: "python3", sh: "sh" };
const interpreterOf = (name: string): string => INTERPRETERS[name.split(".").at(-1) ?? ""] ?? "";
const isThere = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

describe("programs of docs/clients.md", () => {
  let server: ServerProcess;
  let teams: string[];
  let lastDay: string;
  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    server = await startServer({ DATABASE_URL: `file:${join(FOLDER, "clients.db")}` });
    const { league } = await server.data('{ league(key: "demo.l.1") { startDate teams { name } } }');
    teams = league.teams.map(({ name }: { name: string }) => name);
    lastDay = league.startDate;
  });
  afterAll(async () => {
    await server.kill("SIGKILL");
    rmSync(FOLDER, { recursive: true, force: true });
  });

  it("are exactly six", () => {
    expect([...PROGRAMS.keys()].sort()).toEqual(
      ["apollo.mjs", "client.py", "client.sh", "eventsource.mjs", "sse.mjs", "urql.mjs"].sort(),
    );
  });

  it.each([...PROGRAMS.keys()])("%s names the teams, starts a collection and follows it to its end", async (name) => {
    const needed = [interpreterOf(name), ...(name.endsWith(".sh") ? ["curl"] : [])];
    for (const program of needed)
      if (!isThere(program)) return console.warn(`${name} is skipped: ${program} is missing`);
    lastDay = addDays(lastDay, 1);
    const file = join(FOLDER, name);
    writeFileSync(file, PROGRAMS.get(name) ?? "");
    const child = spawn(interpreterOf(name), [file, lastDay], {
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
    const exit = await new Promise((resolve) => child.once("close", resolve));
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    for (const team of teams) expect(out).toContain(team);
    expect(out.trim()).toMatch(/COMPLETED.*\b100\b/);
    const { jobs } = await server.data(`{ jobs(date: "${lastDay}") { nodes { status } } }`);
    expect(jobs.nodes).toEqual([{ status: "COMPLETED" }]);
  });
});

it("the documents of examples/typed match the schema; `npm run proof:typed-clients` compiles them", () => {
  const folder = join(ROOT, "examples/typed");
  const documents = ["codegen/season.ts", "tada/season.ts"].flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/graphql\(`(.*?)`\)/gs)].map(([, text = ""]) => text),
  );
  expect(documents).toHaveLength(3);
  for (const text of documents) expect(validate(schema(), parse(text)), text).toEqual([]);
  // Both configurations name every custom scalar.
  const own = Object.values(schema().getTypeMap()).filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  for (const name of ["codegen.ts", "tada/season.ts"])
    for (const { name: scalar } of own)
      expect(readFileSync(join(folder, name), "utf8")).toMatch(new RegExp(`\\b${scalar}: "?\\w`));
});

describe("Apollo's default cache", () => {
  it("keeps two leagues with equal player numbers apart", async () => {
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

describe("multipart subscription", () => {
  const ask = (query: string, accept: string, signal?: AbortSignal) =>
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
      ...(signal ? { signal } : {}),
    });
  const MULTIPART =
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9";

  it("sends a part for each event, an empty part to keep the connection alive, and an end", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const answer = await ledger.server.fetch(
      ask('subscription { jobProgress(jobId: "latest") { status } }', MULTIPART),
    );
    expect(answer.headers.get("content-type")).toBe("multipart/mixed;boundary=graphql;subscriptionSpec=1.0");
    const parts = (await answer.text()).split("\r\n--graphql");
    expect(parts.at(-1)).toBe("--\r\n");
    const bodies = parts.slice(1, -1).map((part) => JSON.parse(part.split("\r\n\r\n")[1] ?? ""));
    expect(bodies.filter((body) => body.payload)).toEqual([
      { payload: { data: { jobProgress: { status: "COMPLETED" } } } },
    ]);
    expect(bodies.filter((body) => !body.payload)).toEqual([{}]);
  });

  it("is refused as JSON when it is invalid, and a query with the same header is answered as JSON", async () => {
    const ledger = await openLedger();
    const refused = await ledger.server.fetch(
      ask('subscription { jobProgress(jobId: "nothing") { status } }', MULTIPART),
    );
    expect(await refused.text()).toContain("There is no job nothing");
    const query = await ledger.server.fetch(ask("{ viewer { name } }", MULTIPART));
    expect(await query.json()).toEqual({ data: { viewer: { name: "anonymous" } } });
    const other = await ledger.server.fetch(
      ask("subscription { jobEvents { cursor } }", "multipart/mixed;deferSpec=20220824"),
    );
    expect([other.status, ((await other.json()) as any).errors[0].message]).toEqual([
      406,
      expect.stringMatching(/allowed: .*text\/event-stream or multipart\/mixed;subscriptionSpec=1.0$/),
    ]);
  });

  it("frees its place when the client disconnects", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    for (let n = 0; n < 60; n++) {
      const answer = await ledger.server.fetch(ask("subscription { jobEvents { cursor } }", MULTIPART));
      expect(answer.status, String(n)).toBe(200);
      const reader = answer.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    }
  });
});
