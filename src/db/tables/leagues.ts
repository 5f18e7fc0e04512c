import { sql } from "drizzle-orm";
import { check, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { isDate, isJson, oneOf } from "./columns.ts";
import { SOURCE_KINDS } from "./values.ts";

/** Leagues of all sources, each as its source last described it. */
export const leagues = sqliteTable(
  "leagues",
  {
    key: text("key").primaryKey(),
    source: text("source", { enum: SOURCE_KINDS }).notNull(),
    sport: text("sport").notNull(),
    /** The year in which the season starts, never the source's own number for the season. */
    season: integer("season").notNull(),
    name: text("name").notNull(),
    startDate: text("start_date").notNull(),
    endDate: text("end_date").notNull(),
    /** The slots of a roster, as a JSON list of `{ position, count, starting }`. */
    positions: text("positions").notNull(),
    /** The key of the league's previous season; null when the source names none. */
    previousKey: text("previous_key"),
    /** When somebody took the league off the list, in milliseconds since 1970; null while it is listed. The league's data is kept. */
    removedAt: integer("removed_at"),
    fetchedAt: integer("fetched_at").notNull(),
  },
  (t) => [
    check("leagues_source", oneOf(t.source, SOURCE_KINDS)),
    check("leagues_dates", sql`${isDate(t.startDate)} and ${isDate(t.endDate)} and ${t.startDate} <= ${t.endDate}`),
    check("leagues_season", sql`${t.season} between 1990 and 2100`),
    check("leagues_positions", isJson(t.positions)),
  ],
);

/** Other names of leagues. For example, `mlb.l.6966` stands for `458.l.6966` in the 2025 season and for another key in the next season. */
export const leagueAliases = sqliteTable("league_aliases", {
  alias: text("alias").primaryKey(),
  leagueKey: text("league_key")
    .notNull()
    .references(() => leagues.key),
  resolvedAt: integer("resolved_at").notNull(),
});

export const teams = sqliteTable(
  "teams",
  {
    key: text("key").primaryKey(),
    leagueKey: text("league_key")
      .notNull()
      .references(() => leagues.key),
    name: text("name").notNull(),
    /** When the league's record first omitted the team, in milliseconds since 1970; null while the team is listed. */
    leftAt: integer("left_at"),
  },
  (t) => [uniqueIndex("teams_by_league").on(t.leagueKey, t.key)],
);
