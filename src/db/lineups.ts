import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inDates, inList, type LeagueDate, type LeagueDates, onDate } from "./conditions.ts";
import type { Environment } from "./tables/values.ts";

/** One player's place in a lineup, in the ledger's words. */
export type LineupSlot = {
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

/** One team's lineup of one date. */
export type TeamLineup = { teamKey: string; teamName: string; slots: readonly LineupSlot[] };

/** A slot as it is stored: which job wrote it, and when its status, club and eligibility were seen. */
export type StoredSlot = LineupSlot & { observedAt: number; jobId: string };

/** What {@link parseSlot} reads. */
const SLOT_COLUMNS = sql`player_id as "playerId", player_name as "playerName", selected_position as "selectedPosition",
  position_type as "positionType", eligible_positions as "eligiblePositions", player_team as "playerTeam",
  player_status as "playerStatus", observed_at as "observedAt", job_id as "jobId"`;
type SlotRow = Omit<StoredSlot, "eligiblePositions"> & { eligiblePositions: string };

const parseSlot = ({ eligiblePositions, ...row }: SlotRow): StoredSlot => ({
  ...row,
  eligiblePositions: JSON.parse(eligiblePositions) as string[],
});

/** A lineup as it is stored, for comparison. */
export type StoredLineup = {
  teamKey: string;
  jobId: string;
  lineupHash: string;
  observedHash: string;
  final: boolean;
  version: number;
};

/** The lineups that the ledger holds of a league's date, by team. */
export async function storedLineups(db: Db, place: LeagueDate): Promise<Map<string, StoredLineup>> {
  const rows = await db.orm.all<Omit<StoredLineup, "final"> & { final: number }>(
    sql`select team_key as "teamKey", job_id as "jobId", lineup_hash as "lineupHash", observed_hash as "observedHash", final, version
        from team_days where ${onDate(place)}`,
  );
  return new Map(rows.map((row) => [row.teamKey, { ...row, final: row.final === 1 }]));
}

/** The slots of some teams of a league's date, by team. */
export async function storedSlots(
  db: Db,
  place: LeagueDate,
  teamKeys: readonly string[],
): Promise<Map<string, StoredSlot[]>> {
  const rows = await db.orm.all<SlotRow & { teamKey: string }>(
    sql`select team_key as "teamKey", ${SLOT_COLUMNS}
        from daily_lineups where ${onDate(place)}
          and team_key ${inList(teamKeys)}`,
  );
  const byTeam = new Map<string, StoredSlot[]>(teamKeys.map((key) => [key, []]));
  for (const { teamKey, ...row } of rows) byTeam.get(teamKey)?.push(parseSlot(row));
  return byTeam;
}

/** A lineup in a list, without its slots. */
export type Lineup = {
  environment: Environment;
  leagueKey: string;
  date: string;
  teamKey: string;
  jobId: string;
  collectedAt: number;
  final: boolean;
};

export type LineupFilter = LeagueDates & { teamKey?: string | undefined };

/** A place in a list of lineups, by date and team; it stays right while lineups are added. */
export type LineupPosition = { date: string; teamKey: string };

const columns = sql`environment, league_key as "leagueKey", date, team_key as "teamKey", job_id as "jobId", collected_at as "collectedAt", final`;
type Row = Omit<Lineup, "final"> & { final: number };
const parse = (row: Row): Lineup => ({ ...row, final: row.final === 1 });

const matches = ({ teamKey, ...range }: LineupFilter): SQL =>
  sql`${inDates(range)}
      ${teamKey === undefined ? sql`` : sql`and team_key = ${teamKey}`}`;

/** Lineups after a place in the list, in the order of their dates. */
export async function listLineups(
  db: Db,
  filter: LineupFilter,
  { after, limit }: { after?: LineupPosition | undefined; limit: number },
): Promise<Lineup[]> {
  const rows = await db.orm.all<Row>(
    sql`select ${columns} from team_days where ${matches(filter)} ${after ? sql`and (date, team_key) > (${after.date}, ${after.teamKey})` : sql``}
        order by date, team_key limit ${limit}`,
  );
  return rows.map(parse);
}

export async function countLineups(db: Db, filter: LineupFilter): Promise<number> {
  const [row] = await db.orm.all<{ n: number }>(sql`select count(*) as n from team_days where ${matches(filter)}`);
  return row?.n ?? 0;
}

export async function lineupsBefore(db: Db, filter: LineupFilter, first: LineupPosition): Promise<boolean> {
  const rows = await db.orm.all(
    sql`select 1 from team_days where ${matches(filter)} and (date, team_key) < (${first.date}, ${first.teamKey}) limit 1`,
  );
  return rows.length > 0;
}

/** One lineup, by its team's key and its date. */
export async function findLineup(
  db: Db,
  { environment, teamKey, date }: { environment: Environment; teamKey: string; date: string },
): Promise<Lineup | undefined> {
  const [row] = await db.orm.all<Row>(
    sql`select ${columns} from team_days where environment = ${environment} and date = ${date} and team_key = ${teamKey}
          and league_key = (select league_key from teams where key = ${teamKey})`,
  );
  return row && parse(row);
}

/** The slots of some lineups, in the order of the lineups. */
export async function slotsOf(db: Db, lineups: readonly Lineup[]): Promise<StoredSlot[][]> {
  const keys = JSON.stringify(
    lineups.map(({ environment, leagueKey, date, teamKey }) => [environment, leagueKey, date, teamKey]),
  );
  const rows = await db.orm.all<SlotRow & { place: number }>(
    sql`select wanted.key as place, ${SLOT_COLUMNS}
        from json_each(${keys}) as wanted cross join daily_lineups
          on environment = wanted.value ->> 0 and league_key = wanted.value ->> 1 and date = wanted.value ->> 2 and team_key = wanted.value ->> 3
        order by place, player_id`,
  );
  const lists: StoredSlot[][] = lineups.map(() => []);
  for (const { place, ...row } of rows) lists[place]?.push(parseSlot(row));
  return lists;
}
