import { eventsAfter, type JobEvent } from "../db/events.ts";
import { JOB_EVENT_TYPES } from "../db/tables/values.ts";
import { type StreamedEvent, subscribeToEvents } from "../jobs/subscribe.ts";
import { builder } from "./builder.ts";
import { cancellable } from "./cancellable.ts";
import { pageSize } from "./connection.ts";
import { costOfPage } from "./costs.ts";
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

builder.queryField("jobEvents", (t) =>
  t.field({
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
