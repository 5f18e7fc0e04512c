import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { jobEvents } from "./tables/jobs.ts";
import type { JOB_EVENT_TYPES } from "./tables/values.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

export type JobEventType = (typeof JOB_EVENT_TYPES)[number];

/** Something that happened to a job. `data` holds details for programs. */
export type NewJobEvent = {
  type: JobEventType;
  message: string;
  date?: string;
  data?: Record<string, unknown>;
  /** Who asked for the action: the name of the caller's token. */
  by?: string;
  /**
   * For an event that carries out an earlier request: the type of the event that recorded the request. `by` is copied from the job's
   * newest event whose type is `requestedBy`.
   */
  requestedBy?: JobEventType;
};

export type JobEvent = {
  /** The event's cursor. An event that is committed later has a larger cursor. */
  id: number;
  jobId: string;
  type: JobEventType;
  at: number;
  date: string | null;
  message: string;
  data: Record<string, unknown> | null;
  /** Who asked for the action; null if the ledger acted by itself. */
  by: string | null;
};

/** Returns a statement that appends an event if the condition holds when the statement runs. */
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

/** Returns the events after a cursor, of one job or of all jobs, oldest first. */
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

/** A position in a list of events. */
export type EventPosition = readonly [id: number];

/** A job, and which of its events to read. */
export type EventsRequest = { jobId: string; window: Window<EventPosition> };

/** Reads the events of several jobs in one statement. @returns One list of events per request, each with the oldest event first. */
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

/** Counts the events of each job. */
export const countsOfEvents = (db: Db, jobIds: readonly string[]): Promise<number[]> =>
  countTogether(
    db,
    jobIds.map((jobId) => sql`select count(*) as n from job_events where job_id = ${jobId}`),
  );

/** Returns the cursor of the newest event, of one job or of all jobs; 0 when there is none. */
export async function lastEventId(db: Db, jobId?: string): Promise<number> {
  const newest =
    jobId === undefined
      ? sql`select max(id) as id from job_events`
      : sql`select max(id) as id from job_events where job_id = ${jobId}`;
  const [row] = await db.orm.all<{ id: number | null }>(newest);
  return row?.id ?? 0;
}

/** Finds the job with the newest event, and returns the cursor of that job's first event; 1 when there is no event. */
export async function firstEventOfLatestJob(db: Db): Promise<number> {
  const [row] = await db.orm.all<{ id: number | null }>(
    sql`select min(id) as id from job_events where job_id =
          (select job_id from job_events where id = (select max(id) from job_events))`,
  );
  return row?.id ?? 1;
}
