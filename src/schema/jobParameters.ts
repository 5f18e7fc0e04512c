import * as v from "valibot";
import type { Job } from "../db/job.ts";
import { builder } from "./builder.ts";
import { JobRef } from "./job.ts";
import { ScheduleTriggerEnum } from "./scheduleDecision.ts";

/** What a job's metadata may say; what an earlier version wrote otherwise counts as not said. */
const optional = <S extends v.GenericSchema>(schema: S) => v.fallback(v.nullish(schema, null), null);
const parameters = v.object({
  leagueKey: optional(v.string()),
  onlyMissing: optional(v.boolean()),
  lookbackDays: optional(v.number()),
  mend: optional(v.boolean()),
  season: optional(v.number()),
  scheduledFor: optional(v.string()),
  trigger: optional(v.literal("MANUAL")),
  scheduleId: optional(v.string()),
});
type Parameters = v.InferOutput<typeof parameters> & { job: Job };

const JobParametersRef = builder.objectRef<Parameters>("JobParameters").implement({
  description: "What a job was started with; null where its kind has no such thing.",
  fields: (t) => ({
    leagueKey: t.string({
      description: "The league as whoever started the job named it: maybe by an alias.",
      resolve: ({ leagueKey, job }) => leagueKey ?? job.leagueKey,
    }),
    onlyMissing: t.exposeBoolean("onlyMissing", {
      nullable: true,
      description: "Of a collection: only dates that are missing, partial, provisional or failed.",
    }),
    concurrency: t.int({
      description: "Requests under way at once, at most.",
      resolve: ({ job }) => job.concurrency,
    }),
    lookbackDays: t.exposeInt("lookbackDays", { nullable: true, description: "Of an update: days back." }),
    season: t.exposeInt("season", { nullable: true, description: "Of a backfill: the year its season starts in." }),
    mend: t.exposeBoolean("mend", {
      nullable: true,
      description: "Of a verification: whether it mends what it finds.",
    }),
    idempotencyKey: t.string({
      nullable: true,
      description: "The key that starts this job once.",
      resolve: ({ job }) => job.idempotencyKey,
    }),
    scheduledFor: t.field({
      type: "DateTime",
      nullable: true,
      description: "The due time of its schedule that it was started for.",
      resolve: ({ scheduledFor }) =>
        scheduledFor === null || Number.isNaN(Date.parse(scheduledFor)) ? null : Date.parse(scheduledFor),
    }),
    trigger: t.field({
      type: ScheduleTriggerEnum,
      nullable: true,
      description: "What made its schedule start it; null where no schedule has.",
      resolve: ({ scheduleId, trigger }) => (scheduleId === null ? null : (trigger ?? "CRON")),
    }),
  }),
});

builder.objectField(JobRef, "parameters", (t) =>
  t.field({
    type: JobParametersRef,
    description: "What it was started with.",
    resolve: (job) => ({ ...v.parse(parameters, job.metadata), job }),
  }),
);
