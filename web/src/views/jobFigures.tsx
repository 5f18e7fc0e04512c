import { duration, plural, words } from "../format.ts";
import type { JobsQuery } from "../generated/documents.ts";

type Statistics = NonNullable<JobsQuery["jobStatistics"]>;
type Ended = NonNullable<JobsQuery["ended"]>["nodes"];

/** Shows the jobs per day, and how many of them failed. */
export function Trend({ statistics }: { statistics: Statistics }) {
  const { buckets, totalJobs, successRate } = statistics;
  const most = Math.max(1, ...buckets.map(({ jobs }) => jobs));
  const rate =
    successRate === null ? "none finished yet" : `${successRate.toFixed(1)} % of the finished ones completed`;
  return (
    <figure class="figure">
      <h2>Jobs per day</h2>
      <svg
        viewBox="0 0 300 40"
        role="img"
        aria-label={`Jobs per day, last 30 days: ${buckets.map(({ jobs }) => jobs).join(", ")}`}
      >
        {buckets.map(({ start, jobs, failedJobs }, i) => (
          <g key={start}>
            <title>{`${start.slice(0, 10)}: ${plural(jobs, "job")}, ${failedJobs} failed`}</title>
            <rect class="all" x={i * 10 + 1} width={8} y={40 - (jobs / most) * 40} height={(jobs / most) * 40} />
            <rect
              class="failed"
              x={i * 10 + 1}
              width={8}
              y={40 - (failedJobs / most) * 40}
              height={(failedJobs / most) * 40}
            />
          </g>
        ))}
      </svg>
      <figcaption>
        {plural(totalJobs, "job")}, {rate}. The bars show the last 30 days.
      </figcaption>
    </figure>
  );
}

/** The fewest jobs for which percentiles are shown, because percentiles of fewer jobs mean little. */
const MANY = 10;

/** Shows how long the newest finished jobs took, from the start of work to the end. */
export function Durations({ jobs, statistics: { durationSeconds } }: { jobs: Ended; statistics: Statistics }) {
  const took = jobs
    .flatMap(({ id, status, startedAt, finishedAt }) =>
      startedAt && finishedAt ? [{ id, status, seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 }] : [],
    )
    .toReversed();
  if (took.length === 0) return null;
  const longest = Math.max(1, ...took.map(({ seconds }) => seconds));
  return (
    <figure class="figure">
      <h2>Durations</h2>
      <svg
        viewBox="0 0 300 40"
        role="img"
        aria-label={`Durations of the last ${plural(took.length, "job")}: ${took.map(({ seconds }) => duration(seconds)).join(", ")}`}
      >
        {took.map(({ id, status, seconds }, i) => {
          const height = Math.max(1, (seconds / longest) * 40);
          return (
            <rect
              class={status === "FAILED" ? "failed" : "all"}
              key={id}
              x={i * 10 + 1}
              width={8}
              y={40 - height}
              height={height}
            >
              <title>{`job ${id.slice(-6)} ${words(status)} after ${duration(seconds)}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        Longest: {duration(longest)}
        {durationSeconds &&
          took.length >= MANY &&
          `; half took at most ${duration(durationSeconds.p50)}, 95 % at most ${duration(durationSeconds.p95)}`}
        . The bars show the last {plural(took.length, "job")}.
      </figcaption>
    </figure>
  );
}
