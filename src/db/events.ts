import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { jobEvents } from "./tables/jobs.ts";
import type { JOB_EVENT_TYPES } from "./tables/values.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

export type JobEventType = (typeof JOB_EVENT_TYPES)[number];

/** What happened to a job; `data` is whatever a program may want to know of it. */
export type NewJobEvent = {
  type: JobEventType;
  message: string;
  date?: string;
  data?: Record<string, unknown>;
  /** Who asked for it, by the name of its token. */
  by?: string;
  /** It takes effect because of the job's newest event of this type: whoever asked for that one asked for it. */
  requestedBy?: JobEventType;
};

export type JobEvent = {
  /** Grows with each commit: the cursor. */
  id: number;
  jobId: string;
  type: JobEventType;
  at: number;
  date: string | null;
  message: string;
  data: Record<string, unknown> | null;
  /** Who asked for it; null for what the ledger did by itself. */
  by: string | null;
};

/** The statement that appends an event, if the condition holds at its place in the transaction. */
export function appendEvent(
  jobId: string,
  { type, message, date, data, by, requestedBy }: NewJobEvent,
  at: number,
  condition: SQL = sql`true`,
): SQL {
  const person = requestedBy
    ? sql`(select "by" from job_events where job_id = ${jobId} and type = ${requestedBy} order by id desc limit 1)`
    : sql`${by ?? null}`;
  return sql`insert into job_events (job_id, type, at, date, message, data, "by")
    select ${jobId}, ${type}, ${at}, ${date ?? null}, ${message}, ${data ? JSON.stringify(data) : null}, ${person} where ${condition}`;
}

/** Events after a cursor, oldest first, of one job or of all. */
export async function eventsAfter(
  db: Db,
  after: number,
  { jobId, limit }: { jobId?: string | undefined; limit: number },
): Promise<JobEvent[]> {
  const rows = await db.orm
    .select()
    .from(jobEvents)
    .where(and(jobId === undefined ? undefined : eq(jobEvents.jobId, jobId), gt(jobEvents.id, after)))
    .orderBy(asc(jobEvents.id))
    .limit(limit);
  return rows.map(parse);
}

const parse = (row: Omit<JobEvent, "data"> & { data: string | null }): JobEvent => ({
  ...row,
  data: row.data === null ? null : (JSON.parse(row.data) as Record<string, unknown>),
});

/** A place in a list of events. */
export type EventPosition = readonly [id: number];

/** The events of a job, and which part of them. */
export type EventsRequest = { jobId: string; window: Window<EventPosition> };

/** Windows of the events of several jobs, oldest first, in one statement. */
export async function listsOfEvents(db: Db, requests: readonly EventsRequest[]): Promise<JobEvent[][]> {
  const lists = await readTogether<Omit<JobEvent, "data"> & { data: string | null }>(
    db,
    requests.map(({ jobId, window }) => {
      const { bounds, tail } = clausesOf(window, [sql`id`], "asc");
      return sql`select id, job_id as "jobId", type, at, date, message, data, "by" from job_events where job_id = ${jobId} ${bounds} ${tail}`;
    }),
  );
  return lists.map((rows, i) => inOrder(rows.map(parse), requests[i]?.window ?? {}));
}

/** How many events each of some jobs has. */
export const countsOfEvents = (db: Db, jobIds: readonly string[]): Promise<number[]> =>
  countTogether(
    db,
    jobIds.map((jobId) => sql`select count(*) as n from job_events where job_id = ${jobId}`),
  );

/** The newest event's cursor, of one job or of all; 0 when there is none. */
export async function lastEventId(db: Db, jobId?: string): Promise<number> {
  const newest =
    jobId === undefined
      ? sql`select max(id) as id from job_events`
      : sql`select max(id) as id from job_events where job_id = ${jobId}`;
  const [row] = await db.orm.all<{ id: number | null }>(newest);
  return row?.id ?? 0;
}

/** The cursor of the first event of the job that something happened to last; 1 when there is no job. */
export async function firstEventOfLatestJob(db: Db): Promise<number> {
  const [row] = await db.orm.all<{ id: number | null }>(
    sql`select min(id) as id from job_events where job_id =
          (select job_id from job_events where id = (select max(id) from job_events))`,
  );
  return row?.id ?? 1;
}
