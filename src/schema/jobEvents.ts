import type { EventPosition } from "../db/events.ts";
import { JOB_EVENT_TYPES } from "../db/tables/values.ts";
import { type StreamedEvent, subscribeToEvents } from "../jobs/subscribe.ts";
import { builder, type Context } from "./builder.ts";
import { cancellable } from "./cancellable.ts";
import { connectionOf, cursorAt, type Page, type PageArgs, pageArgs, pageOf } from "./connection.ts";
import { costOfPage } from "./costs.ts";
import { JobRef } from "./job.ts";
import { existingCursor, existingJobId, LATEST } from "./jobArguments.ts";
import { LIMITS } from "./limits.ts";

const JobEventTypeEnum = builder.enumType("JobEventType", {
  description: "What happened to a job.",
  values: [...JOB_EVENT_TYPES, "HEARTBEAT"] as const,
});

const JobEventRef = builder.objectRef<StreamedEvent>("JobEvent").implement({
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
    by: t.exposeString("by", {
      nullable: true,
      description:
        "Who asked for it, by the name of its token; null for what the ledger did by itself, and for events older than this field.",
    }),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "The same for programs: counts, codes.",
      resolve: ({ data }) => data,
    }),
  }),
});

const JobEventPageRef = connectionOf<StreamedEvent>("JobEvent", JobEventRef, "JobEventPage");
builder.objectFields(JobEventPageRef, (t) => ({
  events: t.field({
    type: [JobEventRef],
    complexity: { field: 0, multiplier: 1 },
    description: "The same as `nodes`.",
    resolve: ({ nodes }) => nodes,
  }),
  cursor: t.string({
    description: "The place of the page's last event: pass it as `after` for the next page, or to a subscription.",
    resolve: ({ nodes, cursorOf, after }) => cursorAt(nodes.at(-1), cursorOf) ?? after ?? "0",
  }),
  hasMore: t.boolean({ description: "The same as `pageInfo.hasNextPage`.", resolve: (page) => page.hasNext() }),
}));

/** A page of what happened to a job, oldest first. */
function eventsPage({ deps: { db }, loaders }: Context, jobId: string, args: PageArgs): Promise<Page<StreamedEvent>> {
  return pageOf<StreamedEvent, EventPosition>(
    {
      cursors: {
        encode: ([id]) => String(id),
        decode: async (cursor, argument) => [await existingCursor(db, cursor, argument)],
      },
      positionOf: ({ id }) => [id],
      read: (window) => loaders.events.load({ jobId, window }),
      count: () => loaders.eventCount.load(jobId),
    },
    args,
  );
}

builder.queryField("jobEvents", (t) =>
  t.field({
    type: JobEventPageRef,
    description: "What happened to a job, oldest first.",
    complexity: costOfPage,
    args: {
      jobId: t.arg.id({ required: true, description: `A job's id, or "${LATEST}" for the job that was created last.` }),
      ...pageArgs(t, 100, LIMITS.events),
    },
    resolve: async (_, { jobId, ...args }, context) =>
      eventsPage(context, await existingJobId(context.deps.db, jobId), args),
  }),
);

builder.objectField(JobRef, "events", (t) =>
  t.field({
    type: JobEventPageRef,
    description: "What happened to it, oldest first.",
    complexity: costOfPage,
    args: pageArgs(t, 100, LIMITS.events),
    resolve: ({ id }, args, context) => eventsPage(context, id, args),
  }),
);

builder.subscriptionField("jobEvents", (t) =>
  t.field({
    type: JobEventRef,
    description:
      "Every event of a job (of all jobs without `jobId`) after the cursor, oldest first; HEARTBEAT every 10 seconds while nothing happens. Without `after` it begins with the job's first event, or with the first event of the job that something happened to last. Completes when the job is finished or paused; without `jobId` it does not complete.",
    args: {
      jobId: t.arg.id({ description: `Only this job's events; "${LATEST}" for the job that was created last.` }),
      after: t.arg.string({ description: "The cursor of the last event that was received." }),
    },
    subscribe: async (_, { jobId, after }, { deps, request, closing }) => {
      const id = jobId ? await existingJobId(deps.db, jobId) : undefined;
      const from = after ? await existingCursor(deps.db, after) : undefined;
      return cancellable([request.signal, closing], (signal) =>
        subscribeToEvents(deps, { jobId: id, after: from }, signal),
      );
    },
    resolve: (event) => event,
  }),
);
