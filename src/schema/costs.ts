import { daysBetween } from "../calendar.ts";

// The cost of a field is the number of objects it returns plus a hundredth of the rows read for it. Scalars cost nothing. Where a size is
// unknown before the query runs, the size of a large league or a long season is assumed.

/** Number of dates in a season, assumed for a range that has no start or no end. */
export const SEASON_DAYS = 200;
/** Assumed number of teams in a league. */
export const TEAMS = 20;
/** Assumed number of players on a team. */
export const ROSTER = 30;
/** Assumed number of distinct slot names in a league. */
export const POSITIONS = 15;
/** Assumed number of leagues in a ledger. */
export const LEAGUES = 200;
/** Assumed number of schedules in a ledger. */
export const SCHEDULES = 100;
/** Assumed number of records of a league on one date. */
const RECORDS_A_DAY = TEAMS * ROSTER;

export type Cost = { field: number; multiplier: number };

/** Returns the cost of a list; `entries` is the number of objects in the list. */
export const list = (entries: number): Cost => ({ field: Math.max(1, entries), multiplier: Math.max(1, entries) });

/** Page size if a client passes null for both `first` and `last`. */
const USUAL_PAGE = 20;
type Length = { first?: number | null | undefined; last?: number | null | undefined };

/** Returns the largest number of entries a page can have. */
export const entriesOf = ({ first, last }: Length): number => last ?? first ?? USUAL_PAGE;

/** Returns the cost of a page of a list. */
export const costOfPage = (args: Length): Cost => list(entriesOf(args));

/** Returns the cost of one object for which `count` rows are read. */
export const rows = (count: number): number => 1 + Math.ceil(count / 100);

type Range = { start?: string | null | undefined; end?: string | null | undefined };

/** Returns the number of dates of a range, both ends included; {@link SEASON_DAYS} if an end is missing. */
export const daysOf = ({ start, end }: Range): number =>
  start && end ? Math.max(1, daysBetween(start, end)) : SEASON_DAYS;

/** Returns the number of records of a league in a range. */
export const recordsOf = (range: Range): number => daysOf(range) * RECORDS_A_DAY;
