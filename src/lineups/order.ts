import { slotUse } from "../source/slots.ts";
import type { RosterSlot } from "../source/source.ts";

/** Slots that are not on the league's roster come last, in this order: starting slots, the bench, inactive slots. */
const BEHIND = { STARTED: 1_000, BENCHED: 1_001, INACTIVE: 1_002 };

/** Returns a comparator that sorts slots in the source's order, which is the order in which managers read a lineup. */
export function rosterOrder(positions: readonly RosterSlot[]): (a: string, b: string) => number {
  const places = new Map(positions.map(({ position }, i) => [position, i]));
  const place = (position: string) => places.get(position) ?? BEHIND[slotUse(position)];
  return (a, b) => place(a) - place(b) || (a < b ? -1 : a > b ? 1 : 0);
}
