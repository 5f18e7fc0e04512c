import * as v from "valibot";
import type { Job } from "../db/job.ts";
import { countJobs, type JobFilter, jobsBefore, listJobs, MAX_RESUMABLE, resumableJobs } from "../db/jobQueries.ts";
import { builder } from "./builder.ts";
import { connectionOf, page, pageSize } from "./connection.ts";
import { costOfPage, list } from "./costs.ts";
import { decodePosition, encodePosition } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import { JobRef } from "./job.ts";
import { findJobOrLatest, LATEST } from "./jobArguments.ts";
import { JobKindEnum, JobStatusEnum } from "./jobStatus.ts";

const JobConnection = connectionOf<Job>("Job", JobRef);
const position = v.tuple([v.number(), v.string()]);
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
    resolve: async (_, { first, after, ...given }, { deps: { db } }) => {
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
    },
  }),
  resumableJobs: t.field({
    type: [JobRef],
    description: "Jobs with a checkpoint that `resumeCollection` would take up, newest first; at most 1,000.",
    complexity: list(MAX_RESUMABLE),
    args: { environment: environmentArg(t) },
    resolve: (_, { environment }, { deps }) => resumableJobs(deps.db, environment),
  }),
}));
