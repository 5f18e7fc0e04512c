import { jitter, MINUTE, SECOND } from "../clock.ts";
import { SourceError } from "./source.ts";

/**
 * UNAVAILABLE and MALFORMED: after 1, 4 and 16 seconds, more or less; then the date has failed. An answer that cannot be read may have been
 * cut by a proxy, or be one of a source that is just being changed.
 */
const MAX_ATTEMPTS = 4;
/** At the end of the job, once more. */
const MAX_ATTEMPTS_AGAIN = 3;
const FIRST_PAUSE_MS = 1 * SECOND;
const PAUSE_FACTOR = 4;
const MAX_PAUSE_MS = 2 * MINUTE;

/**
 * How long to pause before a date is asked for again, in milliseconds; null when it is not worth another attempt.
 * @param attempt The one that failed, from 1.
 * @param again Whether the date is tried a second time.
 */
export function retryPauseMs(
  error: unknown,
  attempt: number,
  { again = false, random }: { again?: boolean; random?: number } = {},
): number | null {
  if (!(error instanceof SourceError) || (error.kind !== "UNAVAILABLE" && error.kind !== "MALFORMED")) return null;
  if (attempt >= (again ? MAX_ATTEMPTS_AGAIN : MAX_ATTEMPTS)) return null;
  if (error.retryAfterMs !== undefined) return Math.min(error.retryAfterMs, MAX_PAUSE_MS);
  return jitter(FIRST_PAUSE_MS * PAUSE_FACTOR ** (attempt - 1), random);
}
