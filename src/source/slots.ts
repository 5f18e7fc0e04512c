/** What a slot means for the team: whoever is in it plays, sits, or cannot play. */
export type SlotUse = "STARTED" | "BENCHED" | "INACTIVE";

/** Slots that do nothing for the team, of Yahoo and ESPN (yahoo.md, sections 6 and 9); every other one starts. */
const BENCH = ["BN", "BE"];
const INACTIVE = ["IL", "IL+", "IR", "IR+", "DL", "NA"];
export const IDLE_SLOTS: readonly string[] = [...BENCH, ...INACTIVE];

export function slotUse(position: string): SlotUse {
  if (BENCH.includes(position)) return "BENCHED";
  return INACTIVE.includes(position) ? "INACTIVE" : "STARTED";
}

/** The status of a player of whom the source says nothing else. */
export const HEALTHY = "healthy";
