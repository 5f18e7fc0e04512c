import type { Progress } from "../jobs/progress.ts";
import { subscribeToAllProgress, subscribeToProgress } from "../jobs/subscribe.ts";
import { knownKey } from "../leagues/alias.ts";
import { refuseUnknownLeague } from "./aliases.ts";
import { builder } from "./builder.ts";
import { cancellable } from "./cancellable.ts";
import { environmentArg } from "./environment.ts";
import { existingCursor, existingJobId, LATEST } from "./jobArguments.ts";
import { JobStatusEnum } from "./jobStatus.ts";

export const JobProgressRef = builder.objectRef<Progress>("JobProgress").implement({
  description: "How far a job has come. An item is a team-day: one team on one date.",
  fields: (t) => ({
    jobId: t.exposeID("jobId"),
    status: t.expose("status", { type: JobStatusEnum }),
    itemsTotal: t.exposeInt("itemsTotal", {
      description: "Number of team-days to collect; 0 until the league's teams are known.",
    }),
    itemsProcessed: t.exposeInt("itemsProcessed"),
    percent: t.exposeFloat("percent", {
      description: "Percentage of the team-days that are done, 0 to 100; 100 once the job is COMPLETED.",
    }),
    datesTotal: t.exposeInt("datesTotal", { description: "Number of dates to collect, not counting skipped dates." }),
    datesCompleted: t.exposeInt("datesCompleted"),
    datesFailed: t.exposeInt("datesFailed"),
    currentDate: t.expose("currentDate", { type: "Date", nullable: true }),
    rate: t.exposeFloat("rate", {
      nullable: true,
      description:
        "Team-days per second over the last minute of work; null unless the job is RUNNING and at least one date is finished.",
    }),
    etaSeconds: t.exposeFloat("etaSeconds", {
      nullable: true,
      description:
        "Estimated seconds until the job ends, including waits; 0 once the job is COMPLETED. " +
        "Null for a PAUSED, FAILED or CANCELLED job, and while the job's speed is unknown.",
    }),
    recordsProcessed: t.exposeInt("recordsProcessed"),
    recordsInserted: t.exposeInt("recordsInserted"),
    resumeAt: t.expose("resumeAt", { type: "DateTime", nullable: true }),
    cursor: t.string({
      description:
        "Cursor of the job's newest event, or in `jobsProgress` of one of the job's last events. " +
        "Pass the cursor as `after` to continue the stream without gaps.",
      resolve: ({ cursor }) => String(cursor),
    }),
    at: t.expose("at", { type: "DateTime", description: "When the progress was computed." }),
  }),
});

builder.subscriptionField("jobsProgress", (t) =>
  t.field({
    type: JobProgressRef,
    description:
      "The progress of all jobs, for a page that shows all jobs. Without `after`, the stream begins with the unfinished jobs (at most " +
      "the newest 100). After every change to a job, including its end, the stream sends the job's progress. The stream never completes.",
    args: {
      environment: environmentArg(t),
      leagueKey: t.arg.string({ description: "Only jobs of this league." }),
      after: t.arg.string({
        description:
          "Cursor of the last progress received. The stream leaves out jobs that have no event after the cursor.",
      }),
    },
    subscribe: async (_, { environment, leagueKey, after }, { deps, loaders, request, closing }) => {
      const key = leagueKey == null ? undefined : await knownKey(deps.db, leagueKey);
      if (leagueKey != null && key !== undefined) await refuseUnknownLeague({ loaders }, leagueKey, key);
      const from = after ? await existingCursor(deps.db, after) : undefined;
      return cancellable([request.signal, closing], (signal) =>
        subscribeToAllProgress(deps, { environment, leagueKey: key, after: from }, signal),
      );
    },
    resolve: (progress) => progress,
  }),
);

builder.subscriptionField("jobProgress", (t) =>
  t.field({
    type: JobProgressRef,
    description:
      "The progress of a job now and after every change. The stream completes when the job is COMPLETED, FAILED, CANCELLED or PAUSED.",
    args: {
      jobId: t.arg.id({
        required: true,
        description: `Id of a job, or "${LATEST}" for the most recently created job.`,
      }),
      after: t.arg.string({
        description:
          "Cursor of the last progress received. Nothing is sent until the job has an event after the cursor.",
      }),
    },
    subscribe: async (_, { jobId, after }, { deps, request, closing }) => {
      const id = await existingJobId(deps.db, jobId);
      const from = after ? await existingCursor(deps.db, after) : undefined;
      return cancellable([request.signal, closing], (signal) =>
        subscribeToProgress(deps, { jobId: id, after: from }, signal),
      );
    },
    resolve: (progress) => progress,
  }),
);
