import { type Ledger, openLedger } from "./ledger.ts";
import type { Season } from "./season.ts";

export const KEY = "458.l.100";

export const START = "2025-04-01";
export const END = "2025-04-10";
export const RANGE = `start: "${START}", end: "${END}"`;

export async function collected(): Promise<Ledger> {
  const ledger = await openLedger();
  await ledger.start(START, END);
  await ledger.work();
  return ledger;
}

/** Returns the slot of each player of a team, by player id. */
export const placesOf = (season: Season, date: string, teamKey: string): Map<string, string> =>
  new Map(
    season
      .lineups(date)
      .find((team) => team.teamKey === teamKey)
      ?.slots.map((slot) => [slot.playerId, slot.selectedPosition]),
  );
