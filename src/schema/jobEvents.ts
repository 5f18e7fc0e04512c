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
  description:
    "Something that happened to a job. Every event except HEARTBEAT is recorded in the same transaction as the change that it reports.",
  fields: (t) => ({
    cursor: t.string({
      description:
        "Cursor of the event. Pass the cursor as `after` to continue with the next event, without gaps or repeats.",
      resolve: ({ id }) => String(id),
    }),
    jobId: t.exposeID("jobId", { description: "Id of the job; empty only for a HEARTBEAT in a stream of all jobs." }),
    type: t.expose("type", { type: JobEventTypeEnum }),
    at: t.expose("at", { type: "DateTime" }),
    date: t.expose("date", {
      type: "Date",
      nullable: true,
      description:
        "The date that the event is about, in the league's calendar; null if the event is about the whole job.",
    }),
    message: t.exposeString("message", { description: "Description of the event, for people to read." }),
    by: t.exposeString("by", {
      nullable: true,
      description:
        "Name of the caller who caused the event. " +
        "Null if the ledger acted by itself, or if the event was recorded before this field existed.",
    }),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "Counts and codes of the event, for programs; null if the event has none.",
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
    description:
      "Cursor of the page's last event. Pass the cursor as `after` to get the next page, or to subscribe to later events.",
    resolve: ({ nodes, cursorOf, after }) => cursorAt(nodes.at(-1), cursorOf) ?? after ?? "0",
  }),
  hasMore: t.boolean({ description: "The same as `pageInfo.hasNextPage`.", resolve: (page) => page.hasNext() }),
}));

/** Returns a page of a job's events, oldest first. */
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
    description: "Events of a job, oldest first.",
    complexity: costOfPage,
    args: {
      jobId: t.arg.id({
        required: true,
        description: `Id of a job, or "${LATEST}" for the most recently created job.`,
      }),
      ...pageArgs(t, 100, LIMITS.events),
    },
    resolve: async (_, { jobId, ...args }, context) =>
      eventsPage(context, await existingJobId(context.deps.db, jobId), args),
  }),
);

builder.objectField(JobRef, "events", (t) =>
  t.field({
    type: JobEventPageRef,
    description: "Events of the job, oldest first.",
    complexity: costOfPage,
    args: pageArgs(t, 100, LIMITS.events),
    resolve: ({ id }, args, context) => eventsPage(context, id, args),
  }),
);

builder.subscriptionField("jobEvents", (t) =>
  t.field({
    type: JobEventRef,
    description:
      "A job's events after the cursor, oldest first. " +
      "Without `jobId`, the stream sends the events of all jobs. While nothing happens, a HEARTBEAT is sent every 10 seconds. " +
      "Without `after`, the stream begins with the job's first event. With neither " +
      "`jobId` nor `after`, the stream begins with the first event of the most recently active job. The stream completes " +
      "when the job is finished or paused; without `jobId`, the stream never completes.",
    args: {
      jobId: t.arg.id({ description: `Id of a job, or "${LATEST}" for the most recently created job.` }),
      after: t.arg.string({ description: "Cursor of the last event received." }),
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
