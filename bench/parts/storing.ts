import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "drizzle-orm";
import Database from "libsql";
import type { Db } from "../../src/db/client.ts";
import { ask } from "../ask.ts";
import { copyLeagues, DATES, leagueOf, openFile, serverOn, sourceOf } from "../ledger.ts";
import { median, report, temporaryFolder, timed } from "../row.ts";

// Measures storing a date of 468 records with everything that belongs to it: hashes, comparison, doubts, players, coverage, checkpoint,
// totals and event. The source answers at once. The limit is the time to write the same rows to the same tables, with the same indexes and
// checks. The measurement of the limit prepares the statements once and writes each date in one transaction.

const KEY = "458.l.1";
const RANGE = DATES.slice(0, 30);
const ROUNDS = 5;
const folder = temporaryFolder();
const source = sourceOf();
for (const date of RANGE) for await (const _ of source.lineups(leagueOf(KEY), date, {} as never));

const start = (key: string) =>
  `mutation { startCollection(input: { leagueKey: "${key}", start: "${RANGE[0]}", end: "${RANGE.at(-1)}", concurrency: 1 }) { job { id } } }`;

/** Collects the range. @returns Milliseconds per date. */
async function collect(db: Db, key: string): Promise<number> {
  const server = serverOn(db, source);
  await ask(server, start(key));
  const ms = await timed(async () => {
    while (await server.tick({ budgetMs: 3_600_000 }));
  });
  const { job } = (await ask(server, '{ job(id: "latest") { status } }')) as { job: { status: string } };
  if (job.status !== "COMPLETED") throw new Error(`The job did not complete: its status is ${job.status}`);
  return ms / RANGE.length;
}

type Bound = string | number | null;
type Prepared = { run(...values: Bound[]): unknown };
type Plain = { exec(text: string): unknown; prepare(text: string): Prepared; close(): void };

/** Returns the rows of a table that match `where`, and the statement that inserts a row. */
async function rowsOf(db: Db, table: string, where = "true"): Promise<{ text: string; rows: Record<string, Bound>[] }> {
  const columns = await columnsOf(db, table);
  const rows = await db.orm.all<Record<string, Bound>>(
    sql.raw(`select ${columns.map((name) => `"${name}"`).join(", ")} from ${table} where ${where}`),
  );
  return {
    text: `insert into ${table} (${columns.map((name) => `"${name}"`).join(", ")}) values (${columns.map(() => "?").join(", ")})`,
    rows,
  };
}

/** Writes the rows of a league into `plain`, a database that may already have other leagues. @returns Milliseconds per date. */
async function prepared(from: Db, key: string, plain: Plain): Promise<number> {
  const scope = `league_key = '${key}'`;
  const [jobs, teamDays, lineups, players, suffixes, dates, jobDates, events] = await Promise.all([
    rowsOf(from, "job_log", scope),
    rowsOf(from, "team_days", scope),
    rowsOf(from, "daily_lineups", scope),
    rowsOf(from, "players", scope),
    rowsOf(from, "player_suffixes", scope),
    rowsOf(from, "league_dates", scope),
    rowsOf(from, "job_dates", `job_id in (select id from job_log where ${scope})`),
    rowsOf(from, "job_events", `job_id in (select id from job_log where ${scope})`),
  ]);
  const own = await Promise.all([rowsOf(from, "leagues", `key = '${key}'`), rowsOf(from, "teams", scope)]);
  plain.exec("pragma foreign_keys = on");
  for (const { text, rows } of [...own, jobs])
    for (const row of rows) plain.prepare(text.replace("insert", "insert or replace")).run(...Object.values(row));
  for (const row of jobDates.rows)
    plain.prepare(jobDates.text).run(...Object.values({ ...row, status: "PENDING", finished_at: null, attempts: 0 }));
  const [job] = jobs.rows;
  plain.prepare("insert into checkpoints values (?, null, '[]', 0)").run(job?.id ?? null);
  const [writeDay, writeSlot, writePlayer, writeSuffix, writeDate, writeEvent] = [
    teamDays,
    lineups,
    players,
    suffixes,
    dates,
    events,
  ].map(({ text }) => plain.prepare(text));
  const [updateJobDate, updateJob, updateCheckpoint] = [
    "update job_dates set status = 'DONE', attempts = 1, finished_at = 1 where job_id = ? and date = ?",
    "update job_log set lease_until = lease_until, items_processed = items_processed + 18 where id = ?",
    "update checkpoints set next_date = ?, timestamp = 1 where job_id = ?",
  ].map((text) => plain.prepare(text));
  const on = (rows: readonly Record<string, Bound>[], date: string) => rows.filter((row) => row.date === date);
  const days = RANGE.map((date) =>
    [teamDays, lineups, dates, events].map(({ rows }) => on(rows, date).map((row) => Object.values(row))),
  );
  const ms = await timed(() => {
    for (const [i, [teams = [], slots = [], states = [], told = []]] of days.entries()) {
      plain.exec("begin immediate");
      for (const row of teams) writeDay?.run(...row);
      for (const row of slots) writeSlot?.run(...row);
      if (i === 0) for (const row of players.rows) writePlayer?.run(...Object.values(row));
      if (i === 0) for (const row of suffixes.rows) writeSuffix?.run(...Object.values(row));
      for (const row of states) writeDate?.run(...row);
      updateJobDate?.run(job?.id ?? null, RANGE[i] ?? null);
      updateJob?.run(job?.id ?? null);
      updateCheckpoint?.run(RANGE[i + 1] ?? null, job?.id ?? null);
      for (const row of told) writeEvent?.run(...row);
      plain.exec("commit");
    }
  });
  plain.close();
  return ms / RANGE.length;
}

const copy = (from: string, name: string): string => {
  const path = join(folder, name);
  copyFileSync(join(folder, from), path);
  return path;
};

async function measure(base: string, what: string): Promise<number> {
  const [ours, again, libsql, sqlite]: number[][] = [[], [], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const path = copy(base, `${what}-${round}.db`);
    const db = await openFile(path);
    ours?.push(await collect(db, KEY));
    for (const [times, open] of [
      [libsql, (file: string) => new Database(file) as unknown as Plain],
      [sqlite, (file: string) => new DatabaseSync(file) as unknown as Plain],
    ] as const)
      times?.push(await prepared(db, KEY, open(copy(base, `${what}-${round}-prepared-${times === libsql}.db`))));
    again?.push(await collect(db, KEY));
    await db.close();
  }
  const [ms, bare, node] = [median(ours ?? []), median(libsql ?? []), median(sqlite ?? [])];
  const row = { unit: "ms", ours: ms } as const;
  const against = "same rows, prepared statements of";
  report({
    ...row,
    what: `write a date of 468 records, ${what} database`,
    against: `${against} libsql`,
    limit: bare,
    goal: 1 / 0.8,
  });
  report({ ...row, what: `the same, beside node:sqlite`, against: `${against} node:sqlite`, limit: node, goal: null });
  report({
    unit: "ms",
    what: "the same again, unchanged",
    ours: median(again ?? []),
    against: "writing them",
    limit: ms,
    goal: 0.1,
  });
  return ms;
}

const empty = await openFile(join(folder, "empty.db"));
await empty.close();
await measure("empty.db", "empty");

// Makes a million records: thirty dates of one league, copied to 72 more leagues.
if (!process.argv.includes("--quick")) {
  const big = await openFile(copy("empty.db", "big.db"));
  await collect(big, "458.l.9");
  await copyLeagues(big, "458.l.9", 72);
  await big.close();
  await measure("big.db", "a million records in the");
}

async function columnsOf(db: Db, table: string): Promise<string[]> {
  return (await db.orm.all<{ name: string }>(sql.raw(`select name from pragma_table_info('${table}')`))).map(
    ({ name }) => name,
  );
}
