import { check, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isFlag, oneOf } from "./columns.ts";
import { ENVIRONMENTS } from "./values.ts";

/** Who was ever on a team of a league, under the name the source gave last. */
export const players = sqliteTable(
  "players",
  {
    environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
    leagueKey: text("league_key").notNull(),
    playerId: text("player_id").notNull(),
    name: text("name").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.environment, t.leagueKey, t.playerId] }),
    check("players_environment", oneOf(t.environment, ENVIRONMENTS)),
  ],
);

/**
 * Every player's name from each of its letters on, without accents and in lower case: whatever a name contains is the beginning of
 * one of these, and is found along the key.
 */
export const playerSuffixes = sqliteTable(
  "player_suffixes",
  {
    environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
    leagueKey: text("league_key").notNull(),
    suffix: text("suffix").notNull(),
    playerId: text("player_id").notNull(),
    /** A word begins here: such finds come first. */
    isWord: integer("is_word").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.environment, t.leagueKey, t.suffix, t.playerId] }),
    check("player_suffixes_word", isFlag(t.isWord)),
  ],
);
