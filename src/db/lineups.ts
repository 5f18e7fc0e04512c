import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, type LeagueDate, type LeagueDates, ofLeague } from "./conditions.ts";
import { type Doubt, parseDoubts } from "./doubts.ts";
import type { STORED_COVERAGE } from "./tables/values.ts";

/** One player's place in a lineup, in the form that all sources share. */
export type LineupSlot = {
  playerId: string;
  playerName: string;
  /** The source's name for the slot, such as C, SS, Util, BN or IL. */
  selectedPosition: string;
  /** B for batter, P for pitcher, or the source's own word. */
  positionType: string | null;
  eligiblePositions: readonly string[];
  playerTeam: string | null;
  /** `healthy`, or the source's code, such as DTD or IL10. */
  playerStatus: string;
};

/** One team's lineup of one date. */
export type TeamLineup = { teamKey: string; teamName: string; slots: readonly LineupSlot[] };

/** A stored slot, with the job that wrote it. `observedAt` is when the player's status, club and eligibility were observed. */
export type StoredSlot = LineupSlot & { observedAt: number; jobId: string };

/** Returns the strings of a list stored as JSON. Returns an empty list if damage has left something other than a list. */
export function listOf(text: string): string[] {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.filter((each) => typeof each === "string") : [];
}

/** A stored lineup without its slots, for comparison. */
export type StoredLineup = {
  teamKey: string;
  jobId: string;
  lineupHash: string;
  observedHash: string;
  players: number;
  final: boolean;
  version: number;
};

/** Everything stored about one date of a league. */
export type StoredDay = {
  /** Undefined for a date that was never tried. */
  state: (typeof STORED_COVERAGE)[number] | undefined;
  doubts: readonly Doubt[];
  /** When the state was last written, in milliseconds since 1970; 0 for a date that was never tried. */
  updatedAt: number;
  /** A map from team key to the team's lineup and slots. */
  lineups: ReadonlyMap<string, { day: StoredLineup; slots: readonly StoredSlot[] }>;
};

/** Reads everything stored about one date of a league. */
export async function storedDay(db: Db, place: LeagueDate): Promise<StoredDay> {
  type Day = { state: StoredDay["state"] | null; doubts: string | null; updatedAt: number | null };
  type Row = Day & Omit<StoredLineup, "final" | "teamKey"> & { teamKey: string | null; final: number };
  const rows = await db.orm.all<Row>(
    sql`select known.state, known.doubts, known.updated_at as "updatedAt", day.team_key as "teamKey", day.job_id as "jobId",
          day.lineup_hash as "lineupHash", day.observed_hash as "observedHash", day.players, day.final, day.version
        from (select 1) left join league_dates as known on ${ofLeague(place, "known")} and known.date = ${place.date}
          left join team_days as day on ${ofLeague(place, "day")} and day.date = ${place.date}`,
  );
  const [first] = rows;
  const days = rows.flatMap(({ state: _, doubts: __, updatedAt: ___, teamKey, final, ...day }) =>
    teamKey === null ? [] : [{ ...day, teamKey, final: final === 1 }],
  );
  const { date } = place;
  const held = days.length === 0 ? [] : await slotsByTeam(db, { ...place, start: date, end: date });
  const slots = new Map(held.map((each) => [each.teamKey, each.slots]));
  return {
    state: first?.state ?? undefined,
    doubts: parseDoubts(first?.doubts ?? "[]"),
    updatedAt: first?.updatedAt ?? 0,
    lineups: new Map(days.map((day) => [day.teamKey, { day, slots: slots.get(day.teamKey) ?? [] }])),
  };
}

/** Returns one list of slots per date and team in a range. Also returns slots that belong to no stored lineup. */
export async function slotsByTeam(
  db: Db,
  range: LeagueDates,
): Promise<{ date: string; teamKey: string; slots: StoredSlot[] }[]> {
  const rows = await db.orm.all<{ date: string; teamKey: string; slots: string }>(
    sql`select date, team_key as "teamKey", ${SLOTS} as slots from daily_lineups where ${inDates(range)} group by date, team_key`,
  );
  return rows.map(({ slots, ...lineup }) => ({ ...lineup, slots: parseSlots(slots) }));
}

/** The text columns of a slot in {@link SLOTS}. */
const SLOT_TEXTS = sql.join(
  [
    "player_id",
    "player_name",
    "selected_position",
    "position_type",
    "eligible_positions",
    "player_team",
    "player_status",
  ].map(asText),
  sql`, `,
);

/** Aggregates a lineup's slots into one JSON text in a grouped query, because reading a row for each slot costs more. */
export const SLOTS = sql`json_group_array(json_array(${SLOT_TEXTS}, observed_at + 0, ${asText("job_id")}))`;

/** The values of a slot in the order of {@link SLOTS}. */
type SlotValues = [string, string, string, string | null, string, string | null, string, number, string];

/** Parses the text that {@link SLOTS} produces. */
export const parseSlots = (text: string): StoredSlot[] =>
  (JSON.parse(text) as SlotValues[]).map(
    ([
      playerId,
      playerName,
      selectedPosition,
      positionType,
      eligible,
      playerTeam,
      playerStatus,
      observedAt,
      jobId,
    ]) => ({
      playerId,
      playerName,
      selectedPosition,
      positionType,
      eligiblePositions: listOf(eligible),
      playerTeam,
      playerStatus,
      observedAt,
      jobId,
    }),
  );
