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
  description: "A request to a running job.",
  values: JOB_ACTIONS,
});
export const JobDateStatusEnum = builder.enumType("JobDateStatus", {
  description: "What a job has done with one of its dates.",
  values: JOB_DATE_STATUSES,
});

const JobErrorRef = builder.objectRef<JobError>("JobError").implement({
  description: "Why a date failed, why a job failed, why a job waits, or why a job is paused.",
  fields: (t) => ({
    code: t.exposeString("code", {
      description:
        "Stable code for programs: SOURCE_UNAUTHORIZED, SOURCE_APP_NOT_APPROVED, SOURCE_RATE_LIMITED, SOURCE_OUTAGE, " +
        "SOURCE_UNAVAILABLE, SOURCE_MALFORMED, LEAGUE_NOT_FOUND, LEAGUE_PRIVATE, LEAGUE_NOT_DAILY, " +
        "DATABASE_FULL, DATABASE_READONLY, DATABASE_CORRUPT, DATABASE_REPLACED or INTERNAL.",
    }),
    message: t.exposeString("message", { description: "Explanation of the problem, for people to read." }),
    stack: t.string({
      description:
        "Stack trace, shown only to operators and admins; null for viewers, and null if the error has no stack trace.",
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
      description:
        "Number of attempts to collect the date. An attempt that was cut short, for example by a rate limit, does not count.",
    }),
    recordsProcessed: t.exposeInt("recordsProcessed"),
    recordsInserted: t.exposeInt("recordsInserted"),
    recordsUpdated: t.exposeInt("recordsUpdated"),
    recordsUnchanged: t.exposeInt("recordsUnchanged"),
    recordsRemoved: t.exposeInt("recordsRemoved"),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "When a worker last began to work on the date; null if no worker has.",
    }),
    finishedAt: t.expose("finishedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the date became DONE or FAILED; null in any other status.",
    }),
    doubt: t.exposeString("doubt", {
      nullable: true,
      description:
        "Why the source's answer for the date is in doubt; null if the answer is not in doubt. " +
        "A date in doubt is collected again on another day.",
    }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "Why the date was skipped; null unless it is SKIPPED.",
    }),
    error: t.expose("error", {
      type: JobErrorRef,
      nullable: true,
      description: "Why the date failed; null unless it is FAILED.",
    }),
  }),
});

/** A checkpoint with its job. */
type JobCheckpoint = { job: Job; at: Checkpoint };

const CheckpointRef = builder.objectRef<JobCheckpoint>("Checkpoint").implement({
  description: "How far a job has come. Each date is written in one transaction with the checkpoint.",
  fields: (t) => ({
    jobId: t.id({ resolve: ({ job }) => job.id }),
    status: t.field({ type: JobStatusEnum, resolve: ({ job }) => job.status }),
    leagueKey: t.string({ resolve: ({ job }) => job.leagueKey }),
    startDate: t.field({ type: "Date", resolve: ({ job }) => job.startDate }),
    endDate: t.field({ type: "Date", resolve: ({ job }) => job.endDate }),
    currentDate: t.field({
      type: "Date",
      nullable: true,
      description: "The first date that is neither DONE nor SKIPPED; null if every date is DONE or SKIPPED.",
      resolve: ({ at }) => at.nextDate,
    }),
    datesCompleted: t.field({
      type: ["Date"],
      complexity: rows(SEASON_DAYS),
      description: "The dates that are DONE, in order.",
      resolve: async ({ job }, _, { loaders }) =>
        (await loaders.datesOfJob.load(job.id)).filter(({ status }) => status === "DONE").map(({ date }) => date),
    }),
    teamsProcessed: t.stringList({
      description: "Keys of the teams whose lineup for `currentDate` is already stored.",
      resolve: ({ at }) => at.teamsProcessed,
    }),
    timestamp: t.field({ type: "DateTime", resolve: ({ at }) => at.timestamp }),
  }),
});

/**
 * Returns the database error that keeps an unfinished job from continuing; null if there is none. The error is added when the job is read,
 * because a database that cannot be written to cannot store the error.
 */
function standstill(job: Job, trouble: DatabaseError | null): JobError | null {
  if (trouble === null || (job.status !== "QUEUED" && job.status !== "RUNNING" && job.status !== "WAITING"))
    return null;
  return { code: trouble.code, message: trouble.message, stack: null };
}

/** Returns a text from a job's metadata; null if there is none. */
function textIn(metadata: Job["metadata"], name: string): string | null {
  const value = typeof metadata === "object" && metadata !== null ? (metadata as Record<string, unknown>)[name] : null;
  return typeof value === "string" ? value : null;
}

export const JobRef = builder.objectRef<Job>("Job").implement({
  interfaces: [NodeRef],
  description:
    "A collection, backfill, update or verification. Jobs are never deleted, because every record names the job that wrote it.",
  fields: (t) => ({
    id: t.exposeID("id", {
      description: "Unique id, for example lineup_collection_production_20250802_123456_abc123.",
    }),
    kind: t.expose("kind", { type: JobKindEnum }),
    environment: t.expose("environment", { type: EnvironmentEnum }),
    status: t.expose("status", { type: JobStatusEnum }),
    leagueKey: t.exposeString("leagueKey"),
    league: t.field({
      type: LeagueRef,
      nullable: true,
      description: "The job's league; null until its source has described it.",
      resolve: async ({ leagueKey, environment }, _, { loaders }) => {
        const league = await loaders.league.load(leagueKey);
        return league && { ...league, environment };
      },
    }),
    startedBy: t.string({
      nullable: true,
      description:
        "Who started the job: a token's name, `command line` or `schedule NAME`; null if that was not recorded.",
      resolve: ({ metadata }) => textIn(metadata, "startedBy"),
    }),
    startDate: t.expose("startDate", {
      type: "Date",
      description: "First date of the range. An update may also collect older dates that are due for another check.",
    }),
    endDate: t.expose("endDate", { type: "Date" }),
    pendingAction: t.field({
      type: JobActionEnum,
      nullable: true,
      description: "A requested PAUSE or CANCEL that is not yet in effect; null if there is none.",
      resolve: (job) => (job.status === "RUNNING" ? job.pendingAction : null),
    }),
    resumeAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time at which a WAITING job continues; null in any other status.",
      resolve: (job) => (job.status === "WAITING" ? job.resumeAt : null),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "When a worker first claimed the job; null before that.",
    }),
    finishedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the job became COMPLETED, FAILED or CANCELLED; null in any other status.",
      resolve: (job) => ("finishedAt" in job ? job.finishedAt : null),
    }),
    recordsProcessed: t.exposeInt("recordsProcessed"),
    recordsInserted: t.exposeInt("recordsInserted"),
    recordsUpdated: t.exposeInt("recordsUpdated"),
    recordsUnchanged: t.exposeInt("recordsUnchanged"),
    recordsRemoved: t.exposeInt("recordsRemoved"),
    datesSuspect: t.exposeInt("datesSuspect", {
      description:
        "Number of collected dates for which the source's answer is in doubt. `JobDate.doubt` says why. A date in doubt is " +
        "PROVISIONAL or PARTIAL in the league's coverage, and the first update on another day collects the date again.",
    }),
    requests: t.exposeInt("requests", {
      description: "Number of requests made to the source, including repeated requests.",
    }),
    retries: t.exposeInt("retries"),
    progress: t.field({
      type: JobProgressRef,
      complexity: rows(SEASON_DAYS),
      resolve: ({ id }, _, { loaders }) => loaders.progress.load(id),
    }),
    checkpoint: t.field({
      type: CheckpointRef,
      nullable: true,
      description: "Where the job continues when it is resumed; null once the job is COMPLETED or CANCELLED.",
      resolve: async (job, _, { loaders }) => {
        const at = await loaders.checkpointOfJob.load(job.id);
        return at && { job, at };
      },
    }),
    dates: t.field({
      type: [JobDateRef],
      complexity: list(SEASON_DAYS),
      description: "The job's dates in order, each with its result.",
      args: { status: t.arg({ type: [JobDateStatusEnum], description: "Only dates with one of these statuses." }) },
      resolve: async (job, { status }, { loaders }) =>
        (await loaders.datesOfJob.load(job.id)).filter((each) => !status || status.includes(each.status)),
    }),
    error: t.field({
      type: JobErrorRef,
      nullable: true,
      description:
        "Why the job failed, why the job is waiting, or why the ledger paused the job. " +
        "While writes to the database fail, `error` says why an unfinished job does not continue. Null if nothing is wrong.",
      resolve: (job, _, { deps }) => job.error ?? standstill(job, deps.db.trouble()),
    }),
    metadata: t.field({
      type: "JSON",
      description:
        "Everything that was recorded when the job was started. `parameters` and `startedBy` return parts of `metadata` as typed fields.",
      resolve: (job) => job.metadata,
    }),
  }),
});
