import { MINUTE } from "../clock.ts";
import type { JobError } from "../db/job.ts";
import type { SessionEnd } from "../jobs/transitions.ts";
import { errorCode, type SourceError } from "../source/source.ts";

/** How long a job waits after a rate limit or an outage whose length is unknown. */
const UNKNOWN_WAIT_MS = 15 * MINUTE;

/**
 * Returns how a source error ends the session: a rate limit or an outage makes the job wait, and refused credentials pause the job. Returns
 * null when the error concerns only the date.
 */
export function sessionEndOf(error: SourceError): SessionEnd | null {
  switch (error.kind) {
    case "RATE_LIMITED":
    case "OUTAGE":
      return { kind: "rate-limited", retryAfterMs: error.retryAfterMs ?? UNKNOWN_WAIT_MS, error: toJobError(error) };
    case "UNAUTHORIZED":
    case "APP_NOT_APPROVED":
      return { kind: "refused", error: toJobError(error) };
    case "LEAGUE_NOT_FOUND":
    case "LEAGUE_PRIVATE":
    case "LEAGUE_NOT_DAILY":
      return { kind: "fatal", error: toJobError(error) };
    case "UNAVAILABLE":
    case "MALFORMED":
    case "STOPPED":
      return null;
  }
}

export function toJobError(error: SourceError): JobError {
  return { code: errorCode(error.kind), message: error.message, stack: error.stack ?? null };
}
