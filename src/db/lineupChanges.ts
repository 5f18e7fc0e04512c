import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { type LeagueScope, ofLeague } from "./conditions.ts";
import type { LineupChange } from "./lineupWrites.ts";

/** A change as it was recorded. */
export type RecordedChange = LineupChange & {
  id: number;
  date: string;
  teamKey: string;
  jobId: string;
  detectedAt: number;
};

/** Changes of a league's lineups, newest first, before a place in the list. */
export async function listChanges(
  db: Db,
  { start, end, ...league }: LeagueScope & { start?: string | undefined; end?: string | undefined },
  { before, limit }: { before: number; limit: number },
): Promise<RecordedChange[]> {
  return db.orm.all<RecordedChange>(
    sql`select id, date, team_key as "teamKey", player_id as "playerId", player_name as "playerName", kind, from_position as "fromPosition",
          to_position as "toPosition", previous_job_id as "previousJobId", job_id as "jobId", detected_at as "detectedAt"
        from lineup_changes where ${ofLeague(league)} and id < ${before}
          ${start === undefined ? sql`` : sql`and date >= ${start}`} ${end === undefined ? sql`` : sql`and date <= ${end}`}
        order by id desc limit ${limit}`,
  );
}
