import { sql } from "drizzle-orm";
import { check, foreignKey, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isDate, isFlag, isJson, oneOf } from "./columns.ts";
import { jobLog } from "./jobs.ts";
import { teams } from "./leagues.ts";
import { CHANGE_KINDS, ENVIRONMENTS, STORED_COVERAGE } from "./values.ts";

/** The columns that identify a date of a league. */
const leagueDate = {
  environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
  leagueKey: text("league_key").notNull(),
  date: text("date").notNull(),
};

/** The columns that identify a lineup. */
const lineupKey = { ...leagueDate, teamKey: text("team_key").notNull() };

/** One row per lineup, so one per team and date. A row has hashes of the lineup's slots; the slots themselves are in `daily_lineups`. */
export const teamDays = sqliteTable(
  "team_days",
  {
    ...lineupKey,
    /** The job that wrote the current lineup. */
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
    /** Hash of who was in which slot; empty when a verification found the lineup damaged. */
    lineupHash: text("lineup_hash").notNull(),
    /** Hash of names, status, club and eligibility; empty when a verification found them damaged. */
    observedHash: text("observed_hash").notNull(),
    players: integer("players").notNull(),
    /** Time of the request that returned the lineup or, later, confirmed the lineup as final. */
    collectedAt: integer("collected_at").notNull(),
    final: integer("final").notNull(),
    /** Version for optimistic locking, incremented by every write. A write based on an older version is refused. */
    version: integer("version").notNull().default(1),
  },
  (t) => [
    primaryKey({ columns: [t.environment, t.leagueKey, t.date, t.teamKey] }),
    foreignKey({ columns: [t.leagueKey, t.teamKey], foreignColumns: [teams.leagueKey, teams.key] }),
    check("team_days_environment", oneOf(t.environment, ENVIRONMENTS)),
    check("team_days_date", isDate(t.date)),
    check("team_days_final", isFlag(t.final)),
    check("team_days_players", sql`${t.players} >= 0`),
  ],
);

/** One row per environment, league, date, team and player. The slot is not in the key, since a player moves between slots. */
export const dailyLineups = sqliteTable(
  "daily_lineups",
  {
    ...lineupKey,
    /** The date's first nine characters: for example, `2025-08-1` for 10 to 19 August 2025. */
    tenDates: text("ten_dates").generatedAlwaysAs(sql`substr("date", 1, 9)`, { mode: "virtual" }),
    playerId: text("player_id").notNull(),
    playerName: text("player_name").notNull(),
    /** The slot the player was in. Slots are the only data of which sources keep a history. */
    selectedPosition: text("selected_position").notNull(),
    positionType: text("position_type"),
    eligiblePositions: text("eligible_positions").notNull(),
    playerTeam: text("player_team"),
    playerStatus: text("player_status").notNull(),
    /** When status, club and eligibility were observed, in milliseconds since 1970. */
    observedAt: integer("observed_at").notNull(),
    /** The job that wrote this record. */
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
  },
  (t) => [
    primaryKey({ columns: [t.environment, t.leagueKey, t.date, t.teamKey, t.playerId] }),
    foreignKey({
      columns: [t.environment, t.leagueKey, t.date, t.teamKey],
      foreignColumns: [teamDays.environment, teamDays.leagueKey, teamDays.date, teamDays.teamKey],
    }),
    check("daily_lineups_named", sql`${t.playerId} <> '' and ${t.selectedPosition} <> ''`),
    check("daily_lineups_eligible", isJson(t.eligiblePositions)),
    // Finds a player's days, ten dates at a time. In an index by player alone, each record of a date would lie on a
    // different page, and writing these pages would cost as much as the rest of the write. The environment is left out, because few leagues
    // are in both environments.
    index("daily_lineups_by_player").on(t.leagueKey, t.tenDates, t.playerId),
  ],
);

/** Every difference between a lineup and the one it replaced. */
export const lineupChanges = sqliteTable(
  "lineup_changes",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    ...lineupKey,
    playerId: text("player_id").notNull(),
    playerName: text("player_name").notNull(),
    kind: text("kind", { enum: CHANGE_KINDS }).notNull(),
    fromPosition: text("from_position"),
    toPosition: text("to_position"),
    previousJobId: text("previous_job_id")
      .notNull()
      .references(() => jobLog.id),
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
    detectedAt: integer("detected_at").notNull(),
  },
  (t) => [
    check("lineup_changes_kind", oneOf(t.kind, CHANGE_KINDS)),
    check(
      "lineup_changes_positions",
      sql`(${t.fromPosition} is null) = (${t.kind} = 'ADDED') and (${t.toPosition} is null) = (${t.kind} = 'REMOVED')`,
    ),
    index("lineup_changes_newest").on(t.environment, t.leagueKey, t.id),
  ],
);

/** The coverage of each date of a league: one small row per date, so a season's coverage is read quickly. */
export const leagueDates = sqliteTable(
  "league_dates",
  {
    ...leagueDate,
    state: text("state", { enum: STORED_COVERAGE }).notNull(),
    /**
     * 1 when the date was collected after its deadline. A date that is stored as COMPLETE, but with 0 in this column, is shown as
     * PROVISIONAL.
     */
    final: integer("final").notNull(),
    reason: text("reason"),
    /** Who waived the date; null where it was not waived. */
    by: text("by"),
    /** JSON list of open and confirmed `Doubt`s (`lineups/weigh.ts`): what was odd about the source's answers. */
    doubts: text("doubts").notNull().default("[]"),
    /** From this time on (milliseconds since 1970), updates of the league collect the date again; null when no doubt is open. */
    dueAt: integer("due_at"),
    /** Number of lineups when the date was last written; null if the date was written before the ledger counted lineups. */
    lineups: integer("lineups"),
    jobId: text("job_id").references(() => jobLog.id),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.environment, t.leagueKey, t.date] }),
    check("league_dates_environment", oneOf(t.environment, ENVIRONMENTS)),
    check("league_dates_date", isDate(t.date)),
    check("league_dates_state", oneOf(t.state, STORED_COVERAGE)),
    check("league_dates_final", isFlag(t.final)),
    check("league_dates_reason", sql`${t.state} not in ('FAILED', 'WAIVED', 'PARTIAL') or ${t.reason} is not null`),
    index("league_dates_due").on(t.environment, t.leagueKey, t.dueAt).where(sql`${t.dueAt} is not null`),
  ],
);
