import { type SQL, sql } from "drizzle-orm";
import { inList, onDate } from "./conditions.ts";
import type { ClaimedJob } from "./job.ts";
import type { StoredSlot } from "./lineups.ts";
import { type CHANGE_KINDS, DAMAGED } from "./tables/values.ts";

export type LineupChange = {
  playerId: string;
  playerName: string;
  kind: (typeof CHANGE_KINDS)[number];
  fromPosition: string | null;
  toPosition: string | null;
  previousJobId: string;
};

/** Numbers of records. `processed` does not include `removed`. */
export type RecordCounts = {
  processed: number;
  inserted: number;
  updated: number;
  unchanged: number;
  removed: number;
};

/** How to write one lineup, as decided by `lineups/compare.ts`. */
export type LineupWrite = {
  teamKey: string;
  teamName: string;
  /**
   * `new` inserts the lineup, `changed` replaces it, `repaired` replaces rows that were damaged, `final` only marks it as final,
   * `same` writes nothing.
   */
  kind: "new" | "changed" | "repaired" | "final" | "same";
  /** The version that was read; null for a new lineup. */
  version: number | null;
  lineupHash: string;
  observedHash: string;
  players: number;
  collectedAt: number;
  final: boolean;
  /** The slots to insert or replace, with their new values. */
  slots: readonly StoredSlot[];
  removed: readonly string[];
  changes: readonly LineupChange[];
  counts: RecordCounts;
};

export function totals(teamDays: readonly LineupWrite[]): RecordCounts {
  const sum = { processed: 0, inserted: 0, updated: 0, unchanged: 0, removed: 0 };
  for (const { counts } of teamDays) {
    sum.processed += counts.processed;
    sum.inserted += counts.inserted;
    sum.updated += counts.updated;
    sum.unchanged += counts.unchanged;
    sum.removed += counts.removed;
  }
  return sum;
}

/** Builds the statements that write lineups and the new names of renamed teams. @param teamNames The stored names, by team key. */
export function writeLineups(
  job: ClaimedJob,
  date: string,
  written: readonly LineupWrite[],
  teamNames: ReadonlyMap<string, string>,
): SQL[] {
  const fresh = written.filter(({ kind }) => kind === "new");
  const replaced = written.filter(({ kind }) => kind !== "new" && kind !== "same");
  const rows = (days: readonly LineupWrite[]) =>
    JSON.stringify(
      days.map((d) => [
        d.teamKey,
        d.lineupHash,
        d.observedHash,
        d.players,
        d.collectedAt,
        d.final ? 1 : 0,
        d.version,
        d.kind === "final" ? null : job.id,
      ]),
    );
  const renamed = written.filter(({ teamKey, teamName }) => teamNames.get(teamKey) !== teamName);
  const names = JSON.stringify(renamed.map(({ teamKey, teamName }) => [teamKey, teamName]));
  return [
    ...(renamed.length === 0
      ? []
      : [
          sql`update teams set name = named.value ->> 1 from json_each(${names}) as named
             where teams.key = named.value ->> 0 and teams.name <> named.value ->> 1
               and (instr(named.value ->> 1, ${DAMAGED}) = 0 or instr(teams.name, ${DAMAGED}) > 0)`,
        ]),
    ...(fresh.length === 0
      ? []
      : [
          sql`insert into team_days (environment, league_key, date, team_key, job_id, lineup_hash, observed_hash, players, collected_at, final)
             select ${job.environment}, ${job.leagueKey}, ${date}, value ->> 0, ${job.id}, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
             from json_each(${rows(fresh)})`,
        ]),
    ...(replaced.length === 0
      ? []
      : [
          sql`update team_days set job_id = coalesce(written.value ->> 7, job_id), lineup_hash = written.value ->> 1, observed_hash = written.value ->> 2,
               players = written.value ->> 3, collected_at = written.value ->> 4, final = written.value ->> 5, version = (written.value ->> 6) + 1
             from json_each(${rows(replaced)}) as written
             where ${onDate({ ...job, date })} and team_key = written.value ->> 0`,
        ]),
  ];
}

/**
 * Writes a date's slots from one JSON parameter. Measurements showed that one JSON parameter is fastest, on sqld and on a file. Without
 * `materialized`, SQLite would write and parse a record's JSON once per column.
 */
export function writeSlots(job: ClaimedJob, date: string, written: readonly LineupWrite[]): SQL[] {
  const rows = written.flatMap(({ teamKey, slots }) =>
    slots.map((e) => [
      teamKey,
      e.playerId,
      e.playerName,
      e.selectedPosition,
      e.positionType,
      JSON.stringify(e.eligiblePositions),
      e.playerTeam,
      e.playerStatus,
      e.observedAt,
      e.jobId,
    ]),
  );
  const gone = written.flatMap(({ teamKey, removed }) => removed.map((playerId) => [teamKey, playerId]));
  // Delete all rows of a repaired lineup, since damage may have changed their keys.
  const repaired = written.filter(({ kind }) => kind === "repaired").map(({ teamKey }) => teamKey);
  return [
    ...(repaired.length === 0
      ? []
      : [sql`delete from daily_lineups where ${onDate({ ...job, date })} and team_key ${inList(repaired)}`]),
    ...(gone.length === 0
      ? []
      : [
          sql`delete from daily_lineups where ${onDate({ ...job, date })}
               and (team_key, player_id) in (select value ->> 0, value ->> 1 from json_each(${JSON.stringify(gone)}))`,
        ]),
    ...(rows.length === 0
      ? []
      : [
          sql`with slot as materialized (select value from json_each(${JSON.stringify(rows)}))
             insert into daily_lineups (environment, league_key, date, team_key, player_id, player_name, selected_position, position_type,
               eligible_positions, player_team, player_status, observed_at, job_id)
             select ${job.environment}, ${job.leagueKey}, ${date}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
               value ->> 6, value ->> 7, value ->> 8, value ->> 9
             from slot where true
             on conflict do update set player_name = excluded.player_name, selected_position = excluded.selected_position,
               position_type = excluded.position_type, eligible_positions = excluded.eligible_positions, player_team = excluded.player_team,
               player_status = excluded.player_status, observed_at = excluded.observed_at, job_id = excluded.job_id`,
        ]),
  ];
}

export function writeChanges(job: ClaimedJob, date: string, written: readonly LineupWrite[], now: number): SQL[] {
  const rows = written.flatMap(({ teamKey, changes }) =>
    changes.map((c) => [teamKey, c.playerId, c.playerName, c.kind, c.fromPosition, c.toPosition, c.previousJobId]),
  );
  if (rows.length === 0) return [];
  return [
    sql`insert into lineup_changes (environment, league_key, date, team_key, player_id, player_name, kind, from_position, to_position,
          previous_job_id, job_id, detected_at)
        select ${job.environment}, ${job.leagueKey}, ${date}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
          value ->> 6, ${job.id}, ${now}
        from json_each(${JSON.stringify(rows)})`,
  ];
}
