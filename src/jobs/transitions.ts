import { SECOND } from "../clock.ts";
import type { NewJobEvent } from "../db/events.ts";
import type { Job, JobError, JobIn } from "../db/job.ts";
import type { Transition } from "../db/jobWrites.ts";
import type { JobAction, JobStatus } from "../db/tables/values.ts";
import { LedgerError } from "../errors.ts";
import { plural } from "../text.ts";

// A job is QUEUED until a worker claims the job. A job is RUNNING while a worker holds the job's lease or may claim the job again. A job is
// WAITING while the source accepts no requests, and continues by itself afterwards. A job is PAUSED until a person resumes or cancels the
// job. A job is FAILED when some dates could not be collected; a resume retries those dates. COMPLETED and CANCELLED are final.
//
// The functions here only decide: they know neither the database nor the clock. `db/jobWrites.ts` writes a decision only if the job is
// unchanged.

/** Every legal change of state; ARCHITECTURE.md shows all changes as a picture. */
export const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  QUEUED: ["RUNNING", "PAUSED", "CANCELLED"],
  RUNNING: ["RUNNING", "WAITING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"],
  WAITING: ["RUNNING", "QUEUED", "PAUSED", "CANCELLED"],
  PAUSED: ["QUEUED", "PAUSED", "CANCELLED"],
  COMPLETED: [],
  FAILED: ["QUEUED"],
  CANCELLED: [],
};

const illegal = (verb: string, job: Job, allowed: string) =>
  new LedgerError("ILLEGAL_STATE", `Cannot ${verb} job ${job.id}: its status is ${job.status}. Only ${allowed}`, {
    jobId: job.id,
    status: job.status,
  });

/** Whether a worker holds the job. If a worker holds the job, a pause or cancellation takes effect at the worker's next check. */
const isHeld = (job: Job): job is JobIn<"RUNNING"> => job.status === "RUNNING" && job.lease?.live === true;

/**
 * Returns the transition for a person who pauses a job. Null when a person has already paused the job, or when a requested pause or
 * cancellation is pending. Throws ILLEGAL_STATE for a finished job.
 */
export function pause(job: Job, by: string): Transition | null {
  // A login resumes a job that is paused because its source refused access. If a person also pauses the job, its error is cleared, so that
  // no login resumes the job.
  if (job.status === "PAUSED") return job.error === null ? null : pauseNow(null, { by });
  if (job.status !== "QUEUED" && job.status !== "RUNNING" && job.status !== "WAITING") {
    throw illegal("pause", job, "QUEUED, RUNNING and WAITING jobs can be paused");
  }
  if (!isHeld(job)) return pauseNow(job.error, { by });
  if (job.pendingAction !== null) return null;
  return request("PAUSE", by, "Pause requested; the date in flight is finished first");
}

/**
 * Returns the transition for a person who cancels a job. Null when the job is already cancelled or a cancellation is pending. Throws
 * ILLEGAL_STATE for a completed or failed job.
 */
export function cancel(job: Job, by: string): Transition | null {
  if (job.status === "CANCELLED") return null;
  if (job.status === "COMPLETED" || job.status === "FAILED")
    throw illegal("cancel", job, "unfinished jobs can be cancelled");
  if (!isHeld(job)) return cancelNow({ by });
  if (job.pendingAction === "CANCEL") return null;
  return request("CANCEL", by, "Cancellation requested; the date in flight is finished first");
}

/**
 * Returns the transition that resumes a paused or failed job, or that withdraws a pending pause. Null when the job is already going on.
 * Else throws ILLEGAL_STATE.
 */
export function resume(job: Job, by: string): Transition | null {
  if (job.status === "QUEUED" || job.status === "WAITING") return null;
  if (job.status === "RUNNING" && job.pendingAction === null) return null;
  if (job.status === "RUNNING" && job.pendingAction === "PAUSE") {
    return {
      to: "RUNNING",
      keepLease: true,
      event: { type: "RESUMED", message: "The requested pause is withdrawn", by },
    };
  }
  if (job.status !== "PAUSED" && job.status !== "FAILED")
    throw illegal("resume", job, "PAUSED and FAILED jobs can be resumed");
  const left = job.datesTotal - job.datesCompleted;
  return {
    to: "QUEUED",
    newFence: true,
    retryFailed: true,
    event: {
      type: "RESUMED",
      message: `Resumed with ${plural(left, "date")} to collect`,
      data: { datesLeft: left },
      by,
    },
  };
}

/**
 * Returns the transition for a person who ends a job's wait during a source outage, so that the job tries again now. Null unless the job is
 * waiting because of an outage.
 */
export function wake(job: Job, by: string): Transition | null {
  if (job.status !== "WAITING" || job.error?.code !== "SOURCE_OUTAGE") return null;
  return {
    to: "QUEUED",
    newFence: true,
    event: { type: "RESUMED", message: "Retrying before the wait is over", by },
  };
}

function request(action: JobAction, by: string, message: string): Transition {
  return {
    to: "RUNNING",
    pendingAction: action,
    keepLease: true,
    event: { type: action === "PAUSE" ? "PAUSE_REQUESTED" : "CANCEL_REQUESTED", message, by },
  };
}

/** How a worker's session on a job ended. */
export type SessionEnd =
  /** Every date has been tried. */
  | {
      kind: "tried";
      firstFailure: { date: string; error: JobError } | null;
      /** How many findings a verification has made; absent for other jobs. */
      findings?: { errors: number; warnings: number; mended: number };
    }
  | { kind: "requested"; action: JobAction }
  /** The source accepts no requests for a while. */
  | { kind: "rate-limited"; retryAfterMs: number; error: JobError }
  /** A person has to renew credentials first. */
  | { kind: "refused"; error: JobError }
  /** No date of this job can ever be collected. */
  | { kind: "fatal"; error: JobError }
  /** The worker's budget is spent or the server stops: any worker may claim the job again. */
  | { kind: "yielded" };

/** Returns the job's transition at the end of a worker's session. */
export function endSession(job: Job, end: SessionEnd): Transition {
  switch (end.kind) {
    case "requested":
      return end.action === "PAUSE"
        ? pauseNow(null, { requestedBy: "PAUSE_REQUESTED" })
        : cancelNow({ requestedBy: "CANCEL_REQUESTED" });
    case "rate-limited":
      return {
        to: "WAITING",
        resumeInMs: end.retryAfterMs,
        error: end.error,
        event: {
          type: "WAITING",
          message: `${end.error.message}; continues in ${Math.ceil(end.retryAfterMs / SECOND)} s`,
          data: { code: end.error.code, retryAfterMs: end.retryAfterMs },
        },
      };
    case "refused":
      return pauseNow(end.error);
    case "fatal":
      return fail(end.error);
    case "yielded":
      return { to: "RUNNING", event: null };
    case "tried":
      if (end.firstFailure !== null) return fail(summary(job, end.firstFailure));
      return end.findings ? verified(job, end.findings) : complete(job);
  }
}

/**
 * Who caused a change: a person (`by`), or the author of an earlier request (`requestedBy`); empty if the ledger itself caused the change.
 */
type Person = Pick<NewJobEvent, "by" | "requestedBy">;

function pauseNow(error: JobError | null, person: Person = {}): Transition {
  const message = error === null ? "Paused" : `Paused: ${error.message}`;
  return {
    to: "PAUSED",
    newFence: true,
    error,
    event: { type: "PAUSED", message, ...person, ...(error ? { data: { code: error.code } } : {}) },
  };
}

function cancelNow(person: Person): Transition {
  return {
    to: "CANCELLED",
    newFence: true,
    event: { type: "CANCELLED", message: "Cancelled; collected lineups are kept", ...person },
  };
}

function complete(job: Job): Transition {
  const nothing = job.datesTotal === 0;
  const message = nothing
    ? "Nothing to do: no date of the range has to be collected"
    : [
        `Completed: ${plural(job.recordsProcessed, "record")} of ${plural(job.datesTotal, "date")}`,
        ...(job.recordsRemoved > 0 ? [`${plural(job.recordsRemoved, "record")} removed`] : []),
        ...(job.datesSuspect > 0
          ? [`${plural(job.datesSuspect, "date")} doubted: each is checked again on another day`]
          : []),
      ].join("; ");
  return {
    to: "COMPLETED",
    newFence: true,
    event: {
      type: "COMPLETED",
      message,
      data: {
        recordsProcessed: job.recordsProcessed,
        recordsInserted: job.recordsInserted,
        recordsUpdated: job.recordsUpdated,
        recordsUnchanged: job.recordsUnchanged,
        recordsRemoved: job.recordsRemoved,
        datesSuspect: job.datesSuspect,
      },
    },
  };
}

/** Completes a verification. Findings do not make a verification fail. */
function verified(job: Job, found: { errors: number; warnings: number; mended: number }): Transition {
  const checked = `${plural(job.recordsProcessed, "record")} of ${plural(job.datesTotal, "date")}`;
  const mended = found.mended === 0 ? "" : `; ${found.mended} mended, or marked as unknown and due`;
  return {
    to: "COMPLETED",
    newFence: true,
    event: {
      type: "COMPLETED",
      message: `Verified: ${checked}; ${plural(found.errors, "error")}, ${plural(found.warnings, "warning")}${mended}`,
      data: { recordsProcessed: job.recordsProcessed, ...found },
    },
  };
}

function fail(error: JobError): Transition {
  return {
    to: "FAILED",
    newFence: true,
    error,
    event: { type: "FAILED", message: error.message, data: { code: error.code } },
  };
}

function summary(job: Job, first: { date: string; error: JobError }): JobError {
  const failed = `${job.datesFailed} of ${plural(job.datesTotal, "date")} could not be collected`;
  const message =
    `${failed}; the first is ${first.date}: ${first.error.message.replace(/\.$/, "")}. ` +
    `Resume the job to retry only ${job.datesFailed === 1 ? "that date" : "those dates"}`;
  return { ...first.error, message };
}
