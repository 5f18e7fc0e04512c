import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { appendEvent, type NewJobEvent } from "./events.ts";
import { findJob, findJobByKey, findOverlap, type Job, overlapping } from "./job.ts";
import { findSchedule, isUnchanged, type Schedule, type ScheduleUpdate, updateStatements } from "./schedules.ts";
import type { Environment, JobKind } from "./tables/values.ts";

export type NewJob = {
  id: string;
  kind: JobKind;
  environment: Environment;
  leagueKey: string;
  startDate: string;
  endDate: string;
  concurrency: number;
  metadata: Record<string, unknown>;
  idempotencyKey: string | null;
  inputDigest: string;
  createdAt: number;
  /** Number of teams in the league; 0 while unknown. */
  teams: number;
  dates: { date: string; skip: string | null }[];
  /** The schedule that starts the job, and the schedule's decision, which is stored with the job. */
  scheduled?: { schedule: Schedule; decided: ScheduleUpdate } | undefined;
  /** The caller who starts the job, and the limit of unfinished jobs per caller. Schedules have no limit of unfinished jobs. */
  quota?: { startedBy: string; unfinished: number } | undefined;
};

export type Insertion =
  | { kind: "created"; job: Job }
  /** This job was already started with the idempotency key. */
  | { kind: "known"; job: Job }
  /** This unfinished job shares a date with the new one. */
  | { kind: "overlap"; job: Job }
  /** The schedule was changed, or another process has already decided about the due time. */
  | { kind: "decided" }
  /** The caller already has the maximum number of unfinished jobs. */
  | { kind: "tooMany" }
  /** The job id is taken; draw another one. */
  | { kind: "taken" };

/** SQL condition: the caller has the maximum number of unfinished jobs. */
const hasTooMany = ({ startedBy, unfinished }: NonNullable<NewJob["quota"]>): SQL =>
  sql`((select count(*) from job_log where finished_at is null and status in ('QUEUED', 'RUNNING', 'WAITING', 'PAUSED') and metadata ->> 'startedBy' = ${startedBy}) >= ${unfinished})`;

/**
 * Stores a job with its dates, its checkpoint, its first event and its schedule's decision in one transaction. Stores nothing if the job's
 * idempotency key, range or due time is taken, or if the caller has too many unfinished jobs.
 */
export async function insertJob(db: Db, job: NewJob, event: NewJobEvent): Promise<Insertion> {
  const here = sql`exists (select 1 from job_log where id = ${job.id} and input_digest = ${job.inputDigest} and created_at = ${job.createdAt})`;
  const due = job.dates.filter(({ skip }) => skip === null);
  const [inserted] = await db.write(
    [
      sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, idempotency_key,
          input_digest, created_at, dates_total, items_total)
        select ${job.id}, ${job.kind}, ${job.environment}, 'QUEUED', ${job.leagueKey}, ${job.startDate}, ${job.endDate}, ${job.concurrency},
          ${JSON.stringify(job.metadata)}, ${job.idempotencyKey}, ${job.inputDigest}, ${job.createdAt}, ${due.length}, ${due.length * job.teams}
        where not exists (${overlapping(job, job.id)}) and ${job.scheduled ? isUnchanged(job.scheduled.schedule) : sql`true`}
          and ${job.quota ? sql`not ${hasTooMany(job.quota)}` : sql`true`}
        on conflict do nothing`,
      appendEvent(job.id, event, job.createdAt, sql`changes() = 1`),
      sql`insert into job_dates (job_id, date, status, error_message)
        select ${job.id}, value ->> 0, iif(value ->> 1 is null, 'PENDING', 'SKIPPED'), value ->> 1
        from json_each(${JSON.stringify(job.dates.map(({ date, skip }) => [date, skip]))}) where ${here} on conflict do nothing`,
      sql`insert into checkpoints (job_id, next_date, teams_processed, timestamp)
        select ${job.id}, ${due[0]?.date ?? null}, '[]', ${job.createdAt} where ${here} on conflict do nothing`,
      ...(job.scheduled
        ? updateStatements(job.scheduled.schedule, job.scheduled.decided, {
            now: job.createdAt,
            started: job.id,
            condition: here,
          })
        : []),
    ],
    { repeatable: true },
  );
  // If the first response was lost, the transaction was sent again and inserted nothing the second time.
  const created = await findJob(db, job.id);
  const isMine = created?.inputDigest === job.inputDigest && created.createdAt === job.createdAt;
  if (created && (inserted?.rowsAffected === 1 || isMine)) return { kind: "created", job: created };
  const known =
    job.idempotencyKey === null ? undefined : await findJobByKey(db, { ...job, idempotencyKey: job.idempotencyKey });
  if (known) return { kind: "known", job: known };
  const overlap = await findOverlap(db, job, job.id);
  if (overlap) return { kind: "overlap", job: overlap };
  if (job.scheduled && (await findSchedule(db, job.scheduled.schedule.id))?.version !== job.scheduled.schedule.version)
    return { kind: "decided" };
  if (job.quota) {
    const [row] = await db.orm.all<{ tooMany: number }>(sql`select ${hasTooMany(job.quota)} as "tooMany"`);
    if (row?.tooMany) return { kind: "tooMany" };
  }
  return { kind: "taken" };
}
