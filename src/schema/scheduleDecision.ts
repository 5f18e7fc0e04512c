import type { PlacedDecision } from "../db/scheduleDecisions.ts";
import type { ScheduleOutcome, ScheduleTrigger } from "../db/schedules.ts";
import { builder, describedEnum } from "./builder.ts";
import { JobRef } from "./job.ts";

const ScheduleOutcomeEnum = describedEnum<ScheduleOutcome>("ScheduleOutcome", "What was decided at a due time.", {
  STARTED: "An update was started.",
  SKIPPED_OVERLAP:
    "A job stood in its way, or the schedule was changed while it waited for one; `jobId` names that job.",
  SKIPPED_MISSED: "Nothing ran at that time.",
  FAILED: "No update could be started, for the reason given.",
});
export const ScheduleTriggerEnum = describedEnum<ScheduleTrigger>("ScheduleTrigger", "What asked for a run.", {
  CRON: "The schedule's pattern.",
  MANUAL: "Somebody, by `triggerSchedule`.",
});

export const ScheduleDecisionRef = builder.objectRef<PlacedDecision>("ScheduleDecision").implement({
  description: "What was decided at one due time. Decisions are never changed.",
  fields: (t) => ({
    scheduledFor: t.expose("scheduledFor", {
      type: "DateTime",
      description: "The due time; of a manual run, when it was asked for.",
    }),
    scheduledUntil: t.expose("scheduledUntil", {
      type: "DateTime",
      nullable: true,
      description:
        "After an absence of more than 100 due times, one decision tells of all from `scheduledFor` to this one; else null.",
    }),
    trigger: t.expose("trigger", { type: ScheduleTriggerEnum, description: "What asked for the run." }),
    decidedAt: t.expose("decidedAt", { type: "DateTime", description: "When it was decided." }),
    outcome: t.expose("outcome", { type: ScheduleOutcomeEnum, description: "What was decided." }),
    jobId: t.exposeID("jobId", {
      nullable: true,
      description: "The job that was started, or the one that stood in the way.",
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: "The job of `jobId`.",
      resolve: ({ jobId }, _, { loaders }) => (jobId === null ? null : loaders.job.load(jobId)),
    }),
    reason: t.exposeString("reason", { nullable: true, description: "Why, for people." }),
  }),
});
