import * as v from "valibot";
import { daysBetween } from "../calendar.ts";
import { LedgerError } from "../errors.ts";
import type { Question } from "../leagues/league.ts";
import { LEAGUE_KEY_FORMS, parseLeagueKey } from "../source/leagueKey.ts";
import type { Context } from "./builder.ts";

/** A league key that names a source. */
export const leagueKey = v.pipe(
  v.string(),
  v.check(
    (text) => parseLeagueKey(text) !== null,
    ({ input }) => `${JSON.stringify(input.slice(0, 80))} is not a league key; allowed: ${LEAGUE_KEY_FORMS}`,
  ),
);

const LOOKBACK = ({ input }: { input: number }) => `expected a whole number from 1 to 30, got ${input}`;
export const lookbackDays = v.pipe(v.number(), v.minValue(1, LOOKBACK), v.maxValue(30, LOOKBACK));

/** How far a query may go: that of a viewer to what is stored, that of an operator to the source; neither keeps anything. */
export const question = ({ caller, signal }: Context): Required<Question> => ({
  reach: caller.role === "operator" ? "asked" : "stored",
  signal,
});

/** Throws FORBIDDEN for viewers. */
export function operator({ caller }: Context): string {
  if (caller.role === "operator") return caller.name;
  throw new LedgerError("FORBIDDEN", `${caller.name} may only read: this takes a token of role operator`);
}

export const MOST_DAYS = 366;
/** Throws BAD_USER_INPUT unless the range is one, and no longer than a season. */
export function checkRange({ start, end }: { start: string; end: string }): void {
  const days = daysBetween(start, end);
  if (days < 1)
    throw new LedgerError("BAD_USER_INPUT", `end ${end} comes before start ${start}; expected end on or after start`);
  if (days > MOST_DAYS)
    throw new LedgerError("BAD_USER_INPUT", `${start} to ${end} is ${days} days; expected at most ${MOST_DAYS}`);
}
