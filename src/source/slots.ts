/** What a slot means for its player: he starts, sits on the bench, or is inactive. */
export type SlotUse = "STARTED" | "BENCHED" | "INACTIVE";

/**
 * Slots of Yahoo (docs/yahoo.md, Positions) and ESPN in which a player does not start. In a slot that is not listed here, a player starts.
 */
const BENCH = ["BN", "BE"];
const INACTIVE = ["IL", "IL+", "IR", "IR+", "DL", "NA"];
export const IDLE_SLOTS: readonly string[] = [...BENCH, ...INACTIVE];

export function slotUse(position: string): SlotUse {
  if (BENCH.includes(position)) return "BENCHED";
  return INACTIVE.includes(position) ? "INACTIVE" : "STARTED";
}

/** The status of a player for whom the source reports none. */
export const HEALTHY = "healthy";
