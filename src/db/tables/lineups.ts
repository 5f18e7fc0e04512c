import { sql } from "drizzle-orm";
import { check, foreignKey, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isDate, isFlag, isJson, oneOf } from "./columns.ts";
import { jobLog } from "./jobs.ts";
import { teams } from "./leagues.ts";
import { CHANGE_KINDS, ENVIRONMENTS, STORED_COVERAGE } from "./values.ts";

/** Which date of which league. */
const leagueDate = {
  environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
  leagueKey: text("league_key").notNull(),
  date: text("date").notNull(),
};

/** Which lineup. */
const lineupKey = { ...leagueDate, teamKey: text("team_key").notNull() };

/** A lineup (in SQL a team's day): written as a whole, with the hash of its content. */
export const teamDays = sqliteTable(
  "team_days",
  {
    ...lineupKey,
    /** The job that wrote the lineup as it stands. */
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
    /** Of who was in which slot. */
    lineupHash: text("lineup_hash").notNull(),
    /** Of status, club and eligibility. */
    observedHash: text("observed_hash").notNull(),
    players: integer("players").notNull(),
    /** When the source was asked for the lineup as it stands, or last confirmed it before it was final. */
    collectedAt: integer("collected_at").notNull(),
    final: integer("final").notNull(),
    /** Grows by one with each write; a writer that saw an older one is refused. */
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

/** One row per environment, date, team and player; never per slot, since a player moves between slots. */
export const dailyLineups = sqliteTable(
  "daily_lineups",
  {
    ...lineupKey,
    /** Which ten dates of a month the date is one of: its first nine characters. */
    tenDates: text("ten_dates").generatedAlwaysAs(sql`substr("date", 1, 9)`, { mode: "virtual" }),
    playerId: text("player_id").notNull(),
    playerName: text("player_name").notNull(),
    /** The slot the player was in: the one thing here that sources keep history of. */
    selectedPosition: text("selected_position").notNull(),
    positionType: text("position_type"),
    eligiblePositions: text("eligible_positions").notNull(),
    playerTeam: text("player_team"),
    playerStatus: text("player_status").notNull(),
    /** When status, club and eligibility were seen. */
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
    // A player's days, ten dates together: by player alone each record of a date would lie on another page, which costs as much as all
    // else of writing it. The environment is left out, as a league is hardly ever in both.
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

/** How well the ledger knows each date of a league: one small row a date, so that a season is read without its records. */
export const leagueDates = sqliteTable(
  "league_dates",
  {
    ...leagueDate,
    state: text("state", { enum: STORED_COVERAGE }).notNull(),
    /** Collected after the date was over; a complete date that is not final is PROVISIONAL. */
    final: integer("final").notNull(),
    reason: text("reason"),
    /** Who waived the date; null where it was not waived. */
    by: text("by"),
    /** What was odd about the source's answers: a JSON list of `Doubt` (`lineups/weigh.ts`), open and confirmed ones. */
    doubts: text("doubts").notNull().default("[]"),
    /** From when on any update of the league looks at the date again, in milliseconds since 1970; null when nothing is open. */
    dueAt: integer("due_at"),
    /** How many lineups the date had when it was last written; null where that was before they were counted. */
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
