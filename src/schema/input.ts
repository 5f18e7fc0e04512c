import * as v from "valibot";
import { rangeFault } from "../calendar.ts";
import { LedgerError } from "../errors.ts";
import type { Question } from "../leagues/league.ts";
import { keyOfAddress, LEAGUE_KEY_FORMS, parseLeagueKey } from "../source/leagueKey.ts";
import type { Context } from "./builder.ts";

/** A league key that names a source. */
export const leagueKey = v.pipe(
  v.string(),
  v.transform(keyOfAddress),
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

/** The longest range that one request may ask for: more than any season. */
export const MAX_DAYS = 366;

/** Throws BAD_USER_INPUT unless `end` is on or after `start`. @param maxDays The longest range allowed, both ends included. */
export function checkRange(range: { start: string; end: string }, maxDays?: number): void {
  const fault = rangeFault(range, maxDays);
  if (fault !== null) throw new LedgerError("BAD_USER_INPUT", fault);
}

const KEY_LENGTH = ({ input }: { input: string }) => `expected 1 to 200 characters, got ${input.length}`;

/** A key that starts the same job once; null starts another one each time. */
export const idempotencyKey = v.nullish(
  v.pipe(v.string(), v.trim(), v.minLength(1, KEY_LENGTH), v.maxLength(200, KEY_LENGTH)),
);
