import { check, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isFlag, oneOf } from "./columns.ts";
import { ENVIRONMENTS } from "./values.ts";

/** Every player who was ever on a team of a league, with the name that the source gave last. */
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
 * Every suffix of each player's name, without accents and in lower case. A search for `arc` looks for suffixes that
 * begin with `arc`, and so uses the primary key.
 */
export const playerSuffixes = sqliteTable(
  "player_suffixes",
  {
    environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
    leagueKey: text("league_key").notNull(),
    suffix: text("suffix").notNull(),
    playerId: text("player_id").notNull(),
    /** 1 when the suffix starts at the beginning of a word; a search lists these matches first. */
    isWord: integer("is_word").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.environment, t.leagueKey, t.suffix, t.playerId] }),
    check("player_suffixes_word", isFlag(t.isWord)),
  ],
);
