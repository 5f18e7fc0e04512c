import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createClient } from "@libsql/client";
import { SECOND } from "../src/clock.ts";
import { serverEnv } from "../test/support/kills.ts";
import { freePort } from "../test/support/ports.ts";
import { type ServerProcess, startServer } from "../test/support/process.ts";
import { START } from "../test/support/queries.ts";
import { madeSeason } from "../test/support/season.ts";
import { SINGLE_ATTACKS } from "../test/support/singleAttacks.ts";
import { read } from "../test/support/stream.ts";
import { startYahoo } from "../test/support/yahoo.ts";

// Measures how single requests, other clients and upstreams can harm a server. Starts a server for each case, attacks it, and prints
// the measured values and the allowed ones. Times and memory depend on the machine. The test suite asserts all results except times and
// memory.
//
//   npm run proof:attacks [-- CASE …]

const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-attacks-"));
const children: { kill(signal: NodeJS.Signals): unknown }[] = [];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const rssMb = ({ child }: ServerProcess) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;

async function start(name: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer({ DATABASE_URL: `file:${join(folder, `${name}.db`)}`, LOG_LEVEL: "error", ...env });
  children.push(server);
  return server;
}

type Row = { what: string; measured: string; allowed: string; good: boolean };
const rows: Row[] = [];
function tell(what: string, value: number | string, unit: string, allowed: number | string): void {
  const good = typeof value === "number" && typeof allowed === "number" ? value <= allowed : value === allowed;
  const shown = typeof value === "number" ? `${Math.round(value * 10) / 10} ${unit}` : value;
  rows.push({ what, measured: shown, allowed: typeof allowed === "number" ? `${allowed} ${unit}` : allowed, good });
  console.log(
    `${good ? "good" : "BAD "}  ${what}: ${shown} (allowed: ${allowed}${typeof allowed === "number" ? ` ${unit}` : ""})`,
  );
}

const post = (server: ServerProcess, query: string) =>
  fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });

/** Sends some queries to warm up the server, because a server's first responses are slower. */
async function warmUp(server: ServerProcess): Promise<void> {
  for (let i = 0; i < 20; i++)
    await post(server, '{ schedule(id: "schedule_demo") { id } }').then((response) => response.text());
}

/** Polls `/health` and a one-row query from another thread. `stop` returns the slowest time of each, in milliseconds. */
async function watch(server: ServerProcess): Promise<{ stop(): Promise<{ health: number; row: number }> }> {
  const watcher = new Worker(new URL("watch.ts", import.meta.url), { workerData: server.url });
  // Wait until the watcher has connected.
  await once(watcher, "message");
  return {
    async stop() {
      const answered = once(watcher, "message");
      watcher.postMessage("stop");
      return (await answered)[0];
    },
  };
}

async function within(ms: number, condition: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await condition().catch(() => false))) {
    if (performance.now() - began > ms) return Number.POSITIVE_INFINITY;
    await sleep(25);
  }
  return (performance.now() - began) / SECOND;
}

/**
 * Counts a response's lines after its header line. Keeps no lines in memory, because kept lines would distort what this process measures.
 */
async function lines({ body }: Response): Promise<number> {
  let count = -1;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>)
    for (const byte of chunk) if (byte === 10) count++;
  return count;
}

/** Sends a request with any headers, even `Host`, which `fetch` cannot set. */
function send(
  port: number,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port, path, method: body ? "POST" : "GET", headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once("error", reject).end(body);
  });
}

/** Sends the request to the server. @returns The status, and the milliseconds until the response ended. */
async function sendWhole({ url }: ServerProcess, request: Request): Promise<{ status: number; ms: number }> {
  const { pathname, search } = new URL(request.url);
  const body = request.body ? await request.arrayBuffer() : null;
  const headers = Object.fromEntries(request.headers);
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const sent = httpRequest(new URL(pathname + search, url), { method: request.method, headers }, (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - begun }));
    });
    // A server that refuses a body may close the connection before the whole body is sent.
    sent.on("error", reject).end(body ? Buffer.from(body) : undefined);
  });
}

const CASES: Record<string, () => Promise<void>> = {
  async "single requests"() {
    // Each server gets only a few attacks, because a server adds up the bad documents of a client.
    for (let first = 0; first < SINGLE_ATTACKS.length; first += 12) {
      const server = await start(`single-${first}`, { WORKER: "off" });
      await warmUp(server);
      for (const [id, what, request, statuses] of SINGLE_ATTACKS.slice(first, first + 12)) {
        const before = rssMb(server);
        const answers = [];
        for (let i = 0; i < 3; i++) answers.push(await sendWhole(server, request()));
        const status = answers.find((each) => !statuses.includes(each.status))?.status;
        if (status !== undefined) tell(`${id} ${what}: status`, String(status), "", statuses.join(" or "));
        tell(`${id} ${what}`, Math.max(...answers.map(({ ms }) => ms)), "ms", 50);
        tell(`${id} … resident memory added`, Math.max(0, rssMb(server) - before), "MB", 20);
      }
    }
  },

  async memory() {
    const server = await start("memory", { NODE_OPTIONS: "--max-old-space-size=512", WORKER: "off" });
    await post(server, "{ __typename }");
    const before = rssMb(server);
    let refused = 0;
    for (let i = 0; i < 1_000; i++) {
      const query = `{ ${Array.from({ length: 11_000 }, (_, j) => `f${i}_${j % 100}`).join(" ")} }`.slice(0, 90_000);
      const answer = await post(server, query).catch(() => null);
      if (answer === null) break;
      if ((await answer.text()).includes("errors")) refused++;
    }
    tell("1,000 distinct documents of 90 kB, on a heap of 512 MB: refused", String(refused), "", "1000");
    tell(
      "… resident memory added",
      server.child.exitCode === null ? rssMb(server) - before : Number.POSITIVE_INFINITY,
      "MB",
      150,
    );
    const query = `{ ${Array.from({ length: 5_000 }, () => "__typename").join(" ")} }`;
    tell(
      "5,000 __typenames",
      ((await (await post(server, query)).json()) as { errors?: unknown }).errors ? "refused" : "answered",
      "",
      "refused",
    );
  },

  async "bad requests"() {
    const tokens = "good:viewer:good-token-0123456789,bad:viewer:bad-token-0123456789";
    const server = await start("flood", { WORKER: "off", API_TOKENS: tokens });
    const ask = (token: string, query: string) =>
      fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ query }),
      });
    const good = async (seconds: number): Promise<number> => {
      const times: number[] = [];
      const end = performance.now() + seconds * SECOND;
      while (performance.now() < end) {
        const began = performance.now();
        const response = await ask(
          "good-token-0123456789",
          "{ leagues { key } jobs(first: 10) { nodes { id status } } }",
        );
        await response.text();
        times.push(response.ok ? performance.now() - began : Number.POSITIVE_INFINITY);
        await sleep(20);
      }
      return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.POSITIVE_INFINITY;
    };
    await good(2);
    const alone = await good(5);
    let [sent, answered] = [0, 0];
    const timer = setInterval(() => {
      for (let n = 0; n < 10; n++) {
        const query = `{ ${Array.from({ length: 900 }, (_, i) => `x${sent}_${i}`).join(" ")} }`;
        sent++;
        void ask("bad-token-0123456789", query)
          .then((response) => response.text())
          .then(
            () => answered++,
            () => {},
          );
      }
    }, 50);
    const beside = await good(10);
    clearInterval(timer);
    tell(
      "200 bad requests a second for ten seconds: p95 of good ones, as a multiple of their p95 alone",
      beside / alone,
      "times",
      3,
    );
    tell("… bad requests answered", Math.round((answered / sent) * 100), "%", 100);
  },

  async playground() {
    const server = await start("playground", { WORKER: "off" });
    const page = async (encoding: string) => {
      const response = await fetch(server.url, { headers: { accept: "text/html", "accept-encoding": encoding } });
      return (await response.arrayBuffer()).byteLength;
    };
    await page("gzip");
    const before = rssMb(server);
    await Promise.all(Array.from({ length: 50 }, () => page("gzip")));
    tell("50 requests for the playground: resident memory added", rssMb(server) - before, "MB", 50);
  },

  async rebinding() {
    const server = await start("rebinding", { WORKER: "off" });
    const port = Number(new URL(server.url).port);
    const body = JSON.stringify({
      query: `mutation { createSchedule(input: { name: "x", leagueKey: "demo.l.1", cron: "* * * * *" }) { schedule { id } } }`,
    });
    const json = { "content-type": "application/json" };
    const evil = await send(port, "/graphql", { ...json, host: `evil.example:${port}` }, body);
    const page = await send(
      port,
      "/graphql",
      { ...json, host: `localhost:${port}`, origin: "https://evil.example" },
      body,
    );
    const broken = await send(port, "/graphql", { host: "[" });
    const { schedules } = await server.data("{ schedules { id } }");
    tell(
      "a foreign Host, a foreign Origin, a malformed Host",
      `${evil.status}, ${page.status}, ${broken.status}`,
      "",
      "403, 403, 400",
    );
    tell("… schedules that they wrote", String(schedules.length - 1), "", "0");
    tell(
      "… paths in the answers",
      /node_modules|\.ts:/.test(evil.text + page.text + broken.text) ? "yes" : "none",
      "",
      "none",
    );
  },

  async freezing() {
    const yahoo = await startYahoo(madeSeason());
    children.push({ kill: () => yahoo.close() });
    const server = await start("freezing", serverEnv(yahoo, `file:${join(folder, "freezing.db")}`, "15"));
    const range = { start: "2025-03-18", end: "2025-09-28" };
    const { startCollection } = await server.data(START, { input: { leagueKey: "458.l.100", ...range } });
    const status = async () =>
      (await server.data("query ($id: ID!) { job(id: $id) { status } }", { id: startCollection.job.id })).job.status;
    await within(120 * SECOND, async () => (await status()) === "COMPLETED");
    await warmUp(server);
    const week = `{ validation(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-07") { recordsChecked } }`;
    for (let i = 0; i < 5; i++) await post(server, week).then((response) => response.text());
    const watched = await watch(server);
    await sleep(200);
    const began = performance.now();
    const validation = `{ validation(leagueKey: "458.l.100", start: "${range.start}", end: "${range.end}") { recordsChecked } }`;
    const exported = fetch(
      new URL(`/export/lineups.csv?league=458.l.100&start=${range.start}&end=${range.end}`, server.url),
    ).then(lines);
    const validated = await Promise.all(
      Array.from({ length: 10 }, async () => (await post(server, validation)).json()),
    );
    const records = await exported;
    const seconds = (performance.now() - began) / SECOND;
    const { health, row } = await watched.stop();
    const ok = validated.filter((each) => (each as { data?: { validation?: unknown } }).data?.validation).length;
    tell(
      `one export of ${records} records and ten validations of the season, done in ${seconds.toFixed(1)} s: validations answered`,
      String(ok),
      "",
      "10",
    );
    tell("… /health meanwhile, slowest", health, "ms", 100);
    tell("… a one-row query meanwhile, slowest", row, "ms", 100);
  },

  async hanging() {
    const yahoo = await startYahoo(madeSeason());
    children.push({ kill: () => yahoo.close() });
    yahoo.seasons = Array.from({ length: 5 }, (_, i) => madeSeason(`458.l.${101 + i}`));
    yahoo.fault = (path) => (path.includes("/roster;") ? "hang" : null);
    const server = await start("hanging", serverEnv(yahoo, `file:${join(folder, "hanging.db")}`, "15"));
    const begin = async (leagueKey: string, date: string) =>
      (await server.data(START, { input: { leagueKey, start: date, end: date } })).startCollection.job.id as string;
    const hung: string[] = [];
    for (let i = 0; i < 4; i++) hung.push(await begin(`458.l.${101 + i}`, "2025-04-01"));
    await within(10 * SECOND, async () => yahoo.underWay() >= 2);
    const today = new Date().toISOString().slice(0, 10);
    const day = new Date(Date.parse(today) - 3 * 24 * 3600 * SECOND).toISOString().slice(0, 10);
    const demo = await begin("demo.l.1", day);
    const statusOf = async (id: string) =>
      (await server.data("query ($id: ID!) { job(id: $id) { status } }", { id })).job.status as string;
    tell(
      "four jobs of a source that hangs: a job of another source completes after",
      await within(60 * SECOND, async () => (await statusOf(demo)) === "COMPLETED"),
      "s",
      5,
    );
    const [first = ""] = hung;
    await server.data("mutation ($id: ID!) { cancelCollection(jobId: $id) { job { id } } }", { id: first });
    tell(
      "… one of the four is cancelled after",
      await within(60 * SECOND, async () => (await statusOf(first)) === "CANCELLED"),
      "s",
      5,
    );
    const began = performance.now();
    const exit = await Promise.race([server.kill("SIGTERM"), sleep(60 * SECOND)]);
    tell("… SIGTERM ends the server after", (performance.now() - began) / SECOND, "s", 5);
    tell("… with exit code", String(exit), "", "0");
  },

  async proxy() {
    if (!existsSync("/usr/sbin/nginx")) return console.log("Skipped the proxy case: nginx is not installed");
    const yahoo = await startYahoo(madeSeason());
    children.push({ kill: () => yahoo.close() });
    yahoo.delayMs = 300;
    const port = await freePort();
    const server = await start("proxy", {
      ...serverEnv(yahoo, `file:${join(folder, "proxy.db")}`, "15"),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    });
    const config = join(folder, "nginx.conf");
    writeFileSync(
      config,
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}
       http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
         server { listen 127.0.0.1:${port}; location / { proxy_pass ${new URL(server.url).origin}; } } }`,
    );
    const nginx = spawn("/usr/sbin/nginx", ["-p", folder, "-c", config], { stdio: "inherit" });
    children.push(nginx);
    await within(
      10 * SECOND,
      () =>
        new Promise((resolve) => {
          const socket = connect(port, "127.0.0.1", () => {
            socket.destroy();
            resolve(true);
          }).once("error", () => resolve(false));
        }),
    );
    const began = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { jobEvents { type at } }" }),
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { value: firstBytes } = await reader.read();
    tell(
      "behind nginx's defaults: the first bytes of a stream after",
      firstBytes ? performance.now() - began : Number.POSITIVE_INFINITY,
      "ms",
      500,
    );
    reader.releaseLock();
    const events = read(response.body as ReadableStream<Uint8Array>);
    await server.data(START, { input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-10" } });
    const late: number[] = [];
    for (let event = await events.next(); event; event = await events.next()) {
      late.push(Date.now() - Date.parse(event.at));
      if (event.type === "COMPLETED") break;
    }
    await events.leave();
    tell(`… slowest of ${late.length} events, from its time to its arrival`, Math.max(...late), "ms", 500);
  },

  async lock() {
    const server = await start("lock");
    const holder = createClient({ url: `file:${join(folder, "lock.db")}`, timeout: 5 * SECOND });
    const transaction = await holder.transaction("write");
    await warmUp(server);
    const watched = await watch(server);
    const began = performance.now();
    const written = server.data(
      'mutation { updateSchedule(input: { id: "schedule_demo", lookbackDays: 8 }) { schedule { lookbackDays } } }',
    );
    await sleep(20 * SECOND);
    await transaction.rollback();
    const { updateSchedule } = await written;
    const seconds = (performance.now() - began) / SECOND;
    const { health, row } = await watched.stop();
    tell("a foreign writer holds the lock for 20 s: /health, slowest", health, "ms", 100);
    tell("… a one-row query, slowest", row, "ms", 100);
    tell("… a mutation waits and succeeds", updateSchedule.schedule.lookbackDays === 8 ? "yes" : "no", "", "yes");
    tell("… it succeeds after", seconds, "s", 22);
    holder.close();
  },

  async file() {
    const server = await start("file", { REQUESTS_PER_SECOND: "1", LOG_LEVEL: "error" });
    const day = (back: number) => new Date(Date.now() - back * 24 * 3600 * SECOND).toISOString().slice(0, 10);
    const { startCollection } = await server.data(START, {
      input: { leagueKey: "demo.l.1", start: day(50), end: day(2) },
    });
    const id = startCollection.job.id;
    await sleep(500);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, `file.db${suffix}`), { force: true });
    await sleep(3 * SECOND);
    const answer = (await (await post(server, `{ job(id: "${id}") { status } }`)).json()) as {
      data?: { job?: { status: string } };
      errors?: { extensions: { code: string } }[];
    };
    tell(
      "the database file is deleted during a collection: a query returns",
      answer.errors?.[0]?.extensions.code ?? String(answer.data?.job?.status),
      "",
      "DATABASE_REPLACED",
    );
    tell("… /health", String((await fetch(new URL("/health", server.url))).status), "", "503");
    tell(
      "… an error is logged",
      server.logged.some((line) => line.includes("DATABASE_REPLACED")) ? "yes" : "no",
      "",
      "yes",
    );
  },

  async recovery() {
    const yahoo = await startYahoo(madeSeason());
    children.push({ kill: () => yahoo.close() });
    yahoo.delayMs = SECOND;
    // Use the default lease and request rate.
    const env = {
      ...serverEnv(yahoo, `file:${join(folder, "recovery.db")}`),
      LEASE_SECONDS: "",
      REQUESTS_PER_SECOND: "1",
    };
    const [victim, other] = [await start("recovery", env), await start("recovery", env)];
    const { startCollection } = await victim.data(START, {
      input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-05-30" },
    });
    const id = startCollection.job.id as string;
    const job = async () =>
      (await other.data(
        "query ($id: ID!) { job(id: $id) { progress { datesCompleted } } jobEvents(jobId: $id, first: 500) { events { type } } workers { id jobs { id } } }",
        { id },
      )) as any;
    await within(60 * SECOND, async () => (await job()).job.progress.datesCompleted >= 2);
    const busy = workers(await job(), id);
    const target = busy.includes(String(victim.child.pid)) ? victim : other;
    const left = target === victim ? other : victim;
    await target.kill("SIGKILL");
    const ask = async () =>
      (await left.data(
        "query ($id: ID!) { job(id: $id) { progress { datesCompleted } } jobEvents(jobId: $id, first: 500) { events { type } } }",
        { id },
      )) as any;
    const done = (await ask()).job.progress.datesCompleted as number;
    const began = performance.now();
    await within(120 * SECOND, async () =>
      (await ask()).jobEvents.events.some(({ type }: { type: string }) => type === "RECOVERED"),
    );
    tell("a worker is killed: its job is claimed after", (performance.now() - began) / SECOND, "s", 20);
    await within(120 * SECOND, async () => (await ask()).job.progress.datesCompleted > done);
    tell("… and its next date is committed after", (performance.now() - began) / SECOND, "s", 30);
  },
};

const workers = (answer: { workers: { id: string; jobs: { id: string }[] }[] }, jobId: string): string =>
  answer.workers
    .filter(({ jobs }) => jobs.some(({ id }) => id === jobId))
    .map(({ id }) => id)
    .join(" ");

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in CASES));
if (unknown !== undefined) {
  console.error(`There is no case ${JSON.stringify(unknown)}. Choose from ${Object.keys(CASES).join(", ")}.`);
  process.exit(2);
}
try {
  for (const [name, run] of Object.entries(CASES)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    await run().catch((error) =>
      tell(`${name} failed: ${error instanceof Error ? error.message : error}`, "broken", "", "done"),
    );
    for (const child of children.splice(0)) await child.kill("SIGKILL");
  }
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
console.log("\n| what | measured | allowed | |\n|---|---|---|---|");
for (const { what, measured, allowed, good } of rows)
  console.log(`| ${what} | ${measured} | ${allowed} | ${good ? "good" : "BAD"} |`);
process.exit(rows.every(({ good }) => good) ? 0 : 1);
