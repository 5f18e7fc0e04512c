import { mayActAs } from "../config/roles.ts";
import type { DatabaseError } from "../db/errors.ts";
import type { Job, JobError } from "../db/job.ts";
import type { Checkpoint, JobDate } from "../db/jobDates.ts";
import { JOB_ACTIONS, JOB_DATE_STATUSES } from "../db/tables/values.ts";
import { builder } from "./builder.ts";
import { list, rows, SEASON_DAYS } from "./costs.ts";
import { EnvironmentEnum } from "./environment.ts";
import { JobProgressRef } from "./jobProgress.ts";
import { JobKindEnum, JobStatusEnum } from "./jobStatus.ts";
import { LeagueRef } from "./league.ts";
import { NodeRef } from "./node.ts";

const JobActionEnum = builder.enumType("JobAction", {
  description: "What was asked of a running job.",
  values: JOB_ACTIONS,
});
export const JobDateStatusEnum = builder.enumType("JobDateStatus", {
  description: "What a job has done with one of its dates.",
  values: JOB_DATE_STATUSES,
});

const JobErrorRef = builder.objectRef<JobError>("JobError").implement({
  description: "Why a job or a date failed, or why a job is held.",
  fields: (t) => ({
    code: t.exposeString("code", {
      description:
        "Stable, for programs: SOURCE_UNAUTHORIZED, SOURCE_APP_NOT_APPROVED, SOURCE_RATE_LIMITED, SOURCE_OUTAGE, SOURCE_UNAVAILABLE, SOURCE_MALFORMED, LEAGUE_NOT_FOUND, LEAGUE_PRIVATE, LEAGUE_NOT_DAILY, DATABASE_FULL, DATABASE_READONLY, DATABASE_CORRUPT, DATABASE_REPLACED, INTERNAL.",
    }),
    message: t.exposeString("message", { description: "For people: what was wrong." }),
    stack: t.string({
      description: "Only for callers allowed to operate jobs.",
      nullable: true,
      resolve: (error, _, { caller }) => (mayActAs(caller, "operator") ? error.stack : null),
    }),
  }),
});

const JobDateRef = builder.objectRef<JobDate>("JobDate").implement({
  description: "One date of a job.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    status: t.expose("status", { type: JobDateStatusEnum }),
    attempts: t.exposeInt("attempts", {
      description: "How often the source was asked for it; waits for its rate limit do not count.",
    }),
    recordsProcessed: t.exposeInt("recordsProcessed"),
    recordsInserted: t.exposeInt("recordsInserted"),
    recordsUpdated: t.exposeInt("recordsUpdated"),
    recordsUnchanged: t.exposeInt("recordsUnchanged"),
    recordsRemoved: t.exposeInt("recordsRemoved"),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
    doubt: t.exposeString("doubt", {
      nullable: true,
      description:
        "Why the source's answer for the date is doubted; null where it is not. The date is looked at again on another day.",
    }),
    reason: t.exposeString("reason", { nullable: true, description: "Why the date was skipped." }),
    error: t.expose("error", { type: JobErrorRef, nullable: true, description: "Of a failed date." }),
  }),
});

/** A checkpoint together with what it is a checkpoint of. */
type JobCheckpoint = { job: Job; at: Checkpoint };

const CheckpointRef = builder.objectRef<JobCheckpoint>("Checkpoint").implement({
  description: "Where a job stands: written with every date, in the same transaction.",
  fields: (t) => ({
    jobId: t.id({ resolve: ({ job }) => job.id }),
    status: t.field({ type: JobStatusEnum, resolve: ({ job }) => job.status }),
    leagueKey: t.string({ resolve: ({ job }) => job.leagueKey }),
    startDate: t.field({ type: "Date", resolve: ({ job }) => job.startDate }),
    endDate: t.field({ type: "Date", resolve: ({ job }) => job.endDate }),
    currentDate: t.field({
      type: "Date",
      nullable: true,
      description: "The first date not yet completed.",
      resolve: ({ at }) => at.nextDate,
    }),
    datesCompleted: t.field({
      type: ["Date"],
      complexity: rows(SEASON_DAYS),
      resolve: async ({ job }, _, { loaders }) =>
        (await loaders.datesOfJob.load(job.id)).filter(({ status }) => status === "DONE").map(({ date }) => date),
    }),
    teamsProcessed: t.stringList({
      description: "Teams already stored for `currentDate`.",
      resolve: ({ at }) => at.teamsProcessed,
    }),
    timestamp: t.field({ type: "DateTime", resolve: ({ at }) => at.timestamp }),
  }),
});

/** What keeps an unfinished job from going on although nothing is wrong with the job; it cannot be written where it belongs. */
function standstill(job: Job, trouble: DatabaseError | null): JobError | null {
  if (trouble === null || (job.status !== "QUEUED" && job.status !== "RUNNING" && job.status !== "WAITING"))
    return null;
  return { code: trouble.code, message: trouble.message, stack: null };
}

/** A text that a job was started with; null where there is none. */
function textIn(metadata: Job["metadata"], name: string): string | null {
  const value = typeof metadata === "object" && metadata !== null ? (metadata as Record<string, unknown>)[name] : null;
  return typeof value === "string" ? value : null;
}

export const JobRef = builder.objectRef<Job>("Job").implement({
  interfaces: [NodeRef],
  description: "A collection, from its start to its end, and for ever after: every record names its job.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "For example lineup_collection_production_20250802_123456_abc123." }),
    kind: t.expose("kind", { type: JobKindEnum }),
    environment: t.expose("environment", { type: EnvironmentEnum }),
    status: t.expose("status", { type: JobStatusEnum }),
    leagueKey: t.exposeString("leagueKey"),
    league: t.field({
      type: LeagueRef,
      nullable: true,
      description: "Null while its source was never asked for it.",
      resolve: async ({ leagueKey, environment }, _, { loaders }) => {
        const league = await loaders.league.load(leagueKey);
        return league && { ...league, environment };
      },
    }),
    startedBy: t.string({
      nullable: true,
      description: "Who has started it: the name of a token, `command line`, a schedule.",
      resolve: ({ metadata }) => textIn(metadata, "startedBy"),
    }),
    startDate: t.expose("startDate", { type: "Date" }),
    endDate: t.expose("endDate", { type: "Date" }),
    pendingAction: t.field({
      type: JobActionEnum,
      nullable: true,
      description: "PAUSE or CANCEL was asked for and is not yet in effect.",
      resolve: (job) => (job.status === "RUNNING" ? job.pendingAction : null),
    }),
    resumeAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When a WAITING job goes on.",
      resolve: (job) => (job.status === "WAITING" ? job.resumeAt : null),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    finishedAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: (job) => ("finishedAt" in job ? job.finishedAt : null),
    }),
    recordsProcessed: t.exposeInt("recordsProcessed"),
    recordsInserted: t.exposeInt("recordsInserted"),
    recordsUpdated: t.exposeInt("recordsUpdated"),
    recordsUnchanged: t.exposeInt("recordsUnchanged"),
    recordsRemoved: t.exposeInt("recordsRemoved"),
    datesSuspect: t.exposeInt("datesSuspect", {
      description:
        "Dates that were collected although the source's answer is doubted: each says why, is PROVISIONAL or PARTIAL in the league's coverage, and is looked at again by the first update of another day.",
    }),
    requests: t.exposeInt("requests", { description: "Requests made to the source, repeated ones included." }),
    retries: t.exposeInt("retries"),
    progress: t.field({
      type: JobProgressRef,
      complexity: rows(SEASON_DAYS),
      resolve: ({ id }, _, { loaders }) => loaders.progress.load(id),
    }),
    checkpoint: t.field({
      type: CheckpointRef,
      nullable: true,
      description: "The state a resume starts from; null once the job is completed or cancelled.",
      resolve: async (job, _, { loaders }) => {
        const at = await loaders.checkpointOfJob.load(job.id);
        return at && { job, at };
      },
    }),
    dates: t.field({
      type: [JobDateRef],
      complexity: list(SEASON_DAYS),
      description: "Every date of the job with what became of it.",
      args: { status: t.arg({ type: [JobDateStatusEnum], description: "Only dates in one of these states." }) },
      resolve: async (job, { status }, { loaders }) =>
        (await loaders.datesOfJob.load(job.id)).filter((each) => !status || status.includes(each.status)),
    }),
    error: t.field({
      type: JobErrorRef,
      nullable: true,
      description:
        "Why it failed, waits or was paused by itself; of a job that stands still since the database cannot be written, why that is.",
      resolve: (job, _, { deps }) => job.error ?? standstill(job, deps.db.trouble()),
    }),
    metadata: t.field({
      type: "JSON",
      description:
        "All that the job was started with, as it was recorded; `parameters` and `startedBy` have what has a type.",
      resolve: (job) => job.metadata,
    }),
  }),
});
