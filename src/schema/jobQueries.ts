import * as v from "valibot";
import type { Db } from "../db/client.ts";
import type { Job } from "../db/job.ts";
import { countJobs, type JobFilter, jobsBefore, listJobs, MAX_RESUMABLE, resumableJobs } from "../db/jobQueries.ts";
import type { Environment, JobKind, JobStatus } from "../db/tables/values.ts";
import { builder } from "./builder.ts";
import { connectionOf, page, pageSize } from "./connection.ts";
import { costOfPage, list } from "./costs.ts";
import { decodePosition, encodePosition } from "./cursor.ts";
import { environmentArg, inherited, inheritedArg } from "./environment.ts";
import { JobRef } from "./job.ts";
import { findJobOrLatest, LATEST } from "./jobArguments.ts";
import { JobKindEnum, JobStatusEnum } from "./jobStatus.ts";
import { LeagueRef } from "./league.ts";

const JobConnection = connectionOf<Job>("Job", JobRef);
const position = v.tuple([v.number(), v.string()]);
type JobsArgs = {
  environment: Environment;
  leagueKey?: string | null | undefined;
  status?: readonly JobStatus[] | null | undefined;
  kind?: readonly JobKind[] | null | undefined;
  first: number;
  after?: string | null | undefined;
};

/** A page of jobs, newest first. */
async function jobsPage(db: Db, { first, after, ...given }: JobsArgs) {
  const filter: JobFilter = {
    environment: given.environment,
    leagueKey: given.leagueKey ?? undefined,
    status: given.status ?? undefined,
    kind: given.kind ?? undefined,
  };
  const [createdAt, id] = after ? decodePosition("jobs", after, position) : [];
  const from = createdAt === undefined || id === undefined ? undefined : { createdAt, id };
  const rows = await listJobs(db, filter, { after: from, limit: first + 1 });
  return page(rows, first, {
    cursorOf: (job) => encodePosition("jobs", [job.createdAt, job.id]),
    hasPrevious: async () => rows[0] !== undefined && jobsBefore(db, filter, rows[0]),
    count: () => countJobs(db, filter),
  });
}

builder.queryFields((t) => ({
  job: t.field({
    type: JobRef,
    nullable: true,
    description: `One job, "${LATEST}" the one that was created last; null when there is none with that id.`,
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, { deps }) => (await findJobOrLatest(deps.db, id)) ?? null,
  }),
  jobs: t.field({
    type: JobConnection,
    description: "Jobs, newest first.",
    complexity: costOfPage,
    args: {
      environment: environmentArg(t),
      leagueKey: t.arg.string({ description: "Only jobs of this league." }),
      status: t.arg({ type: [JobStatusEnum], description: "Only jobs in one of these states." }),
      kind: t.arg({ type: [JobKindEnum], description: "Only jobs of one of these kinds." }),
      first: t.arg.int({ required: true, defaultValue: 20, description: "1 to 100.", validate: pageSize() }),
      after: t.arg.string({ description: "A cursor of this list." }),
    },
    resolve: (_, args, { deps }) => jobsPage(deps.db, args),
  }),
  resumableJobs: t.field({
    type: [JobRef],
    description: "Jobs with a checkpoint that `resumeCollection` would take up, newest first; at most 1,000.",
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
    args: {
      environment: inheritedArg(t),
      status: t.arg({ type: [JobStatusEnum], description: "Only jobs in one of these states." }),
      kind: t.arg({ type: [JobKindEnum], description: "Only jobs of one of these kinds." }),
      first: t.arg.int({ required: true, defaultValue: 20, description: "1 to 100.", validate: pageSize() }),
      after: t.arg.string({ description: "A cursor of this list." }),
    },
    resolve: (league, { environment, ...args }, { deps }) =>
      jobsPage(deps.db, { ...args, environment: inherited(environment, league), leagueKey: league.key }),
  }),
);
