import { daysBetween } from "../calendar.ts";

// What a field costs: the objects that it returns, plus a hundredth of the rows that are read for it. Scalars cost nothing. Sizes that
// are not known before the query runs are those of a large league and a long season.

/** Dates of a season, where no range says how many. */
export const SEASON_DAYS = 200;
/** Teams of a league, and players of a team. */
export const TEAMS = 20;
export const ROSTER = 30;
/** Slots of a league that have different names. */
export const POSITIONS = 15;
/** Leagues and schedules of a ledger. */
export const LEAGUES = 200;
export const SCHEDULES = 100;
/** Records of a league's date. */
const RECORDS_A_DAY = TEAMS * ROSTER;

export type Cost = { field: number; multiplier: number };

/** A list of so many objects. */
export const list = (entries: number): Cost => ({ field: Math.max(1, entries), multiplier: Math.max(1, entries) });

/** How long a page is where a client leaves it to the server: null, where the usual length was not meant. */
const USUAL_PAGE = 20;
type Length = { first?: number | null | undefined; last?: number | null | undefined };

/** How many entries a page has, at most. */
export const entriesOf = ({ first, last }: Length): number => last ?? first ?? USUAL_PAGE;

/** A page of a list. */
export const costOfPage = (args: Length): Cost => list(entriesOf(args));

/** One object for which so many rows are read. */
export const rows = (count: number): number => 1 + Math.ceil(count / 100);

type Range = { start?: string | null | undefined; end?: string | null | undefined };

/** Dates of a range, both ends included; a season's where an end is missing. */
export const daysOf = ({ start, end }: Range): number =>
  start && end ? Math.max(1, daysBetween(start, end)) : SEASON_DAYS;

/** Records of a league in a range. */
export const recordsOf = (range: Range): number => daysOf(range) * RECORDS_A_DAY;
