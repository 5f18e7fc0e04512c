import * as v from "valibot";
import type { Db } from "../db/client.ts";
import { eventsAfter, type JobEvent, lastEventId } from "../db/events.ts";
import { findJob, type Job } from "../db/job.ts";
import {
  countJobs,
  type JobFilter,
  jobsBefore,
  latestJob,
  listJobs,
  MOST_RESUMABLE,
  resumableJobs,
} from "../db/jobQueries.ts";
import { JOB_EVENT_TYPES } from "../db/tables/values.ts";
import { LedgerError } from "../errors.ts";
import { cursorAhead } from "../jobs/eventLogTail.ts";
import { type FollowedEvent, followEvents, followProgress } from "../jobs/subscribe.ts";
import { builder } from "./builder.ts";
import { cancellable } from "./cancellable.ts";
import { connectionOf, page, pageSize } from "./connection.ts";
import { costOfPage, list } from "./costs.ts";
import { decodeEventCursor, decodePosition, encodePosition } from "./cursor.ts";
import { EnvironmentEnum } from "./environment.ts";
import { JobKindEnum, JobProgressRef, JobRef, JobStatusEnum } from "./job.ts";
import { LIMITS } from "./limits.ts";

const JobConnection = connectionOf<Job>("Job", JobRef);

const JobEventTypeEnum = builder.enumType("JobEventType", {
  description: "What happened to a job.",
  values: [...JOB_EVENT_TYPES, "HEARTBEAT"] as const,
});

const JobEventRef = builder.objectRef<FollowedEvent>("JobEvent").implement({
  description: "Something that happened to a job; recorded in the same transaction as what it tells of.",
  fields: (t) => ({
    cursor: t.string({
      description: "Pass it as `after` to go on behind it, without a gap and without a repeat.",
      resolve: ({ id }) => String(id),
    }),
    jobId: t.exposeID("jobId", { description: "Empty only for the HEARTBEAT of a stream of all jobs." }),
    type: t.expose("type", { type: JobEventTypeEnum }),
    at: t.expose("at", { type: "DateTime" }),
    date: t.expose("date", { type: "Date", nullable: true }),
    message: t.exposeString("message"),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "The same for programs: counts, codes.",
      resolve: ({ data }) => data,
    }),
  }),
});

const JobEventPageRef = builder
  .objectRef<{ events: JobEvent[]; cursor: string; hasMore: boolean }>("JobEventPage")
  .implement({
    description: "Events of a job, oldest first.",
    fields: (t) => ({
      events: t.field({
        type: [JobEventRef],
        complexity: { field: 0, multiplier: 1 },
        resolve: ({ events }) => events,
      }),
      cursor: t.exposeString("cursor", { description: "Pass it as `after` for the next page, or to a subscription." }),
      hasMore: t.exposeBoolean("hasMore"),
    }),
  });

const position = v.tuple([v.number(), v.string()]);

/** Stands for the job that was created last, in any environment: for a first look, where no id is known. */
const LATEST = "latest";

async function findJobOrLatest(db: Db, id: string): Promise<Job | undefined> {
  return id === LATEST ? latestJob(db) : findJob(db, id);
}

async function existingJobId(db: Db, id: string): Promise<string> {
  const job = await findJobOrLatest(db, id);
  if (!job)
    throw new LedgerError("NOT_FOUND", id === LATEST ? "There is no job yet" : `There is no job ${id}`, { jobId: id });
  return job.id;
}

/** The place of a cursor in the stream of events. Throws BAD_USER_INPUT for a text that is none, and CURSOR_AHEAD for one beyond the newest event. */
async function existingCursor(db: Db, after: string): Promise<number> {
  const cursor = decodeEventCursor(after);
  const newest = await lastEventId(db);
  if (cursor > newest) throw cursorAhead(cursor, newest);
  return cursor;
}

builder.queryFields((t) => ({
  job: t.field({
    type: JobRef,
    nullable: true,
    description: `One job, "${LATEST}" the one that was created last; null when there is none with that id.`,
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, { deps }) => (await findJobOrLatest(deps.db, id)) ?? null,
  }),
  jobs: t.field({
    type: JobConnection,
    description: "Jobs, newest first.",
    complexity: costOfPage,
    args: {
      environment: t.arg({ type: EnvironmentEnum, required: true, defaultValue: "PRODUCTION" }),
      leagueKey: t.arg.string({ description: "Only jobs of this league." }),
      status: t.arg({ type: [JobStatusEnum], description: "Only jobs in one of these states." }),
      kind: t.arg({ type: [JobKindEnum], description: "Only jobs of one of these kinds." }),
      first: t.arg.int({ required: true, defaultValue: 20, description: "1 to 100.", validate: pageSize() }),
      after: t.arg.string({ description: "A cursor of this list." }),
    },
    resolve: async (_, { first, after, ...given }, { deps: { db } }) => {
      const filter: JobFilter = {
        environment: given.environment,
        leagueKey: given.leagueKey ?? undefined,
        status: given.status ?? undefined,
        kind: given.kind ?? undefined,
      };
      const [createdAt, id] = after ? decodePosition("jobs", after, position) : [];
      const from = createdAt === undefined || id === undefined ? undefined : { createdAt, id };
      const rows = await listJobs(db, filter, { after: from, limit: first + 1 });
      return page(rows, first, {
        cursorOf: (job) => encodePosition("jobs", [job.createdAt, job.id]),
        hasPrevious: async () => rows[0] !== undefined && jobsBefore(db, filter, rows[0]),
        count: () => countJobs(db, filter),
      });
    },
  }),
  resumableJobs: t.field({
    type: [JobRef],
    description: "Jobs with a checkpoint that `resumeCollection` would take up, newest first; at most 1,000.",
    complexity: list(MOST_RESUMABLE),
    args: { environment: t.arg({ type: EnvironmentEnum, required: true, defaultValue: "PRODUCTION" }) },
    resolve: (_, { environment }, { deps }) => resumableJobs(deps.db, environment),
  }),
  jobEvents: t.field({
    type: JobEventPageRef,
    description: "What happened to a job, oldest first.",
    complexity: costOfPage,
    args: {
      jobId: t.arg.id({ required: true, description: `A job's id, or "${LATEST}" for the job that was created last.` }),
      after: t.arg.string({ description: "A cursor of an event." }),
      first: t.arg.int({
        required: true,
        defaultValue: 100,
        description: "1 to 500.",
        validate: pageSize(LIMITS.events),
      }),
    },
    resolve: async (_, { jobId, after, first }, { deps: { db } }) => {
      const id = await existingJobId(db, jobId);
      const from = after ? await existingCursor(db, after) : 0;
      const events = await eventsAfter(db, from, { jobId: id, limit: first + 1 });
      const shown = events.slice(0, first);
      return { events: shown, cursor: String(shown.at(-1)?.id ?? from), hasMore: events.length > first };
    },
  }),
}));

builder.subscriptionFields((t) => ({
  jobProgress: t.field({
    type: JobProgressRef,
    description:
      "The state now, then every change, then completes when the job is COMPLETED, FAILED, CANCELLED or PAUSED.",
    args: {
      jobId: t.arg.id({ required: true, description: `A job's id, or "${LATEST}" for the job that was created last.` }),
      after: t.arg.string({ description: "The cursor of the last progress that was received: nothing older is sent." }),
    },
    subscribe: async (_, { jobId, after }, { deps, request, closing }) => {
      const id = await existingJobId(deps.db, jobId);
      const from = after ? await existingCursor(deps.db, after) : undefined;
      return cancellable([request.signal, closing], (signal) =>
        followProgress(deps, { jobId: id, after: from }, signal),
      );
    },
    resolve: (progress) => progress,
  }),
  jobEvents: t.field({
    type: JobEventRef,
    description:
      "Every event of a job (of all jobs without `jobId`) after the cursor, oldest first; HEARTBEAT every 10 seconds while nothing happens. Without `after` it begins with the job's first event, or with the first event of the job that something happened to last. Completes when the job rests; without `jobId` it does not complete.",
    args: {
      jobId: t.arg.id({ description: `Only this job's events; "${LATEST}" for the job that was created last.` }),
      after: t.arg.string({ description: "The cursor of the last event that was received." }),
    },
    subscribe: async (_, { jobId, after }, { deps, request, closing }) => {
      const id = jobId ? await existingJobId(deps.db, jobId) : undefined;
      const from = after ? await existingCursor(deps.db, after) : undefined;
      return cancellable([request.signal, closing], (signal) => followEvents(deps, { jobId: id, after: from }, signal));
    },
    resolve: (event) => event,
  }),
}));
