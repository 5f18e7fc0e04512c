import { slotUse } from "../source/slots.ts";
import type { RosterSlot } from "../source/source.ts";

/** Behind all slots that the league's roster has, and before each other: those that play, the bench, the inactive. */
const BEHIND = { STARTED: 1_000, BENCHED: 1_001, INACTIVE: 1_002 };

/** Where each slot stands in a league's roster, as its source lists it: the order in which managers read a lineup. */
export function rosterOrder(positions: readonly RosterSlot[]): (a: string, b: string) => number {
  const places = new Map(positions.map(({ position }, i) => [position, i]));
  const place = (position: string) => places.get(position) ?? BEHIND[slotUse(position)];
  return (a, b) => place(a) - place(b) || (a < b ? -1 : a > b ? 1 : 0);
}
