import type { IsoDate } from "../calendar.ts";
import { findJobByKey, findOverlap, type Job } from "../db/job.ts";
import { teamsOf } from "../db/leagues.ts";
import { insertJob } from "../db/newJob.ts";
import type { Schedule, ScheduleUpdate } from "../db/schedules.ts";
import type { Environment, JobKind } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { sha256Hex } from "../hash.ts";
import { plural } from "../text.ts";
import type { PlannedDate } from "./plan.ts";

/** Maximum number of unfinished jobs per caller, not counting the jobs that schedules started. */
export const UNFINISHED_JOBS = 1_000;

export type Started = {
  job: Job;
  /** False if an earlier request with the same idempotency key has already started the job. */
  created: boolean;
};

/** A job to record. */
export type JobRequest = {
  kind: JobKind;
  leagueKey: string;
  start: IsoDate;
  end: IsoDate;
  environment: Environment;
  dates: readonly PlannedDate[];
  concurrency: number;
  idempotencyKey: string | null;
  /** The input that belongs to the idempotency key. The same key with another input is a conflict. */
  input: readonly unknown[];
  metadata: Record<string, unknown>;
  /** The schedule that starts the job. `decided` takes the job's id and returns the decision to record. */
  scheduled?: { schedule: Schedule; decided: (jobId: string) => ScheduleUpdate };
};

/** Thrown when somebody has changed the schedule of a new job, or when another process has already decided the schedule's due time. */
export class ScheduleChangedError extends Error {
  override name = "ScheduleChangedError";
}

/** Throws JOB_OVERLAP if {@link createJob} would throw it now. */
export async function refuseOverlap({ db }: Pick<Deps, "db">, job: JobRequest): Promise<void> {
  if (job.idempotencyKey !== null && (await findJobByKey(db, { ...job, idempotencyKey: job.idempotencyKey }))) return;
  const other = await findOverlap(db, { ...job, startDate: job.start, endDate: job.end }, "");
  if (other) throw overlap(`start ${KIND_NOUNS[job.kind]}`, job.start, job.end, other);
}

/**
 * Records a job for the next free worker, once per idempotency key. Throws JOB_OVERLAP, IDEMPOTENCY_CONFLICT, LIMIT_EXCEEDED and
 * {@link ScheduleChangedError}.
 */
export async function createJob(
  deps: Deps,
  { kind, leagueKey, start, end, environment, dates, input, scheduled, ...rest }: JobRequest,
): Promise<Started> {
  const inputDigest = await sha256Hex(JSON.stringify(input), 16);
  const teams = (await teamsOf(deps.db, [leagueKey])).length;
  const startedBy = typeof rest.metadata.startedBy === "string" ? rest.metadata.startedBy : undefined;
  const quota = startedBy !== undefined && !scheduled ? { startedBy, unfinished: UNFINISHED_JOBS } : undefined;
  const toCollect = dates.filter(({ action }) => action === "COLLECT").length;
  for (;;) {
    const createdAt = deps.clock.now();
    const id = jobId(kind, environment, createdAt);
    const insertion = await insertJob(
      deps.db,
      {
        ...rest,
        id,
        kind,
        environment,
        leagueKey,
        startDate: start,
        endDate: end,
        inputDigest,
        createdAt,
        teams,
        dates: dates.map(({ date, action, reason }) => ({ date, skip: action === "SKIP" ? reason : null })),
        quota,
        scheduled: scheduled && { schedule: scheduled.schedule, decided: scheduled.decided(id) },
      },
      {
        type: "CREATED",
        message: `Queued: ${leagueKey}, ${start} to ${end}, ${plural(toCollect, "date")} to ${kind === "VERIFY" ? "verify" : "collect"}${earlier(dates, start)}`,
        data: { dates: toCollect },
        ...(startedBy === undefined ? {} : { by: startedBy }),
      },
    );
    switch (insertion.kind) {
      case "created":
        return { job: insertion.job, created: true };
      case "known":
        if (insertion.job.inputDigest !== inputDigest) throw keyConflict(insertion.job);
        return { job: insertion.job, created: false };
      case "overlap":
        throw overlap(`start ${KIND_NOUNS[kind]}`, start, end, insertion.job);
      case "decided":
        throw new ScheduleChangedError(`The schedule of ${leagueKey} has changed meanwhile`);
      case "tooMany":
        throw new LedgerError(
          "LIMIT_EXCEEDED",
          `Cannot start ${KIND_NOUNS[kind]}: ${startedBy} has ${UNFINISHED_JOBS} unfinished jobs, the limit per caller. ` +
            "Wait until some jobs finish, or cancel jobs",
        );
      case "taken":
        continue;
    }
  }
}

/** Returns a text that names the due dates which the job collects although they are before the range; empty if there are none. */
function earlier(dates: readonly PlannedDate[], start: IsoDate): string {
  const due = dates.filter(({ date, action }) => date < start && action === "COLLECT").map(({ date }) => date);
  if (due.length === 0) return "";
  const named = due.slice(0, 3).join(", ");
  return `; also rechecks ${named}${due.length > 3 ? ` and ${due.length - 3} more earlier dates` : ""}`;
}

/**
 * Returns the error for a job that wants dates which another job already covers. The error names the job that covers the dates and says
 * what to do.
 */
export function overlap(what: string, start: IsoDate, end: IsoDate, other: Job): LedgerError {
  return new LedgerError(
    "JOB_OVERLAP",
    `Cannot ${what} of ${start} to ${end}: job ${other.id} of the same league covers ${other.startDate} to ${other.endDate} ` +
      `and is ${other.status}. ${other.status === "PAUSED" ? "Resume it" : "Wait for it"}, or cancel it`,
    { jobId: other.id },
  );
}

function keyConflict(job: Job): LedgerError {
  return new LedgerError(
    "IDEMPOTENCY_CONFLICT",
    `Cannot start a job: its idempotencyKey ${JSON.stringify(job.idempotencyKey)} was used to start job ${job.id} with another input. ` +
      "Use a new key, or the same input",
    { jobId: job.id },
  );
}

const KIND_NOUNS: Readonly<Record<JobKind, string>> = {
  COLLECTION: "a collection",
  UPDATE: "an update",
  BACKFILL: "a backfill",
  VERIFY: "a verification",
};

const KIND_NAMES: Readonly<Record<JobKind, string>> = {
  COLLECTION: "lineup_collection",
  UPDATE: "lineup_update",
  BACKFILL: "lineup_backfill",
  VERIFY: "lineup_verification",
};

/** Returns an id such as `lineup_collection_production_20250802_123456_abc123`: kind, environment, UTC time, six random hex digits. */
export function jobId(kind: JobKind, environment: Environment, at: number): string {
  const [day = "", time = ""] = new Date(at).toISOString().split("T");
  const random = Array.from(crypto.getRandomValues(new Uint8Array(3)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return `${KIND_NAMES[kind]}_${environment.toLowerCase()}_${day.replaceAll("-", "")}_${time.slice(0, 8).replaceAll(":", "")}_${random}`;
}
