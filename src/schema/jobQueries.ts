import * as v from "valibot";
import type { Job } from "../db/job.ts";
import { type JobFilter, type JobPosition, MAX_RESUMABLE, resumableJobs } from "../db/jobQueries.ts";
import type { Environment } from "../db/tables/values.ts";
import { builder } from "./builder.ts";
import { connectionOf, type Fields, type Page, type PageArgs, pageArgs, pageOf } from "./connection.ts";
import { costOfPage, list } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg, inheritedArg } from "./environment.ts";
import { inherited } from "./inherits.ts";
import { JobRef } from "./job.ts";
import { findJobOrLatest, LATEST } from "./jobArguments.ts";
import { JobKindEnum, JobStatusEnum } from "./jobStatus.ts";
import { LeagueRef } from "./league.ts";
import type { Loaders } from "./loaders.ts";

const JobConnection = connectionOf<Job>("Job", JobRef);
const cursors = cursorsOf<JobPosition>("jobs", v.tuple([v.number(), v.string()]));

/** Filter arguments as GraphQL passes them: null or undefined if left out. */
type Given<T> = { [K in keyof T]?: T[K] | null | undefined };
type JobsArgs = PageArgs & Given<JobFilter> & { environment: Environment };

/** Returns a page of jobs, newest first. */
function jobsPage(loaders: Loaders, { first, after, last, before, ...given }: JobsArgs): Promise<Page<Job>> {
  const filter: JobFilter = {
    environment: given.environment,
    leagueKey: given.leagueKey ?? undefined,
    status: given.status ?? undefined,
    kind: given.kind ?? undefined,
    since: given.since ?? undefined,
    until: given.until ?? undefined,
    date: given.date ?? undefined,
    startedBy: given.startedBy || undefined,
    scheduleId: given.scheduleId ?? undefined,
    idempotencyKey: given.idempotencyKey ?? undefined,
    idEndsWith: given.idEndsWith || undefined,
  };
  return pageOf<Job, JobPosition>(
    {
      cursors,
      positionOf: (job) => [job.createdAt, job.id],
      read: (window) => loaders.jobs.load({ filter, window }),
      count: () => loaders.jobCount.load(filter),
    },
    { first, after, last, before },
  );
}

/** Declares the filter arguments of a list of jobs. */
const filterArgs = (t: Fields) => ({
  status: t.arg({ type: [JobStatusEnum], description: "Only jobs with one of these statuses." }),
  kind: t.arg({ type: [JobKindEnum], description: "Only jobs of these kinds." }),
  since: t.arg({ type: "DateTime", description: "Only jobs created at this instant or later." }),
  until: t.arg({ type: "DateTime", description: "Only jobs created before this instant." }),
  date: t.arg({
    type: "Date",
    description: "Only jobs whose range contains this date, including jobs that skip the date.",
  }),
  startedBy: t.arg.string({ description: "Only jobs whose `startedBy` is this text." }),
  scheduleId: t.arg.id({ description: "Only jobs that this schedule started." }),
  idempotencyKey: t.arg.string({ description: "Only jobs that were started with this idempotency key." }),
  idEndsWith: t.arg.string({
    description: "Only jobs whose id ends with this text; the last six characters usually identify a job.",
  }),
});

builder.queryFields((t) => ({
  job: t.field({
    type: JobRef,
    nullable: true,
    description: "One job; null if no job has this id.",
    args: {
      id: t.arg.id({ required: true, description: `Id of a job, or "${LATEST}" for the most recently created job.` }),
    },
    resolve: async (_, { id }, { deps }) => (await findJobOrLatest(deps.db, id)) ?? null,
  }),
  jobs: t.field({
    type: JobConnection,
    description: "Jobs, newest first.",
    complexity: costOfPage,
    args: {
      environment: environmentArg(t),
      leagueKey: t.arg.string({ description: "Only jobs of this league." }),
      ...filterArgs(t),
      ...pageArgs(t, 20),
    },
    resolve: (_, args, { loaders }) => jobsPage(loaders, args),
  }),
  resumableJobs: t.field({
    type: [JobRef],
    description:
      "Jobs that `resumeCollection` can continue, newest first; at most 1,000. The jobs are PAUSED or FAILED.",
    complexity: list(MAX_RESUMABLE),
    args: { environment: environmentArg(t) },
    resolve: (_, { environment }, { deps }) => resumableJobs(deps.db, environment),
  }),
}));

builder.objectField(LeagueRef, "jobs", (t) =>
  t.field({
    type: JobConnection,
    description: "Jobs of the league, newest first.",
    complexity: costOfPage,
    args: { environment: inheritedArg(t), ...filterArgs(t), ...pageArgs(t, 20) },
    resolve: (league, { environment, ...args }, { loaders }) =>
      jobsPage(loaders, { ...args, environment: inherited(environment, league), leagueKey: league.key }),
  }),
);
