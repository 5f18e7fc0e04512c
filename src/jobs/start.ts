import { datesBetween, type IsoDate, leagueDate } from "../calendar.ts";
import { type StoredDate, storedDates } from "../db/dates.ts";
import type { JobKind } from "../db/job.ts";
import { type Environment, findJob, findOverlap, type Job } from "../db/job.ts";
import { applyMove, insertJob, type Move } from "../db/jobs.ts";
import { teamsOf } from "../db/leagues.ts";
import type { Deps } from "./deps.ts";
import { LedgerError } from "./error.ts";
import { cancel, count, pause, resume } from "./job.ts";
import { storedKey } from "./league.ts";

export type CollectionInput = {
  leagueKey: string;
  start: IsoDate;
  end: IsoDate;
  environment: Environment;
  onlyMissing: boolean;
  concurrency: number | null;
  idempotencyKey: string | null;
};

/**
 * Records a collection for the next free worker. The same idempotency key answers with the same job.
 * Throws BAD_USER_INPUT for a date to come, JOB_OVERLAP while another job has one of the dates, IDEMPOTENCY_CONFLICT when the
 * key has started something else, and a SourceError when an alias cannot be resolved.
 * @param startedBy Who asked for it, for the job log.
 */
export async function startCollection(
  deps: Deps,
  input: CollectionInput,
  startedBy: string,
): Promise<{ job: Job; created: boolean }> {
  const today = leagueDate(deps.clock.now());
  if (input.end > today) {
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot collect up to ${input.end} as that is in the future: today is ${today} in the league's calendar (Pacific time)`,
    );
  }
  const leagueKey = await storedKey(deps, input.leagueKey);
  const concurrency = input.concurrency ?? deps.settings.concurrency;
  const known = input.onlyMissing ? await storedDates(deps.db, { ...input, leagueKey }) : new Map<string, StoredDate>();
  const dates = datesBetween(input.start, input.end).map((date) => ({ date, skip: reasonToSkip(known.get(date)) }));
  const inputDigest = await digest([
    "COLLECTION",
    leagueKey,
    input.environment,
    input.start,
    input.end,
    input.onlyMissing,
    input.concurrency,
  ]);
  const metadata = {
    leagueKey: input.leagueKey,
    start: input.start,
    end: input.end,
    environment: input.environment,
    onlyMissing: input.onlyMissing,
    concurrency,
    idempotencyKey: input.idempotencyKey,
    startedBy,
  };
  const teams = (await teamsOf(deps.db, [leagueKey])).length;
  const toCollect = dates.filter(({ skip }) => skip === null).length;

  for (;;) {
    const createdAt = deps.clock.now();
    const insertion = await insertJob(
      deps.db,
      {
        id: jobId("COLLECTION", input.environment, createdAt),
        kind: "COLLECTION",
        environment: input.environment,
        leagueKey,
        startDate: input.start,
        endDate: input.end,
        concurrency,
        metadata,
        idempotencyKey: input.idempotencyKey,
        inputDigest,
        createdAt,
        teams,
        dates,
      },
      {
        type: "CREATED",
        message: `Queued: ${leagueKey}, ${input.start} to ${input.end}, ${count(toCollect, "date")} to collect`,
        data: { dates: toCollect },
      },
    );
    switch (insertion.is) {
      case "created":
        deps.wake.notify();
        return { job: insertion.job, created: true };
      case "known":
        if (insertion.job.inputDigest !== inputDigest) throw keyConflict(insertion.job);
        return { job: insertion.job, created: false };
      case "overlap":
        throw overlap("start a collection", input.start, input.end, insertion.job);
      case "taken":
        continue;
    }
  }
}

/** What `onlyMissing` leaves out: dates that are there and final, and those that a person declared not needed. */
function reasonToSkip(known: StoredDate | undefined): string | null {
  if (!known) return null;
  if (known.state === "WAIVED") return `Waived: ${known.reason}`;
  if (known.state === "COMPLETE" && known.final) return "Complete and final already";
  if (known.state === "EMPTY" && known.final) return "The source has no line-ups for this date";
  return null;
}

const ACTIONS = { pause, cancel, resume } as const;

/** Pauses, cancels or resumes a job; a repeated call changes nothing. Throws NOT_FOUND, ILLEGAL_STATE and, for a resume, JOB_OVERLAP. */
export async function act(deps: Deps, jobId: string, action: keyof typeof ACTIONS): Promise<Job> {
  for (;;) {
    const job = await findJob(deps.db, jobId);
    if (!job) throw new LedgerError("NOT_FOUND", `There is no job ${jobId}`, { jobId });
    const move: Move | null = ACTIONS[action](job);
    if (move === null) return job;
    if (await applyMove(deps.db, job, move, deps.clock.now())) {
      deps.wake.notify();
      return (await findJob(deps.db, jobId)) ?? job;
    }
    if (!move.retryFailed) continue;
    const other = await findOverlap(deps.db, job, job.id);
    if (other) throw overlap(`resume job ${job.id}`, job.startDate, job.endDate, other);
  }
}

function overlap(what: string, start: IsoDate, end: IsoDate, other: Job): LedgerError {
  return new LedgerError(
    "JOB_OVERLAP",
    `Cannot ${what} of ${start} to ${end} as job ${other.id} is ${other.status} with ${other.startDate} to ${other.endDate} of the same league: ` +
      `wait for it, ${other.status === "PAUSED" ? "resume" : "pause"} it, or cancel it`,
    { jobId: other.id },
  );
}

function keyConflict(job: Job): LedgerError {
  return new LedgerError(
    "IDEMPOTENCY_CONFLICT",
    `Cannot start a job as its idempotencyKey ${JSON.stringify(job.idempotencyKey)} has started job ${job.id} with another input: use a new key, or the same input`,
    { jobId: job.id },
  );
}

const KIND_NAMES: Readonly<Record<JobKind, string>> = {
  COLLECTION: "lineup_collection",
  UPDATE: "lineup_update",
  BACKFILL: "lineup_backfill",
};

/** `lineup_collection_production_20250802_123456_abc123`: kind, environment, UTC time, six random hex digits. */
export function jobId(kind: JobKind, environment: Environment, at: number): string {
  const [day = "", time = ""] = new Date(at).toISOString().split("T");
  const random = Array.from(crypto.getRandomValues(new Uint8Array(3)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return `${KIND_NAMES[kind]}_${environment.toLowerCase()}_${day.replaceAll("-", "")}_${time.slice(0, 8).replaceAll(":", "")}_${random}`;
}

async function digest(input: readonly unknown[]): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(input)));
  return Array.from(new Uint8Array(bytes).subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
