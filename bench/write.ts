import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { datesBetween } from "../src/calendar.ts";
import { systemClock } from "../src/clock.ts";
import { parseConfig } from "../src/config/config.ts";
import { openDb } from "../src/db/client.ts";
import { migrate } from "../src/db/migrate.ts";
import { readMigrations } from "../src/runtimes/migrations.ts";
import { createServer } from "../src/server.ts";
import { demoLeague } from "../src/source/demo/league.ts";
import { demoLineups } from "../src/source/demo/roster.ts";
import { ask } from "./ask.ts";

// How fast a season is collected, against two limits measured in the same run on the same machine:
// - the same records through prepared statements of SQLite's own, a transaction a date, with nothing else to do;
// - the source alone: the payloads made, as Yahoo would send them, and nothing kept.

const DAYS = datesBetween("2026-06-01", "2026-11-22");
const NOW = Date.parse("2026-11-23T18:00:00Z");
const ROUNDS = 3;

const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-bench-"));
const clock = { ...systemClock, now: () => NOW };
const league = demoLeague("2026-11-23");
const inSeason = DAYS.filter((date) => date >= league.startDate);
const records = inSeason.reduce(
  (sum, date) => sum + demoLineups(league, date).reduce((n, team) => n + team.slots.length, 0),
  0,
);

async function collection(round: number): Promise<number> {
  const url = `file:${join(folder, `ledger-${round}.db`)}`;
  const db = openDb({ url });
  await migrate(db, await readMigrations());
  const server = createServer(parseConfig({ REQUESTS_PER_SECOND: "0", CONCURRENCY: "2" }), { db, clock });
  const query = `mutation { startCollection(input: { leagueKey: "demo.l.1", start: "${inSeason[0]}", end: "${inSeason.at(-1)}" }) { job { id } } }`;
  await ask(server, query);
  const begun = performance.now();
  while (await server.tick({ budgetMs: 3_600_000 }));
  const seconds = (performance.now() - begun) / 1000;
  await server.close();
  return seconds;
}

function prepared(round: number): number {
  const db = new DatabaseSync(join(folder, `prepared-${round}.db`));
  db.exec(`pragma journal_mode = wal; pragma synchronous = full;
    create table daily_lineups (environment text, league_key text, date text, team_key text, player_id text, player_name text, selected_position text,
      position_type text, eligible_positions text, player_team text, player_status text, observed_at integer, job_id text,
      primary key (environment, league_key, date, team_key, player_id)) without rowid`);
  const days = inSeason.map((date) => ({ date, teams: demoLineups(league, date) }));
  const insert = db.prepare("insert into daily_lineups values ('PRODUCTION', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'job')");
  const begun = performance.now();
  for (const { date, teams } of days) {
    db.exec("begin immediate");
    for (const { teamKey, slots } of teams) {
      for (const e of slots) {
        insert.run(
          league.key,
          date,
          teamKey,
          e.playerId,
          e.playerName,
          e.selectedPosition,
          e.positionType,
          JSON.stringify(e.eligiblePositions),
          e.playerTeam,
          e.playerStatus,
          NOW,
        );
      }
    }
    db.exec("commit");
  }
  const seconds = (performance.now() - begun) / 1000;
  db.close();
  return seconds;
}

function sourceAlone(): number {
  const begun = performance.now();
  for (const date of inSeason) JSON.stringify(demoLineups(league, date));
  return (performance.now() - begun) / 1000;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const [ours, limit, source]: number[][] = [[], [], []];
for (let round = 0; round < ROUNDS; round++) {
  ours?.push(await collection(round));
  limit?.push(prepared(round));
  source?.push(sourceAlone());
}
rmSync(folder, { recursive: true });

const [seconds, bare, alone] = [median(ours ?? []), median(limit ?? []), median(source ?? [])];
const rate = (s: number) => `${Math.round(records / s).toLocaleString("en")} records/s`;
console.log(`${records.toLocaleString("en")} records of ${inSeason.length} dates, median of ${ROUNDS} rounds`);
console.log(
  `collected:            ${seconds.toFixed(2)} s, ${rate(seconds)}, ${(inSeason.length / seconds).toFixed(0)} dates/s`,
);
console.log(`prepared statements:  ${bare.toFixed(2)} s, ${rate(bare)}`);
console.log(`source alone:         ${alone.toFixed(2)} s`);
console.log(
  `ratio to prepared statements: ${(seconds / bare).toFixed(2)}; to both limits together: ${(seconds / (bare + alone)).toFixed(2)}`,
);
