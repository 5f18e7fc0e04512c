import type { PlacedDecision } from "../db/scheduleDecisions.ts";
import type { ScheduleOutcome, ScheduleTrigger } from "../db/schedules.ts";
import { builder, describedEnum } from "./builder.ts";
import { JobRef } from "./job.ts";

const ScheduleOutcomeEnum = describedEnum<ScheduleOutcome>("ScheduleOutcome", "What was decided at a due time.", {
  STARTED: "A job was started.",
  SKIPPED_OVERLAP:
    "A job blocked the run, or the schedule was changed while the run was waiting for a job. `jobId` names the blocking job.",
  SKIPPED_MISSED: "The due time was missed: nothing handled it in time.",
  FAILED: "No job could be started; `reason` says why.",
});
export const ScheduleTriggerEnum = describedEnum<ScheduleTrigger>("ScheduleTrigger", "What triggered a run.", {
  CRON: "The schedule's cron pattern.",
  MANUAL: "A call of `triggerSchedule`.",
});

export const ScheduleDecisionRef = builder.objectRef<PlacedDecision>("ScheduleDecision").implement({
  description: "What was decided at one due time. Decisions are never changed.",
  fields: (t) => ({
    scheduledFor: t.expose("scheduledFor", {
      type: "DateTime",
      description: "The due time; for a manual run, the time of the request.",
    }),
    scheduledUntil: t.expose("scheduledUntil", {
      type: "DateTime",
      nullable: true,
      description:
        "The last due time that this decision covers; null if it covers only `scheduledFor`. " +
        "If more than 100 due times have passed without a decision, one decision covers several of them.",
    }),
    trigger: t.expose("trigger", { type: ScheduleTriggerEnum, description: "What triggered the run." }),
    decidedAt: t.expose("decidedAt", { type: "DateTime", description: "When the decision was made." }),
    outcome: t.expose("outcome", { type: ScheduleOutcomeEnum, description: "What was decided." }),
    jobId: t.exposeID("jobId", {
      nullable: true,
      description: "Id of the job that was started or that blocked the run; null if there is none.",
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: "The job whose id is `jobId`; null if `jobId` is null.",
      resolve: ({ jobId }, _, { loaders }) => (jobId === null ? null : loaders.job.load(jobId)),
    }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "The reason for the decision, for people to read.",
    }),
  }),
});
