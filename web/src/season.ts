import type { SeasonQuery } from "./generated/documents.ts";

export type League = NonNullable<SeasonQuery["league"]>;
export type Cell = League["coverage"]["cells"][number];
/** Dates, both inclusive. */
export type Range = { start: string; end: string };

/** The meaning of each state, for the legend. */
export const MEANINGS: Readonly<Record<Cell["state"], string>> = {
  COMPLETE: "complete and final",
  PROVISIONAL: "collected before it was final, or in doubt",
  PARTIAL: "some teams are missing",
  MISSING: "never collected",
  FAILED: "the last attempt failed",
  EMPTY: "the source has no lineups",
  WAIVED: "marked as not needed",
  NOT_YET: "in the future",
};
/** The states of a date that is due and not fully collected. */
export const MISSING: ReadonlySet<Cell["state"]> = new Set(["MISSING", "PARTIAL", "FAILED"]);
