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
  /** Of a verification: whether it mends what it finds. */
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

/** A schedule; only an enabled one has a next due time, and one that may wait for a job to end. */
export type Schedule = v.InferOutput<typeof schedule>;
export type EnabledSchedule = Extract<Schedule, { enabled: true }>;

const parseSchedule = (row: typeof schedules.$inferSelect): Schedule => v.parse(schedule, row);

export type ScheduleDecision = {
  scheduledFor: number;
  /** The last due time it stands for, where a long absence is told in one row. */
  scheduledUntil: number | null;
  trigger: ScheduleTrigger;
  decidedAt: number;
  outcome: ScheduleOutcome;
  jobId: string | null;
  reason: string;
};

/** What a schedule's row is to say about its due times once they are decided. */
export type ScheduleUpdate = {
  decisions: readonly Omit<ScheduleDecision, "decidedAt">[];
  watermark: number;
  nextDueAt: number | null;
  queuedFor: number | null;
  /** The job that it waits for. */
  queuedBehind: string | null;
};

export async function findSchedule(db: Db, id: string): Promise<Schedule | undefined> {
  const [row] = await db.orm
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, id), isNull(schedules.deletedAt)));
  return row && parseSchedule(row);
}

/** Some schedules, deleted ones left out. */
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

/** The job that a due time waits for has ended. */
const RELEASED = sql`exists (select 1 from job_log where job_log.id = schedules.queued_behind and job_log.finished_at is not null)`;
/** … or is going on, and may end at any moment. */
const MAY_BE_RELEASED = sql`exists (select 1 from job_log where job_log.id = schedules.queued_behind
  and (job_log.finished_at is not null or job_log.status in ('QUEUED', 'RUNNING')))`;

/** Enabled schedules with a due time that has come, or one whose job has ended; longest due first. */
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

/** Enabled schedules that are decided beyond an instant: a clock that was ahead did that, and they stand until it has come. */
export async function schedulesAhead(db: Db, instant: number): Promise<Schedule[]> {
  const rows = await db.orm
    .select()
    .from(schedules)
    .where(sql`${schedules.enabled} = 1 and ${schedules.watermark} > ${instant}`)
    .orderBy(asc(schedules.watermark))
    .limit(DUE_AT_ONCE);
  return rows.map(parseSchedule);
}

/** When the next schedule is due, and whether one waits for a job that goes on or has ended. */
export async function nextDue(db: Db): Promise<{ at: number | null; waiting: boolean }> {
  const [row] = await db.orm.all<{ at: number | null; waiting: number }>(
    sql`select (select min(next_due_at) from schedules where next_due_at is not null) as at,
          exists (select 1 from schedules where queued_for is not null and ${MAY_BE_RELEASED}) as waiting`,
  );
  return { at: row?.at ?? null, waiting: row?.waiting === 1 };
}

/** The schedule is as it was when the decision was made. */
export const isUnchanged = ({ id, version }: Pick<Schedule, "id" | "version">): SQL =>
  sql`exists (select 1 from schedules where id = ${id} and version = ${version} and deleted_at is null)`;

/**
 * The statements that write what was decided, if the schedule is as it was then and the condition holds: the watermark first, then, only
 * if that was raised, the decisions.
 * @param started The job that one of the decisions started: in the same transaction.
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

/** Writes what was decided without a job; false when somebody else has changed the schedule or decided meanwhile. */
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
