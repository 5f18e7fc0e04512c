import { DatabaseSync } from "node:sqlite";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { addDays } from "../../src/calendar.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

const KEY = "458.l.100";
const FIRST = "2025-04-01";
const season = madeSeason();

/** A kind of damage: the SQL that causes it in a date's rows, and the code of its finding. */
type Damage = { what: string; code: string; sql: (date: string) => string };

const lineup = (date: string, team = 3) => `date = '${date}' and team_key = '${KEY}.t.${team}'`;
const one = (date: string, team = 3) =>
  `${lineup(date, team)} and player_id = (select min(player_id) from daily_lineups where ${lineup(date, team)})`;
const JOB = `(select id from job_log where kind = 'COLLECTION' order by created_at, id limit 1)`;

const DAMAGES: Damage[] = [
  { what: "a record deleted", code: "RECORDS_DAMAGED", sql: (d) => `delete from daily_lineups where ${one(d)}` },
  {
    what: "half of a lineup deleted",
    code: "RECORDS_DAMAGED",
    sql: (d) => `delete from daily_lineups where ${lineup(d)} and rowid_like(player_id)`,
  },
  {
    what: "all records of a lineup deleted",
    code: "RECORDS_DAMAGED",
    sql: (d) => `delete from daily_lineups where ${lineup(d)}`,
  },
  {
    what: "all records of a date deleted",
    code: "RECORDS_DAMAGED",
    sql: (d) => `delete from daily_lineups where date = '${d}'`,
  },
  {
    what: "a record added",
    code: "RECORDS_DAMAGED",
    sql: (d) =>
      `insert into daily_lineups select environment, league_key, date, team_key, '77777', 'Nobody', selected_position, position_type, eligible_positions, player_team, player_status, observed_at, job_id from daily_lineups where ${one(d)}`,
  },
  {
    what: "a record moved to another team",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update daily_lineups set team_key = '${KEY}.t.4' where ${one(d)}`,
  },
  {
    what: "a record moved to another date",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update daily_lineups set date = '2025-05-24' where ${one(d)}`,
  },
  {
    what: "a record moved to another slot",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update daily_lineups set selected_position = iif(selected_position = 'BN', 'C', 'BN') where ${one(d)}`,
  },
  {
    what: "two players' slots exchanged",
    code: "RECORDS_DAMAGED",
    sql: (d) =>
      `update daily_lineups set selected_position = (select other.selected_position from daily_lineups as other where other.date = '${d}' and other.team_key = daily_lineups.team_key and other.selected_position <> daily_lineups.selected_position order by other.player_id limit 1) where ${one(d)}`,
  },
  {
    what: "another player's id",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update daily_lineups set player_id = '88888' where ${one(d)}`,
  },
  {
    what: "another name",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set player_name = 'Somebody Else' where ${one(d)}`,
  },
  {
    what: "another club",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set player_team = 'ZZZ' where ${one(d)}`,
  },
  {
    what: "no club",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set player_team = null where ${one(d)}`,
  },
  {
    what: "another status",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set player_status = 'IL60' where ${lineup(d)}`,
  },
  {
    what: "other eligible positions",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set eligible_positions = '["X"]' where ${one(d)}`,
  },
  {
    what: "eligible positions that are not a list",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set eligible_positions = '5' where ${one(d)}`,
  },
  {
    what: "another type of position",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set position_type = 'Q' where ${one(d)}`,
  },
  {
    what: "a record of an unknown job",
    code: "ORPHAN_RECORD",
    sql: (d) =>
      `update daily_lineups set job_id = 'lineup_collection_production_20200101_000000_000000' where ${one(d)}`,
  },
  {
    what: "a record observed in the future",
    code: "TIME_DAMAGED",
    sql: (d) => `update daily_lineups set observed_at = 4102444800000 where ${one(d)}`,
  },
  {
    what: "a record observed before any job",
    code: "TIME_DAMAGED",
    sql: (d) => `update daily_lineups set observed_at = 1 where ${one(d)}`,
  },
  { what: "a lineup without its row", code: "ORPHAN_RECORD", sql: (d) => `delete from team_days where ${lineup(d)}` },
  {
    what: "a lineup gone with its records",
    code: "LINEUP_GONE",
    sql: (d) => `delete from daily_lineups where ${lineup(d)}; delete from team_days where ${lineup(d)}`,
  },
  {
    what: "a lineup of a team that does not exist",
    code: "TEAM_UNKNOWN",
    sql: (d) =>
      `update daily_lineups set team_key = '${KEY}.t.99' where ${lineup(d)}; update team_days set team_key = '${KEY}.t.99' where ${lineup(d)}`,
  },
  {
    what: "a lineup that no job wrote",
    code: "LINEUP_UNKNOWN",
    sql: (d) =>
      `insert into teams (key, league_key, name, left_at) values ('${KEY}.t.98', '${KEY}', 'Gone', 1) on conflict do nothing; insert into team_days select environment, league_key, date, '${KEY}.t.98', job_id, lineup_hash, observed_hash, players, collected_at, final, version from team_days where ${lineup(d)}`,
  },
  {
    what: "another count of players",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update team_days set players = 12 where ${lineup(d)}`,
  },
  {
    what: "another hash of the lineup",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update team_days set lineup_hash = 'ffffffffffffffffffffffffffffffff' where ${lineup(d)}`,
  },
  {
    what: "another hash of the observations",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update team_days set observed_hash = 'ffffffffffffffffffffffffffffffff' where ${lineup(d)}`,
  },
  {
    what: "a lineup of an unknown job",
    code: "ORPHAN_RECORD",
    sql: (d) => `update team_days set job_id = 'lineup_update_test_20200101_000000_000000' where ${lineup(d)}`,
  },
  {
    what: "a lineup collected in the future",
    code: "TIME_DAMAGED",
    sql: (d) => `update team_days set collected_at = 4102444800000 where ${lineup(d)}`,
  },
  {
    what: "a final lineup marked as provisional",
    code: "TIME_DAMAGED",
    sql: (d) => `update team_days set final = 0 where ${lineup(d)}`,
  },
  {
    what: "a deleted date whose state says COMPLETE",
    code: "DATE_GONE",
    sql: (d) => `delete from daily_lineups where date = '${d}'; delete from team_days where date = '${d}'`,
  },
  {
    what: "a date deleted everywhere except in its job",
    code: "DATE_GONE",
    sql: (d) =>
      `delete from daily_lineups where date = '${d}'; delete from team_days where date = '${d}'; delete from league_dates where date = '${d}'`,
  },
  {
    what: "a date without its state",
    code: "STATE_DAMAGED",
    sql: (d) => `delete from league_dates where date = '${d}'`,
  },
  {
    what: "a state that says EMPTY",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set state = 'EMPTY' where date = '${d}'`,
  },
  {
    what: "a state that says FAILED",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set state = 'FAILED', reason = 'x' where date = '${d}'`,
  },
  {
    what: "a state that says it is not final",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set final = 0 where date = '${d}'`,
  },
  {
    what: "another count of lineups",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set lineups = 7 where date = '${d}'`,
  },
  {
    what: "an empty doubts object",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set doubts = '{}' where date = '${d}'`,
  },
  {
    what: "a due time without a reason",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set due_at = 1 where date = '${d}'`,
  },
  {
    what: "a name stored as bytes",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) => `update daily_lineups set player_name = x'ff41' where ${one(d)}`,
  },
  {
    what: "a player's id stored as bytes",
    code: "RECORDS_DAMAGED",
    sql: (d) => `update daily_lineups set player_id = x'ff41' where ${one(d)}`,
  },
  {
    what: "the whole lineups of two teams exchanged",
    code: "OBSERVATIONS_DAMAGED",
    sql: (d) =>
      ["daily_lineups", "team_days"]
        .flatMap((table) => [
          `update ${table} set team_key = 'x' where ${lineup(d, 1)}`,
          `update ${table} set team_key = '${KEY}.t.1' where ${lineup(d, 2)}`,
          `update ${table} set team_key = '${KEY}.t.2' where date = '${d}' and team_key = 'x'`,
        ])
        .join("; "),
  },
  {
    what: "a damage mark that no check has set",
    code: "RECORDS_DAMAGED",
    sql: (d) =>
      `update team_days set lineup_hash = '' where ${lineup(d)}; update daily_lineups set selected_position = 'NA' where ${one(d)}`,
  },
  {
    what: "a state that says WAIVED",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set state = 'WAIVED', reason = 'x' where date = '${d}'`,
  },
  {
    what: "a state that says PARTIAL",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set state = 'PARTIAL', reason = 'x' where date = '${d}'`,
  },
  {
    what: "doubts that are not JSON",
    code: "STATE_DAMAGED",
    sql: (d) => `update league_dates set doubts = 'x' where date = '${d}'`,
  },
  {
    what: "an invalid list of a job's teams",
    code: "LINEUP_UNKNOWN",
    sql: (d) => `update job_dates set teams_done = '[1,null]' where date = '${d}'`,
  },
  {
    what: "a job's date that is PENDING again",
    code: "JOB_DATE_DAMAGED",
    sql: (d) => `update job_dates set status = 'PENDING' where date = '${d}'`,
  },
  {
    what: "a job's count of removed records",
    code: "JOB_DATE_DAMAGED",
    sql: (d) => `update job_dates set records_removed = 5 where date = '${d}'`,
  },
  {
    what: "a job's record counts of a date",
    code: "JOB_DATE_DAMAGED",
    sql: (d) =>
      `update job_dates set records_processed = 1, records_inserted = 1, records_updated = 0, records_unchanged = 0 where date = '${d}'`,
  },
];

/** Kinds of damage that belong to no date. */
const OTHERS: Damage[] = [
  {
    what: "a job's totals",
    code: "JOB_TOTALS_DAMAGED",
    sql: () =>
      `update job_log set records_processed = 5, records_inserted = 5, records_updated = 0, records_unchanged = 0 where id = ${JOB}`,
  },
  {
    what: "a checkpoint of a finished job",
    code: "CHECKPOINT_DAMAGED",
    sql: () =>
      `insert into checkpoints (job_id, next_date, teams_processed, timestamp) values (${JOB}, '2025-04-01', '[]', 1)`,
  },
  {
    what: "the league's roster positions",
    code: "LEAGUE_DAMAGED",
    sql: () => "update leagues set positions = '{}'",
  },
  {
    what: "a player that is missing from the search",
    code: "PLAYER_UNKNOWN",
    sql: () => `delete from players where player_id = '9001'`,
  },
  {
    what: "a player without search words",
    code: "PLAYER_UNKNOWN",
    sql: () => `delete from player_suffixes where player_id = '9002'`,
  },
  {
    what: "a player with another name in the search",
    code: "PLAYER_UNKNOWN",
    sql: () => `update players set name = 'X' where player_id = '9003'`,
  },
];

/** Runs statements on a database file while triggers and foreign keys are off, as an external tool could. */
function damage(url: string, statements: string[]): void {
  const raw = new DatabaseSync(url.slice("file:".length), { enableForeignKeyConstraints: false });
  raw.function("rowid_like", (id) => (Number(id) % 2 === 0 ? 1 : 0));
  const triggers = raw.prepare("select name, sql from sqlite_master where type = 'trigger'").all();
  for (const { name } of triggers) raw.exec(`drop trigger "${name}"`);
  for (const statement of statements) raw.exec(statement);
  for (const { sql: text } of triggers) raw.exec(String(text));
  raw.close();
}

type Found = {
  severity: string;
  code: string;
  date: string | null;
  isDamage: boolean;
  mended: boolean;
  message: string;
};

async function verify({ data, work }: Ledger, mend: boolean): Promise<{ id: string; findings: Found[] }> {
  const started = await data(
    'mutation ($mend: Boolean!) { startVerification(input: { leagueKey: "458.l.100", mend: $mend }) { job { id } } }',
    { mend },
  );
  const { id } = started.startVerification.job;
  await work();
  const { job } = await data(
    `{ job(id: "${id}") { status report { recordsChecked findings(first: 1000) { severity code date isDamage mended message } } } }`,
  );
  expect(job.status).toBe("COMPLETED");
  return { id, findings: job.report.findings.filter(({ isDamage }: Found) => isDamage) };
}

it("verification finds every kind of damage, and one update repairs all damage that a verification has marked", async () => {
  const ledger = await openLedger();
  const dates = DAMAGES.map((_, i) => addDays(FIRST, i));
  const last = dates.at(-1) ?? FIRST;
  await ledger.start(FIRST, last);
  await ledger.work();
  expect((await verify(ledger, false)).findings).toEqual([]);

  damage(ledger.url, [...DAMAGES.map((each, i) => each.sql(dates[i] ?? "")), ...OTHERS.map((each) => each.sql(""))]);
  const { findings } = await verify(ledger, false);
  const missed = [
    ...DAMAGES.filter(
      ({ code }, i) => !findings.some((f) => f.code === code && (f.date === dates[i] || code === "JOB_DATE_DAMAGED")),
    ),
    ...OTHERS.filter(
      ({ code }) =>
        findings.filter((f) => f.code === code && f.date === null).length <
        OTHERS.filter((each) => each.code === code).length,
    ),
  ];
  expect(missed.map(({ what }) => what)).toEqual([]);
  expect(findings.every(({ mended }) => !mended)).toBe(true);
  // A record was moved to this date. The moved record is an orphan on this date, and its former lineup is damaged.
  expect(findings.filter(({ date }) => date === "2025-05-24").map(({ code }) => code)).toEqual(["ORPHAN_RECORD"]);

  const mended = await verify(ledger, true);
  expect(mended.findings.every((f) => f.mended)).toBe(true);
  await ledger.data(`mutation { startUpdate(input: { leagueKey: "${KEY}" }) { job { id } } }`);
  await ledger.work();
  expect((await verify(ledger, false)).findings).toEqual([]);
  const { league } = await ledger.data(
    `{ league(key: "${KEY}") { coverage(start: "${FIRST}", end: "${last}") { ranges { state } } } }`,
  );
  expect(league.coverage.ranges).toEqual([{ state: "COMPLETE" }]);
  const rows = await ledger.db.orm.all<{ row: string }>(
    sql`select date || ' ' || team_key || ' ' || player_id || ' ' || player_name || ' ' || selected_position || ' ' || player_status || ' ' || coalesce(player_team, '') as row
        from daily_lineups where date between ${FIRST} and ${last}`,
  );
  const right = dates.flatMap((date) =>
    season
      .lineups(date)
      .flatMap(({ teamKey, slots }) =>
        slots.map(
          (e) =>
            `${date} ${teamKey} ${e.playerId} ${e.playerName} ${e.selectedPosition} ${e.playerStatus} ${e.playerTeam ?? ""}`,
        ),
      ),
  );
  expect(rows.map(({ row }) => row).sort()).toEqual(right.sort());
  const changes = await ledger.db.orm.all(sql`select * from lineup_changes`);
  expect(changes, "a repair is not a lineup change").toEqual([]);
});
