import { IDLE_SLOTS } from "../slots.ts";

/** A game of ESPN: its sport, and what its numbers mean (from the table of cwendt94/espn-api and recorded answers). */
export type Game = {
  sport: string;
  /** ESPN names a winter season after the year in which it ends. The ledger names a season after the year in which it starts. */
  startsYearBefore: boolean;
  slots: Readonly<Record<number, string>>;
  /** The names of players' own positions, by ESPN's number. ESPN numbers these positions differently from the slots. */
  positions: Readonly<Record<number, string>>;
  /** Returns the ledger's position type for a player's own position. */
  typeOf(position: string | undefined): string;
};

export const GAMES: Readonly<Record<string, Game>> = {
  flb: {
    sport: "mlb",
    startsYearBefore: false,
    slots: {
      0: "C",
      1: "1B",
      2: "2B",
      3: "3B",
      4: "SS",
      5: "OF",
      6: "MI",
      7: "CI",
      8: "LF",
      9: "CF",
      10: "RF",
      11: "DH",
      12: "UTIL",
      13: "P",
      14: "SP",
      15: "RP",
      16: "BE",
      17: "IL",
      19: "IF",
      22: "NA",
    },
    positions: {
      1: "SP",
      2: "C",
      3: "1B",
      4: "2B",
      5: "3B",
      6: "SS",
      7: "LF",
      8: "CF",
      9: "RF",
      10: "DH",
      11: "RP",
    },
    typeOf: (position) => (position === "SP" || position === "RP" ? "P" : "B"),
  },
  fba: {
    sport: "nba",
    startsYearBefore: true,
    slots: {
      0: "PG",
      1: "SG",
      2: "SF",
      3: "PF",
      4: "C",
      5: "G",
      6: "F",
      7: "SG/SF",
      8: "G/F",
      9: "PF/C",
      10: "F/C",
      11: "UTIL",
      12: "BE",
      13: "IR",
    },
    positions: { 1: "PG", 2: "SG", 3: "SF", 4: "PF", 5: "C" },
    typeOf: () => "P",
  },
  fhl: {
    sport: "nhl",
    startsYearBefore: true,
    slots: { 0: "C", 1: "LW", 2: "RW", 3: "F", 4: "D", 5: "G", 6: "UTIL", 7: "BE", 8: "IR" },
    positions: { 1: "C", 2: "LW", 3: "RW", 4: "D", 5: "G" },
    typeOf: (position) => (position === "G" ? "G" : "P"),
  },
};

/** Returns the slot's name. For an unknown slot such as number 18, returns `SLOT_18`. */
export const slotName = (game: Game, id: number): string => game.slots[id] ?? `SLOT_${id}`;

/** Returns the positions that a player may play. The player's own position comes first; bench and inactive slots are left out. */
export function eligiblePositions(game: Game, slots: readonly number[], own: string | undefined): string[] {
  const names = [...slots].sort((a, b) => a - b).map((id) => slotName(game, id));
  const known = names.filter((name) => !IDLE_SLOTS.includes(name));
  return [...new Set(own !== undefined && known.includes(own) ? [own, ...known] : known)];
}
