import { jitter, MINUTE, SECOND } from "../clock.ts";
import { SourceError } from "./source.ts";

/**
 * Maximum number of attempts while the error is UNAVAILABLE or MALFORMED, with pauses of about 1, 4 and 16 seconds. If the last attempt
 * fails too, the date has failed. A retry can help after MALFORMED: a proxy may have cut off the answer, or the source may have been
 * changing its data.
 */
const MAX_ATTEMPTS = 4;
/** Maximum number of attempts for a failed date that is tried again at the end of the job. */
const MAX_ATTEMPTS_AGAIN = 3;
const FIRST_PAUSE_MS = 1 * SECOND;
const PAUSE_FACTOR = 4;
const MAX_PAUSE_MS = 2 * MINUTE;

/**
 * Returns the pause before the next attempt, in milliseconds; null if no further attempt should be made.
 * @param attempt Number of the failed attempt, from 1.
 * @param again Whether the date is tried again at the end of the job.
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
