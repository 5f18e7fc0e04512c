import { SECOND } from "../clock.ts";
import {
  dateDurations,
  type JobTotals,
  jobDurations,
  jobTotals,
  MAX_DURATIONS,
  type Percentiles,
  type StatisticsScope,
} from "../db/jobQueries.ts";
import { builder } from "./builder.ts";
import { rows } from "./costs.ts";
import { EnvironmentEnum, environmentArg } from "./environment.ts";

const DurationPercentilesRef = builder.objectRef<Percentiles>("DurationPercentiles").implement({
  description: "Nearest-rank percentiles, in seconds.",
  fields: (t) => ({
    p50: t.float({ resolve: ({ p50 }) => p50 / SECOND }),
    p95: t.float({ resolve: ({ p95 }) => p95 / SECOND }),
    p99: t.float({ resolve: ({ p99 }) => p99 / SECOND }),
  }),
});

/** The largest number that an Int may be. */
const MAX_INT = 2 ** 31 - 1;
const saturated = (total: number): number => Math.min(total, MAX_INT);

const ExactTotalsRef = builder.objectRef<JobTotals>("ExactTotals").implement({
  description: "The totals of jobs as floating-point numbers, exact up to 9,007,199,254,740,991.",
  fields: (t) => ({
    recordsProcessed: t.exposeFloat("recordsProcessed"),
    recordsInserted: t.exposeFloat("recordsInserted"),
    requests: t.exposeFloat("requests"),
    retries: t.exposeFloat("retries"),
  }),
});

const OF_INT = "At most 2,147,483,647, as larger numbers are no Int: `exact` has them.";

const JobStatisticsRef = builder.objectRef<JobTotals & { scope: StatisticsScope }>("JobStatistics").implement({
  description: "Totals over jobs.",
  fields: (t) => ({
    environment: t.field({ type: EnvironmentEnum, resolve: ({ scope }) => scope.environment }),
    totalJobs: t.exposeInt("total"),
    completedJobs: t.int({ resolve: ({ byStatus }) => byStatus.COMPLETED ?? 0 }),
    failedJobs: t.int({ resolve: ({ byStatus }) => byStatus.FAILED ?? 0 }),
    pausedJobs: t.int({ resolve: ({ byStatus }) => byStatus.PAUSED ?? 0 }),
    runningJobs: t.int({
      description: "RUNNING ones; queued and waiting ones are in `totalJobs` only.",
      resolve: ({ byStatus }) => byStatus.RUNNING ?? 0,
    }),
    cancelledJobs: t.int({ resolve: ({ byStatus }) => byStatus.CANCELLED ?? 0 }),
    successRate: t.float({
      nullable: true,
      description: "Completed of all finished jobs, 0 to 100; null when none has finished.",
      resolve: ({ byStatus: { COMPLETED = 0, FAILED = 0, CANCELLED = 0 } }) => {
        const finished = COMPLETED + FAILED + CANCELLED;
        return finished === 0 ? null : (COMPLETED / finished) * 100;
      },
    }),
    recordsProcessed: t.int({
      description: `Records that the source showed. ${OF_INT}`,
      resolve: ({ recordsProcessed }) => saturated(recordsProcessed),
    }),
    recordsInserted: t.int({
      description: `Records that were new. ${OF_INT}`,
      resolve: ({ recordsInserted }) => saturated(recordsInserted),
    }),
    requests: t.int({
      description: `Requests made to sources. ${OF_INT}`,
      resolve: ({ requests }) => saturated(requests),
    }),
    retries: t.int({
      description: `Requests that had to be made again. ${OF_INT}`,
      resolve: ({ retries }) => saturated(retries),
    }),
    exact: t.field({
      type: ExactTotalsRef,
      description: "The same totals where they may be larger than an Int.",
      resolve: (totals) => totals,
    }),
    durationSeconds: t.field({
      type: DurationPercentilesRef,
      nullable: true,
      complexity: rows(MAX_DURATIONS),
      description: `Seconds per job, of the newest ${MAX_DURATIONS} that have finished; null when none has.`,
      resolve: ({ scope }, _, { deps }) => jobDurations(deps.db, scope),
    }),
    dateDurationSeconds: t.field({
      type: DurationPercentilesRef,
      nullable: true,
      complexity: rows(MAX_DURATIONS),
      description: `Seconds per date, of ${MAX_DURATIONS} dates of the newest jobs; null when none has been collected.`,
      resolve: ({ scope }, _, { deps }) => dateDurations(deps.db, scope),
    }),
  }),
});

/** Jobs of a large ledger, as far as their totals are read from an index. */
const MAX_JOBS = 10_000;

builder.queryField("jobStatistics", (t) =>
  t.field({
    type: JobStatisticsRef,
    description: "Totals over the jobs of an environment.",
    complexity: rows(MAX_JOBS),
    args: {
      environment: environmentArg(t),
      leagueKey: t.arg.string({ description: "Only jobs of this league." }),
      since: t.arg({ type: "DateTime", description: "Only jobs created at this instant or later." }),
    },
    resolve: async (_, { environment, leagueKey, since }, { deps }) => {
      const scope = { environment, leagueKey: leagueKey ?? undefined, since: since ?? undefined };
      return { scope, ...(await jobTotals(deps.db, scope)) };
    },
  }),
);
