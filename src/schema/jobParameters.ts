import * as v from "valibot";
import type { Job } from "../db/job.ts";
import { builder } from "./builder.ts";
import { JobRef } from "./job.ts";
import { ScheduleTriggerEnum } from "./scheduleDecision.ts";

/** The typed part of a job's metadata. A value of another type is read as null; earlier versions may have written such values. */
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
  description: "The parameters with which a job was started. A field that does not apply to the job is null.",
  fields: (t) => ({
    leagueKey: t.string({
      description: "The league key as given when the job was started, possibly an alias.",
      resolve: ({ leagueKey, job }) => leagueKey ?? job.leagueKey,
    }),
    onlyMissing: t.exposeBoolean("onlyMissing", {
      nullable: true,
      description:
        "Whether a collection collects only missing, partial, provisional and failed dates; null if the job is not a collection.",
    }),
    concurrency: t.int({
      description: "Largest number of requests in flight at once.",
      resolve: ({ job }) => job.concurrency,
    }),
    lookbackDays: t.exposeInt("lookbackDays", {
      nullable: true,
      description: "How many days an update goes back; null if the job is not an update.",
    }),
    season: t.exposeInt("season", {
      nullable: true,
      description: "For a backfill, the year in which its season starts; null for other kinds of jobs.",
    }),
    mend: t.exposeBoolean("mend", {
      nullable: true,
      description: "Whether a verification repairs the damage that it finds; null for other kinds of jobs.",
    }),
    idempotencyKey: t.string({
      nullable: true,
      description: "The idempotency key of the job; null if it has none.",
      resolve: ({ job }) => job.idempotencyKey,
    }),
    scheduledFor: t.field({
      type: "DateTime",
      nullable: true,
      description: "The due time for which a schedule started the job; null if the job was not started for a due time.",
      resolve: ({ scheduledFor }) =>
        scheduledFor === null || Number.isNaN(Date.parse(scheduledFor)) ? null : Date.parse(scheduledFor),
    }),
    trigger: t.field({
      type: ScheduleTriggerEnum,
      nullable: true,
      description: "What made a schedule start the job; null if the job was not started by a schedule.",
      resolve: ({ scheduleId, trigger }) => (scheduleId === null ? null : (trigger ?? "CRON")),
    }),
  }),
});

builder.objectField(JobRef, "parameters", (t) =>
  t.field({
    type: JobParametersRef,
    description: "The parameters with which the job was started.",
    resolve: (job) => ({ ...v.parse(parameters, job.metadata), job }),
  }),
);
