import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { Environment } from "./job.ts";

/** One player of a team's day, in the ledger's words. */
export type LineupEntry = {
  playerId: string;
  playerName: string;
  /** The slot: C, SS, Util, BN, IL … as the source calls it. */
  selectedPosition: string;
  /** B batter, P pitcher, or what the source calls it. */
  positionType: string | null;
  eligiblePositions: readonly string[];
  playerTeam: string | null;
  /** `healthy`, or the source's code: DTD, IL10 … */
  playerStatus: string;
};

/** One team's line-up of one date. */
export type TeamLineup = { teamKey: string; teamName: string; entries: readonly LineupEntry[] };

/** A record as it is stored: who wrote it, and when its status, club and eligibility were seen. */
export type StoredEntry = LineupEntry & { observedAt: number; jobId: string };

/** A team's day as it is stored. */
export type StoredTeamDay = {
  teamKey: string;
  jobId: string;
  lineupHash: string;
  observedHash: string;
  final: boolean;
  version: number;
};

type Place = { environment: Environment; leagueKey: string; date: string };

/** What the ledger holds of a league's date, by team. */
export async function storedTeamDays(
  db: Db,
  { environment, leagueKey, date }: Place,
): Promise<Map<string, StoredTeamDay>> {
  const rows = await db.orm.all<Omit<StoredTeamDay, "final"> & { final: number }>(
    sql`select team_key as "teamKey", job_id as "jobId", lineup_hash as "lineupHash", observed_hash as "observedHash", final, version
        from team_days where environment = ${environment} and league_key = ${leagueKey} and date = ${date}`,
  );
  return new Map(rows.map((row) => [row.teamKey, { ...row, final: row.final === 1 }]));
}

/** The records of some teams of a league's date, by team. */
export async function storedEntries(
  db: Db,
  { environment, leagueKey, date }: Place,
  teamKeys: readonly string[],
): Promise<Map<string, StoredEntry[]>> {
  const rows = await db.orm.all<
    Omit<StoredEntry, "eligiblePositions"> & { teamKey: string; eligiblePositions: string }
  >(
    sql`select team_key as "teamKey", player_id as "playerId", player_name as "playerName", selected_position as "selectedPosition",
          position_type as "positionType", eligible_positions as "eligiblePositions", player_team as "playerTeam",
          player_status as "playerStatus", observed_at as "observedAt", job_id as "jobId"
        from daily_lineups where environment = ${environment} and league_key = ${leagueKey} and date = ${date}
          and team_key in (select value from json_each(${JSON.stringify(teamKeys)}))`,
  );
  const byTeam = new Map<string, StoredEntry[]>(teamKeys.map((key) => [key, []]));
  for (const { teamKey, eligiblePositions, ...row } of rows) {
    byTeam.get(teamKey)?.push({ ...row, eligiblePositions: JSON.parse(eligiblePositions) as string[] });
  }
  return byTeam;
}
