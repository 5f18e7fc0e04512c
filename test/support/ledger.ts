import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { type Config, parseConfig } from "../../src/config/config.ts";
import { type Db, openDb } from "../../src/db/client.ts";
import { createLog, type Log } from "../../src/log.ts";
import { secretsOf } from "../../src/secrets.ts";
import { createServer, type Server } from "../../src/server.ts";
import { createFakeClock, type FakeClock } from "./clock.ts";
import { START } from "./queries.ts";
import { madeSeason, type Season } from "./season.ts";
import { type StandIn, startYahoo, yahooEnv } from "./yahoo.ts";

/** Creates a temporary folder and removes it after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Creates a migrated, empty database file by copying the run's template. @returns its URL */
export async function makeDatabase(folder = makeFolder()): Promise<string> {
  const path = join(folder, "ledger.db");
  copyFileSync(inject("template"), path);
  return `file:${path}`;
}

/** Noon in New York, some weeks into the generated season and the real season. */
const NOW = "2025-06-01T16:00:00.000Z";

export type Ledger = {
  db: Db;
  url: string;
  clock: FakeClock;
  server: Server;
  yahoo: StandIn;
  config: Config;
  /** The lines of the log. */
  logged: string[];
  /** The SQL texts of the statements so far. */
  statements: string[];
  /** Sends a query and returns the response, including errors. */
  ask(
    query: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
    operationName?: string,
  ): Promise<Answer>;
  /** Sends a query and returns its data. Throws when there are errors. */
  data(query: string, variables?: Record<string, unknown>): Promise<Record<string, any>>;
  /** Starts a collection of the stand-in's league and returns the job's id. */
  start(start: string, end: string, more?: Record<string, unknown>): Promise<string>;
  /** Runs the worker and advances time until no job can be claimed. */
  work(): Promise<void>;
  /** Returns a job as the API shows it. */
  job(id: string): Promise<Record<string, any>>;
};
type Answer = {
  data?: Record<string, any> | null;
  errors?: { message: string; path?: string[]; extensions?: Record<string, any> }[];
};

const JOB = `query ($id: ID!) { job(id: $id) {
  id kind environment status leagueKey startDate endDate pendingAction resumeAt createdAt startedAt finishedAt
  recordsProcessed recordsInserted recordsUpdated recordsUnchanged recordsRemoved datesSuspect requests retries metadata
  progress { itemsTotal itemsProcessed percent datesTotal datesCompleted datesFailed currentDate rate etaSeconds cursor }
  checkpoint { currentDate datesCompleted teamsProcessed timestamp }
  dates { date status attempts recordsProcessed recordsInserted recordsUpdated recordsUnchanged reason doubt error { code message } }
  error { code message stack } } }`;

/** Opens a ledger for one test: a file database, a stand-in for Yahoo, a clock that stands still, and the server. */
export async function openLedger({
  season = madeSeason(),
  env = {},
  now = NOW,
  yahoo,
  url,
}: {
  season?: Season;
  env?: Record<string, string>;
  now?: string;
  yahoo?: StandIn;
  url?: string;
} = {}): Promise<Ledger> {
  const standIn = yahoo ?? (await startYahoo(season));
  const fileUrl = url ?? (await makeDatabase());
  const config = parseConfig({
    ...yahooEnv(standIn),
    YAHOO_CLIENT_SECRET: "canary-client-secret",
    REQUESTS_PER_SECOND: "0",
    LOG_LEVEL: "debug",
    DATABASE_URL: fileUrl,
    ...env,
  });
  let begun = 0;
  let fetching = 0;
  let writing = 0;
  const statements: string[] = [];
  const clock = createFakeClock(now, {
    requests: () => fetching,
    writes: () => writing,
    begun: () => begun + statements.length,
    // Calls to a file database are synchronous. A read from a remote database takes longer than the shortest timer.
    settleMs: fileUrl.startsWith("file:") ? 1 : 5,
  });
  const opened = openDb({ url: fileUrl, now: clock.now, onStatement: (text) => statements.push(text) });
  const db: Db = {
    ...opened,
    get clock() {
      return opened.clock;
    },
    async write(batch, options) {
      writing++;
      try {
        return await opened.write(batch, options);
      } finally {
        writing--;
      }
    },
  };
  const logged: string[] = [];
  const secrets = secretsOf(config);
  const log: Log = createLog(config.logLevel, (line) => logged.push(line), secrets);
  const counted: typeof fetch = async (input, init) => {
    fetching++;
    begun++;
    try {
      const response = await fetch(input, init);
      const body = await response.arrayBuffer();
      return Object.defineProperty(new Response(body, { headers: response.headers }), "status", {
        value: response.status,
      });
    } finally {
      begun++;
      fetching--;
    }
  };
  const server = createServer(config, { db, clock, log, secrets, fetch: counted as never });
  onTestFinished(async () => {
    await server.close();
    if (!yahoo) await standIn.close();
  });

  const ask: Ledger["ask"] = async (query, variables = {}, headers = {}, operationName = undefined) => {
    const response = await server.fetch(
      new Request("http://localhost/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json", ...headers },
        body: JSON.stringify({ query, variables, operationName }),
      }),
    );
    return (await response.json()) as Answer;
  };
  const data: Ledger["data"] = async (query, variables) => {
    const answer = await ask(query, variables);
    if (answer.errors || !answer.data) throw new Error([JSON.stringify(answer.errors), ...logged.slice(-3)].join("\n"));
    return answer.data;
  };
  return {
    db,
    url: fileUrl,
    clock,
    server,
    yahoo: standIn,
    config,
    logged,
    statements,
    ask,
    data,
    start: async (start, end, more = {}) =>
      (await data(START, { input: { leagueKey: season.league.key, start, end, ...more } })).startCollection.job.id,
    work: async () => {
      while (await clock.drive(server.tick({ budgetMs: 24 * 3600 * 1000 })));
    },
    job: async (id) => (await data(JOB, { id })).job,
  };
}
