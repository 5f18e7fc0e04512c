import * as v from "valibot";
import { rangeFault } from "../calendar.ts";
import { mayActAs } from "../config/roles.ts";
import { LedgerError } from "../errors.ts";
import type { Question } from "../leagues/league.ts";
import { keyOfAddress, LEAGUE_KEY_FORMS, parseLeagueKey } from "../source/leagueKey.ts";
import { type Context, forbidden } from "./builder.ts";
import { LIMITS } from "./limits.ts";

/** A league key that names a source. */
export const leagueKey = v.pipe(
  v.string(),
  v.transform(keyOfAddress),
  v.check(
    (text) => parseLeagueKey(text) !== null,
    ({ input }) => `${JSON.stringify(input.slice(0, 80))} is not a league key; allowed: ${LEAGUE_KEY_FORMS}`,
  ),
);

/** A number from a range, both ends included, or an error that says which; that it is whole GraphQL has seen to. */
export function wholeNumber(min: number, max: number) {
  const message = ({ input }: { input: number }) => `expected a whole number from ${min} to ${max}, got ${input}`;
  return v.pipe(v.number(), v.minValue(min, message), v.maxValue(max, message));
}

export const lookbackDays = wholeNumber(1, 30);

const IDS = ({ input }: { input: readonly unknown[] }) => `expected 1 to ${LIMITS.ids} ids, got ${input.length}`;
export const idList = v.pipe(v.array(v.string()), v.minLength(1, IDS), v.maxLength(LIMITS.ids, IDS));

/** How far a query may go: that of a viewer to what is stored, that of an operator to the source; neither keeps anything. */
export const question = ({ caller, signal }: Context): Required<Question> => ({
  reach: mayActAs(caller, "operator") ? "asked" : "stored",
  signal,
});

/** Throws FORBIDDEN for viewers: for what depends on an argument; fields that nobody else may ask for say so by their `authScopes`. */
export function refuseViewers({ caller }: Context): void {
  if (!mayActAs(caller, "operator")) throw forbidden(caller, "operator");
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
