import { and, asc, eq, isNull, type SQL, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db, WriteOptions } from "./client.ts";
import { inList } from "./conditions.ts";
import { schedules } from "./tables/schedules.ts";
import {
  CATCH_UP_POLICIES,
  ENVIRONMENTS,
  type Environment,
  OVERLAP_POLICIES,
  SCHEDULE_KINDS,
  type SCHEDULE_OUTCOMES,
  type SCHEDULE_TRIGGERS,
} from "./tables/values.ts";

export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];
export type CatchUpPolicy = (typeof CATCH_UP_POLICIES)[number];
export type ScheduleOutcome = (typeof SCHEDULE_OUTCOMES)[number];
export type ScheduleTrigger = (typeof SCHEDULE_TRIGGERS)[number];

const shared = {
  id: v.string(),
  name: v.string(),
  kind: v.picklist(SCHEDULE_KINDS),
  /** Whether a verification mends what it finds. */
  mend: v.boolean(),
  environment: v.picklist(ENVIRONMENTS),
  leagueKey: v.string(),
  cron: v.string(),
  timezone: v.string(),
  lookbackDays: v.number(),
  overlap: v.picklist(OVERLAP_POLICIES),
  catchUp: v.picklist(CATCH_UP_POLICIES),
  createdAt: v.number(),
  updatedAt: v.number(),
  version: v.number(),
  epoch: v.number(),
  watermark: v.number(),
  lastRunAt: v.nullable(v.number()),
  lastJobId: v.nullable(v.string()),
};

const schedule = v.variant("enabled", [
  v.object({ ...shared, enabled: v.literal(false) }),
  v.object({
    ...shared,
    enabled: v.literal(true),
    nextDueAt: v.nullable(v.number()),
    queuedFor: v.nullable(v.number()),
    queuedBehind: v.nullable(v.string()),
  }),
]);

/** A schedule. Only an enabled schedule can have a next due time or a queued due time. */
export type Schedule = v.InferOutput<typeof schedule>;
export type EnabledSchedule = Extract<Schedule, { enabled: true }>;

const parseSchedule = (row: typeof schedules.$inferSelect): Schedule => v.parse(schedule, row);

export type ScheduleDecision = {
  scheduledFor: number;
  /** The last due time of a row that covers many missed due times; null for a single due time. */
  scheduledUntil: number | null;
  trigger: ScheduleTrigger;
  decidedAt: number;
  outcome: ScheduleOutcome;
  jobId: string | null;
  reason: string;
};

/** Decisions on a schedule's due times, and the new values of the schedule's row. */
export type ScheduleUpdate = {
  decisions: readonly Omit<ScheduleDecision, "decidedAt">[];
  watermark: number;
  nextDueAt: number | null;
  queuedFor: number | null;
  /** The id of the job that has to end before the due time `queuedFor` is carried out. */
  queuedBehind: string | null;
};

export async function findSchedule(db: Db, id: string): Promise<Schedule | undefined> {
  const [row] = await db.orm
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, id), isNull(schedules.deletedAt)));
  return row && parseSchedule(row);
}

/** Returns the schedules with these ids, except deleted ones. */
export async function findSchedules(db: Db, ids: readonly string[]): Promise<Schedule[]> {
  const rows = await db.orm
    .select()
    .from(schedules)
    .where(and(sql`${schedules.id} ${inList(ids)}`, isNull(schedules.deletedAt)));
  return rows.map(parseSchedule);
}

export async function listSchedules(db: Db, environment: Environment): Promise<Schedule[]> {
  const rows = await db.orm
    .select()
    .from(schedules)
    .where(and(eq(schedules.environment, environment), isNull(schedules.deletedAt)))
    .orderBy(asc(schedules.name), asc(schedules.id));
  return rows.map(parseSchedule);
}

const DUE_AT_ONCE = 1_000;

/** SQL condition: the job that the schedule waits for has ended. */
const RELEASED = sql`exists (select 1 from job_log where job_log.id = schedules.queued_behind and job_log.finished_at is not null)`;
/** SQL condition: the job that the schedule waits for has ended, or may end at any moment because it is queued or running. */
const MAY_BE_RELEASED = sql`exists (select 1 from job_log where job_log.id = schedules.queued_behind
  and (job_log.finished_at is not null or job_log.status in ('QUEUED', 'RUNNING')))`;

/** Returns enabled schedules that are due, and schedules that waited for a job which has now ended. Longest due first. */
export async function dueSchedules(db: Db, now: number): Promise<EnabledSchedule[]> {
  const rows = await db.orm
    .select()
    .from(schedules)
    .where(
      sql`${schedules.id} in (select id from schedules where next_due_at is not null and next_due_at <= ${now}
            union select id from schedules where queued_for is not null and ${RELEASED})`,
    )
    .orderBy(sql`coalesce(${schedules.queuedFor}, ${schedules.nextDueAt})`)
    .limit(DUE_AT_ONCE);
  return rows.map(parseSchedule).filter((each) => each.enabled);
}

/**
 * Returns enabled schedules whose watermark is after `instant`. If a process whose clock ran ahead has moved a schedule's watermark to a
 * future time, the schedule stays idle until that time.
 */
export async function schedulesAhead(db: Db, instant: number): Promise<Schedule[]> {
  const rows = await db.orm
    .select()
    .from(schedules)
    .where(sql`${schedules.enabled} = 1 and ${schedules.watermark} > ${instant}`)
    .orderBy(asc(schedules.watermark))
    .limit(DUE_AT_ONCE);
  return rows.map(parseSchedule);
}

/** Returns when the next schedule is due (null if none is), and whether a queued due time may soon be released. */
export async function nextDue(db: Db): Promise<{ at: number | null; waiting: boolean }> {
  const [row] = await db.orm.all<{ at: number | null; waiting: number }>(
    sql`select (select min(next_due_at) from schedules where next_due_at is not null) as at,
          exists (select 1 from schedules where queued_for is not null and ${MAY_BE_RELEASED}) as waiting`,
  );
  return { at: row?.at ?? null, waiting: row?.waiting === 1 };
}

/** SQL condition: the schedule is unchanged since the decision was made. */
export const isUnchanged = ({ id, version }: Pick<Schedule, "id" | "version">): SQL =>
  sql`exists (select 1 from schedules where id = ${id} and version = ${version} and deleted_at is null)`;

/**
 * Builds the statements that store decisions if the schedule is unchanged and the condition holds. The first statement updates the
 * schedule's row; the second statement stores the decisions if the first has changed the row.
 * @param started The id of the job that one of the decisions starts in the same transaction.
 */
export function updateStatements(
  { id, version, epoch }: Pick<Schedule, "id" | "version" | "epoch">,
  { decisions, watermark, nextDueAt, queuedFor, queuedBehind }: ScheduleUpdate,
  { now, started, condition = sql`true` }: { now: number; started?: string | undefined; condition?: SQL },
): SQL[] {
  const rows = decisions.map((d) => [d.scheduledFor, d.scheduledUntil, d.trigger, d.outcome, d.jobId, d.reason]);
  return [
    sql`update schedules set version = version + 1, decided_until = ${watermark}, next_due_at = ${nextDueAt}, queued_for = ${queuedFor},
          queued_behind = ${queuedBehind}
          ${started === undefined ? sql`` : sql`, last_run_at = ${now}, last_job_id = ${started}`}
        where id = ${id} and version = ${version} and deleted_at is null and ${condition}`,
    sql`insert into schedule_decisions (schedule_id, scheduled_for, scheduled_until, trigger, outcome, job_id, reason, decided_at, epoch)
        select ${id}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ${now}, ${epoch}
        from json_each(${JSON.stringify(rows)}) where changes() = 1`,
  ];
}

/** Stores decisions that start no job; false if somebody else has changed the schedule or decided its due times meanwhile. */
export async function saveUpdate(
  db: Db,
  schedule: Schedule,
  decided: ScheduleUpdate,
  now: number,
  options: WriteOptions = { repeatable: true },
): Promise<boolean> {
  const [updated] = await db.write(updateStatements(schedule, decided, { now }), options);
  return updated?.rowsAffected === 1;
}
