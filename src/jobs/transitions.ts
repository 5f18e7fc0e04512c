import { SECOND } from "../clock.ts";
import type { NewJobEvent } from "../db/events.ts";
import type { Job, JobError, JobIn } from "../db/job.ts";
import type { Transition } from "../db/jobWrites.ts";
import type { JobAction, JobStatus } from "../db/tables/values.ts";
import { LedgerError } from "../errors.ts";
import { plural } from "../text.ts";

// A job is QUEUED until a worker claims it, and RUNNING while a worker holds its lease or may take it up again. It is WAITING
// while the source wants no requests, and goes on by itself. PAUSED it stays until a person resumes or cancels it.
// COMPLETED is the end. FAILED means that some dates could not be had: resuming retries those. CANCELLED is final.
//
// The functions here decide; they know neither the database nor the clock. `db/jobWrites.ts` writes what they decide, if the job is
// still as it was.

/** Every legal change of state; ARCHITECTURE.md shows it as a table. */
export const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  QUEUED: ["RUNNING", "PAUSED", "CANCELLED"],
  RUNNING: ["RUNNING", "WAITING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"],
  WAITING: ["RUNNING", "QUEUED", "PAUSED", "CANCELLED"],
  PAUSED: ["QUEUED", "PAUSED", "CANCELLED"],
  COMPLETED: [],
  FAILED: ["QUEUED"],
  CANCELLED: [],
};

const illegal = (verb: string, job: Job, must: string) =>
  new LedgerError("ILLEGAL_STATE", `Cannot ${verb} job ${job.id} as it must be ${must}: its status is ${job.status}`, {
    jobId: job.id,
    status: job.status,
  });

/** A worker is at it right now: what is asked takes effect when it next looks. */
const isHeld = (job: Job): job is JobIn<"RUNNING"> => job.status === "RUNNING" && job.lease?.live === true;

/** A person asks for a pause. Null when it was asked for already. Throws ILLEGAL_STATE unless the job is queued, running or waiting. */
export function pause(job: Job, by: string): Transition | null {
  // One that its source's refusal has paused is resumed by a login; a person's pause holds until a person ends it.
  if (job.status === "PAUSED") return job.error === null ? null : pauseNow(null, { by });
  if (job.status !== "QUEUED" && job.status !== "RUNNING" && job.status !== "WAITING") {
    throw illegal("pause", job, "queued, running or waiting");
  }
  if (!isHeld(job)) return pauseNow(job.error, { by });
  if (job.pendingAction !== null) return null;
  return request("PAUSE", by, "A pause was asked for; the date in flight is finished first");
}

/** A person cancels. Null when it was asked for already or is done. Throws ILLEGAL_STATE for a finished job. */
export function cancel(job: Job, by: string): Transition | null {
  if (job.status === "CANCELLED") return null;
  if (job.status === "COMPLETED" || job.status === "FAILED") throw illegal("cancel", job, "unfinished");
  if (!isHeld(job)) return cancelNow({ by });
  if (job.pendingAction === "CANCEL") return null;
  return request("CANCEL", by, "A cancellation was asked for; the date in flight is finished first");
}

/** A person resumes. Null when it is going on already. Throws ILLEGAL_STATE unless the job is paused or failed. */
export function resume(job: Job, by: string): Transition | null {
  if (job.status === "QUEUED" || job.status === "WAITING") return null;
  if (job.status === "RUNNING" && job.pendingAction === null) return null;
  if (job.status === "RUNNING" && job.pendingAction === "PAUSE") {
    return {
      to: "RUNNING",
      keepLease: true,
      event: { type: "RESUMED", message: "The pause that was asked for is called off", by },
    };
  }
  if (job.status !== "PAUSED" && job.status !== "FAILED") throw illegal("resume", job, "paused or failed");
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

/** A person wants a job that waits for a source that is out of order to try again now. Null for every other job. */
export function wake(job: Job, by: string): Transition | null {
  if (job.status !== "WAITING" || job.error?.code !== "SOURCE_OUTAGE") return null;
  return {
    to: "QUEUED",
    newFence: true,
    event: { type: "RESUMED", message: "Tries again before its wait is over", by },
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
      /** Of a verification: how much it has found. */
      findings?: { errors: number; warnings: number; mended: number };
    }
  | { kind: "requested"; action: JobAction }
  /** The source wants no requests for a while. */
  | { kind: "rate-limited"; retryAfterMs: number; error: JobError }
  /** A person has to renew credentials first. */
  | { kind: "refused"; error: JobError }
  /** No date of this job can ever be had. */
  | { kind: "fatal"; error: JobError }
  /** The worker's time is up, or the server stops: somebody takes it up again. */
  | { kind: "yielded" };

/** What becomes of a job at the end of a worker's session. */
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
          message: `${end.error.message}; goes on in ${Math.ceil(end.retryAfterMs / SECOND)} s`,
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

/** Who is behind a change: a person, or whoever had asked for it; nobody where the ledger does it by itself. */
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
    event: { type: "CANCELLED", message: "Cancelled; what was collected is kept", ...person },
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
          ? [`${plural(job.datesSuspect, "date")} doubted: each is looked at again on another day`]
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

/** What a verification ends with; what it has found does not make it fail. */
function verified(job: Job, found: { errors: number; warnings: number; mended: number }): Transition {
  const checked = `${plural(job.recordsProcessed, "record")} of ${plural(job.datesTotal, "date")}`;
  const mended = found.mended === 0 ? "" : `; ${found.mended} marked as not known and due, or mended`;
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
  const message = `${failed}; the first is ${first.date}: ${first.error.message.replace(/\.$/, "")}. Resume the job to ask for ${job.datesFailed === 1 ? "that date" : "those dates"} alone`;
  return { ...first.error, message };
}
