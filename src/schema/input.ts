import * as v from "valibot";
import { rangeFault } from "../calendar.ts";
import { mayActAs } from "../config/roles.ts";
import { LedgerError } from "../errors.ts";
import type { Question } from "../leagues/league.ts";
import { keyOfAddress, LEAGUE_KEY_FORMS, parseLeagueKey } from "../source/leagueKey.ts";
import { type Context, forbidden } from "./builder.ts";
import { LIMITS } from "./limits.ts";

/** Validates a league key; the address of a league's page is converted to its key. */
export const leagueKey = v.pipe(
  v.string(),
  v.transform(keyOfAddress),
  v.check(
    (text) => parseLeagueKey(text) !== null,
    ({ input }) => `${JSON.stringify(input.slice(0, 80))} is not a league key; allowed: ${LEAGUE_KEY_FORMS}`,
  ),
);

/** Validates a number from `min` to `max`, both included. GraphQL's type Int already ensures that the number is whole. */
export function wholeNumber(min: number, max: number) {
  const message = ({ input }: { input: number }) => `expected a whole number from ${min} to ${max}, got ${input}`;
  return v.pipe(v.number(), v.minValue(min, message), v.maxValue(max, message));
}

export const lookbackDays = wholeNumber(1, 30);

const IDS = ({ input }: { input: readonly unknown[] }) => `expected 1 to ${LIMITS.ids} ids, got ${input.length}`;
export const idList = v.pipe(v.array(v.string()), v.minLength(1, IDS), v.maxLength(LIMITS.ids, IDS));

/**
 * Returns what a query may read. A viewer's query may read stored data only. An operator's query may also ask the source. Neither a
 * viewer's nor an operator's query stores anything.
 */
export const question = ({ caller, signal }: Context): Required<Question> => ({
  reach: mayActAs(caller, "operator") ? "asked" : "stored",
  signal,
});

/**
 * Throws FORBIDDEN for viewers. Use this function for rules that depend on an argument. For fields that viewers may never read, use
 * `authScopes`.
 */
export function refuseViewers({ caller }: Context): void {
  if (!mayActAs(caller, "operator")) throw forbidden(caller, "operator");
}

/** Longest range of one request, in days: longer than any season. */
export const MAX_DAYS = 366;

/** Throws BAD_USER_INPUT if `end` is before `start` or the range is too long. @param maxDays Longest range, both ends included. */
export function checkRange(range: { start: string; end: string }, maxDays?: number): void {
  const fault = rangeFault(range, maxDays);
  if (fault !== null) throw new LedgerError("BAD_USER_INPUT", fault);
}

const KEY_LENGTH = ({ input }: { input: string }) => `expected 1 to 200 characters, got ${input.length}`;

/** Validates an idempotency key. Several starts with the same key create only one job. Each start without a key creates a new job. */
export const idempotencyKey = v.nullish(
  v.pipe(v.string(), v.trim(), v.minLength(1, KEY_LENGTH), v.maxLength(200, KEY_LENGTH)),
);
