import { jitter, MINUTE, SECOND } from "../clock.ts";
import { SourceError } from "./source.ts";

/** UNAVAILABLE: after 1, 4 and 16 seconds, more or less; then the date has failed. */
const UNAVAILABLE_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 1 * SECOND;
const PAUSE_FACTOR = 4;
const MAX_PAUSE_MS = 2 * MINUTE;

/** MALFORMED: once more, since a proxy may have cut it. */
const MALFORMED_ATTEMPTS = 2;

/**
 * How long to pause before a date is asked for again, in milliseconds; null when it is not worth another attempt.
 * @param attempt The one that failed, from 1.
 */
export function retryPauseMs(error: unknown, attempt: number, random?: number): number | null {
  if (!(error instanceof SourceError)) return null;
  if (error.kind === "MALFORMED") return attempt < MALFORMED_ATTEMPTS ? FIRST_PAUSE_MS : null;
  if (error.kind !== "UNAVAILABLE" || attempt >= UNAVAILABLE_ATTEMPTS) return null;
  if (error.retryAfterMs !== undefined) return Math.min(error.retryAfterMs, MAX_PAUSE_MS);
  return jitter(FIRST_PAUSE_MS * PAUSE_FACTOR ** (attempt - 1), random);
}
