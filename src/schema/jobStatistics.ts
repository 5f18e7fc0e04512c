import { DAY, SECOND } from "../clock.ts";
import {
  dateDurations,
  type JobBucket,
  type JobTotals,
  jobBuckets,
  jobDurations,
  jobTotals,
  MAX_DURATIONS,
  type Percentiles,
  type StatisticsScope,
} from "../db/jobQueries.ts";
import { builder, type Context } from "./builder.ts";
import { rows } from "./costs.ts";
import { EnvironmentEnum, environmentArg } from "./environment.ts";
import { wholeNumber } from "./input.ts";

const DurationPercentilesRef = builder.objectRef<Percentiles>("DurationPercentiles").implement({
  description: "Percentiles of durations in seconds, by the nearest-rank method.",
  fields: (t) => ({
    p50: t.float({ resolve: ({ p50 }) => p50 / SECOND }),
    p95: t.float({ resolve: ({ p95 }) => p95 / SECOND }),
    p99: t.float({ resolve: ({ p99 }) => p99 / SECOND }),
  }),
});

/** Assumed number of jobs, as in a large ledger. The cost of totals, which are read from an index, is computed from `MAX_JOBS`. */
const MAX_JOBS = 10_000;

/** Largest value of a GraphQL Int. */
const MAX_INT = 2 ** 31 - 1;
const saturated = (total: number): number => Math.min(total, MAX_INT);

const ExactTotalsRef = builder.objectRef<JobTotals>("ExactTotals").implement({
  description: "Totals over jobs as floating-point numbers, exact up to 9,007,199,254,740,991.",
  fields: (t) => ({
    recordsProcessed: t.exposeFloat("recordsProcessed", { description: "Number of records that sources returned." }),
    recordsInserted: t.exposeFloat("recordsInserted"),
    requests: t.exposeFloat("requests"),
    retries: t.exposeFloat("retries"),
  }),
});

const OF_INT = "Capped at 2,147,483,647, the largest Int; `exact` has no cap.";

const JobBucketRef = builder.objectRef<JobBucket & { end: number }>("JobBucket").implement({
  description: "Totals over the jobs created in a period of whole days.",
  fields: (t) => ({
    start: t.expose("start", { type: "DateTime", description: "Start of the period: midnight UTC of its first day." }),
    end: t.expose("end", { type: "DateTime", description: "End of the period: midnight UTC after its last day." }),
    jobs: t.exposeInt("jobs", { description: "Number of jobs created in the period, whatever their status is now." }),
    completedJobs: t.exposeInt("completed"),
    failedJobs: t.exposeInt("failed"),
    cancelledJobs: t.exposeInt("cancelled"),
    recordsProcessed: t.exposeFloat("recordsProcessed", { description: "Number of records that sources returned." }),
    recordsInserted: t.exposeFloat("recordsInserted", { description: "Number of records that were new." }),
    requests: t.exposeFloat("requests", { description: "Number of requests made to sources." }),
    retries: t.exposeFloat("retries", { description: "Number of requests that repeated an earlier request." }),
  }),
});

const MAX_BUCKETS = 366;

/** Returns `count` buckets, oldest first, including empty buckets. The last bucket ends with today (UTC). */
async function bucketsUntilToday({ db, clock }: Context["deps"], scope: StatisticsScope, days: number, count: number) {
  const lengthMs = days * DAY;
  const midnight = Math.ceil((clock.now() + 1) / DAY) * DAY;
  const since = midnight - count * lengthMs;
  const found = new Map(
    (await jobBuckets(db, { ...scope, since }, { lengthMs, count })).map((each) => [each.start, each]),
  );
  return Array.from({ length: count }, (_, i) => {
    const start = since + i * lengthMs;
    return { ...NONE, ...found.get(start), start, end: start + lengthMs };
  });
}

const NONE = {
  jobs: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  recordsProcessed: 0,
  recordsInserted: 0,
  requests: 0,
  retries: 0,
};

const JobStatisticsRef = builder.objectRef<JobTotals & { scope: StatisticsScope }>("JobStatistics").implement({
  description: "Totals over jobs.",
  fields: (t) => ({
    environment: t.field({ type: EnvironmentEnum, resolve: ({ scope }) => scope.environment }),
    totalJobs: t.exposeInt("total"),
    completedJobs: t.int({ resolve: ({ byStatus }) => byStatus.COMPLETED ?? 0 }),
    failedJobs: t.int({ resolve: ({ byStatus }) => byStatus.FAILED ?? 0 }),
    pausedJobs: t.int({ resolve: ({ byStatus }) => byStatus.PAUSED ?? 0 }),
    runningJobs: t.int({
      description: "Number of jobs that are RUNNING. QUEUED and WAITING jobs are counted in `totalJobs` only.",
      resolve: ({ byStatus }) => byStatus.RUNNING ?? 0,
    }),
    cancelledJobs: t.int({ resolve: ({ byStatus }) => byStatus.CANCELLED ?? 0 }),
    successRate: t.float({
      nullable: true,
      description:
        "Of the finished jobs (COMPLETED, FAILED or CANCELLED), the percentage that is COMPLETED, 0 to 100; null if no job has finished.",
      resolve: ({ byStatus: { COMPLETED = 0, FAILED = 0, CANCELLED = 0 } }) => {
        const finished = COMPLETED + FAILED + CANCELLED;
        return finished === 0 ? null : (COMPLETED / finished) * 100;
      },
    }),
    recordsProcessed: t.int({
      description: `Number of records that sources returned. Records checked by verifications are not counted. ${OF_INT}`,
      resolve: ({ recordsProcessed }) => saturated(recordsProcessed),
    }),
    recordsInserted: t.int({
      description: `Number of records that were new. ${OF_INT}`,
      resolve: ({ recordsInserted }) => saturated(recordsInserted),
    }),
    requests: t.int({
      description: `Number of requests made to sources. ${OF_INT}`,
      resolve: ({ requests }) => saturated(requests),
    }),
    retries: t.int({
      description: `Number of requests that repeated an earlier request. ${OF_INT}`,
      resolve: ({ retries }) => saturated(retries),
    }),
    exact: t.field({
      type: ExactTotalsRef,
      description: "The totals without the cap at 2,147,483,647, the largest Int.",
      resolve: (totals) => totals,
    }),
    buckets: t.field({
      type: [JobBucketRef],
      complexity: ({ count }) => ({ field: count + rows(MAX_JOBS), multiplier: count }),
      description:
        "Totals of each bucket, oldest bucket first. Jobs are grouped by their time of creation into buckets of `days` days; " +
        "the last bucket ends with today (UTC). The buckets ignore `since`.",
      args: {
        days: t.arg.int({
          required: true,
          defaultValue: 1,
          description: "Number of days in each bucket, 1 to 31.",
          validate: wholeNumber(1, 31),
        }),
        count: t.arg.int({
          required: true,
          defaultValue: 30,
          description: `Number of buckets, 1 to ${MAX_BUCKETS}.`,
          validate: wholeNumber(1, MAX_BUCKETS),
        }),
      },
      resolve: ({ scope }, { days, count }, { deps }) => bucketsUntilToday(deps, scope, days, count),
    }),
    durationSeconds: t.field({
      type: DurationPercentilesRef,
      nullable: true,
      complexity: rows(MAX_DURATIONS),
      description: `Seconds per job, for the newest finished jobs, at most ${MAX_DURATIONS}. Verifications are left out. Null if no job has finished.`,
      resolve: ({ scope }, _, { deps }) => jobDurations(deps.db, scope),
    }),
    dateDurationSeconds: t.field({
      type: DurationPercentilesRef,
      nullable: true,
      complexity: rows(MAX_DURATIONS),
      description:
        `Seconds per date, for at most ${MAX_DURATIONS} dates of the newest jobs. ` +
        "Verifications are left out. Null if no date was collected.",
      resolve: ({ scope }, _, { deps }) => dateDurations(deps.db, scope),
    }),
  }),
});

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
