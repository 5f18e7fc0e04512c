import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { type LeagueScope, ofLeague } from "./conditions.ts";
import type { LineupChange } from "./lineupWrites.ts";
import { clausesOf, inOrder, type Window } from "./window.ts";

/** A stored lineup change. */
export type RecordedChange = LineupChange & {
  id: number;
  date: string;
  teamKey: string;
  jobId: string;
  detectedAt: number;
};

/** Selects a league's lineup changes; each optional field narrows the selection. */
export type ChangeFilter = LeagueScope & {
  start?: string | undefined;
  end?: string | undefined;
  teamKey?: string | undefined;
};

/** Cursor position in a list of changes, newest first. */
export type ChangePosition = readonly [id: number];

const matches = ({ start, end, teamKey, ...league }: ChangeFilter): SQL =>
  sql`${ofLeague(league)} ${start === undefined ? sql`` : sql`and date >= ${start}`} ${end === undefined ? sql`` : sql`and date <= ${end}`}
      ${teamKey === undefined ? sql`` : sql`and team_key = ${teamKey}`}`;

/** Returns one window of a list of changes, newest first. */
export async function listChanges(
  db: Db,
  filter: ChangeFilter,
  window: Window<ChangePosition>,
): Promise<RecordedChange[]> {
  const { bounds, tail } = clausesOf(window, [sql`id`], "desc");
  const rows = await db.orm.all<RecordedChange>(
    sql`select id, date, team_key as "teamKey", player_id as "playerId", player_name as "playerName", kind, from_position as "fromPosition",
          to_position as "toPosition", previous_job_id as "previousJobId", job_id as "jobId", detected_at as "detectedAt"
        from lineup_changes where ${matches(filter)} ${bounds} ${tail}`,
  );
  return inOrder(rows, window);
}

export async function countChanges(db: Db, filter: ChangeFilter): Promise<number> {
  const [row] = await db.orm.all<{ n: number }>(sql`select count(*) as n from lineup_changes where ${matches(filter)}`);
  return row?.n ?? 0;
}
