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
  description: "How far a job is; an item is a team's day.",
  fields: (t) => ({
    jobId: t.exposeID("jobId"),
    status: t.expose("status", { type: JobStatusEnum }),
    itemsTotal: t.exposeInt("itemsTotal", { description: "Team-days; 0 until the league's number of teams is known." }),
    itemsProcessed: t.exposeInt("itemsProcessed"),
    percent: t.exposeFloat("percent", { description: "0 to 100." }),
    datesTotal: t.exposeInt("datesTotal", { description: "Dates to collect; skipped ones are not among them." }),
    datesCompleted: t.exposeInt("datesCompleted"),
    datesFailed: t.exposeInt("datesFailed"),
    currentDate: t.expose("currentDate", { type: "Date", nullable: true }),
    rate: t.exposeFloat("rate", {
      nullable: true,
      description: "Items per second over the last minute; null until it is known.",
    }),
    etaSeconds: t.exposeFloat("etaSeconds", {
      nullable: true,
      description: "Seconds left, waiting included; null while it is not known.",
    }),
    recordsProcessed: t.exposeInt("recordsProcessed"),
    recordsInserted: t.exposeInt("recordsInserted"),
    resumeAt: t.expose("resumeAt", { type: "DateTime", nullable: true }),
    cursor: t.string({
      description: "Pass it as `after` to go on from here, without a gap and without a repeat.",
      resolve: ({ cursor }) => String(cursor),
    }),
    at: t.expose("at", { type: "DateTime" }),
  }),
});

builder.subscriptionField("jobsProgress", (t) =>
  t.field({
    type: JobProgressRef,
    description:
      "Where all unfinished jobs stand now, one after the other, then each job after every change, its end included; it does not complete. One subscription for a page that shows all jobs.",
    args: {
      environment: environmentArg(t),
      leagueKey: t.arg.string({ description: "Only jobs of this league." }),
      after: t.arg.string({
        description: "The cursor of the last progress that was received: only jobs that something happened to since.",
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
      "The state now, then every change, then completes when the job is COMPLETED, FAILED, CANCELLED or PAUSED.",
    args: {
      jobId: t.arg.id({ required: true, description: `A job's id, or "${LATEST}" for the job that was created last.` }),
      after: t.arg.string({ description: "The cursor of the last progress that was received: nothing older is sent." }),
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
