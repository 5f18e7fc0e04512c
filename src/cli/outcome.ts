import { SECOND } from "../clock.ts";
import { plural } from "../text.ts";
import { exitOf } from "./api.ts";
import type { Context } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { COUNTS, type Job, recordsOf } from "./job.ts";
import { duration, plain } from "./text.ts";

const JOB = `id kind status leagueKey startDate endDate environment resumeAt ${COUNTS}
  progress { percent datesCompleted datesFailed datesTotal cursor } error { code message }`;
/** Queries the data that is printed at the end of a job. */
export const GET_JOB = `query ($id: ID!) { job(id: $id) { ${JOB} failed: dates(status: [FAILED]) { date error { code message } } done: dates(status: [DONE]) { date doubt } skipped: dates(status: [SKIPPED]) { date reason } } }`;
/** A job as {@link GET_JOB} returns it. */
export type FinalJob = Job & {
  failed: { date: string; error: { code: string; message: string } | null }[];
  done: { date: string; doubt: string | null }[];
  skipped: { date: string; reason: string | null }[];
};

const MAX_FAILURES = 10;

/** Prints the result of a job, and the command that resumes it. */
export async function tell({ say, io, options, hint }: Context, job: FinalJob): Promise<void> {
  const { progress: p } = job;
  const lines = [
    `${job.id} is ${job.status}`,
    `  ${job.leagueKey}, ${job.startDate} to ${job.endDate}: ${p.datesCompleted} of ${plural(p.datesTotal, "date")}`,
    `  ${plural(job.recordsProcessed, "record")}: ${recordsOf(job)}; ${plural(job.requests, "request")}`,
  ];
  lines.push(...skippedOf(job));
  const doubted = job.done.filter(({ doubt }) => doubt !== null);
  for (const { date, doubt } of doubted.slice(0, MAX_FAILURES))
    lines.push(`  ${date} is doubted: ${plain(doubt ?? "")}`);
  if (doubted.length > MAX_FAILURES) lines.push(`  and ${doubted.length - MAX_FAILURES} more`);
  if (doubted.length > 0) lines.push("  The first update of another day collects doubted dates again");
  for (const { date, error } of job.failed.slice(0, MAX_FAILURES))
    lines.push(`  ${date} failed: ${error?.code ?? ""}, ${plain(error?.message ?? "")}`);
  if (job.failed.length > MAX_FAILURES) lines.push(`  and ${job.failed.length - MAX_FAILURES} more`);
  if (job.status === "WAITING" && job.resumeAt) {
    const seconds = (Date.parse(job.resumeAt) - io.clock.now()) / SECOND;
    lines.push(`  The source accepts no requests for another ${duration(seconds)}`);
  }
  const isOpen = ["PAUSED", "FAILED", "WAITING", "RUNNING", "QUEUED"].includes(job.status);
  // If all dates of a failed job were tried, the job's error only repeats the first failed date's error, which is printed above.
  if (isOpen && job.error && job.failed.length === 0) lines.push(`  ${job.error.code}: ${plain(job.error.message)}`);
  if (isOpen) lines.push(`Go on with: npx lineups collect --resume ${job.id}${hint}`);
  await say(lines.join("\n"));
  if (options.quiet && job.status !== "COMPLETED") io.err(`${lines.join("\n")}\n`);
}

/** Returns one line for each reason why dates were left out. */
function skippedOf({ skipped }: Pick<FinalJob, "skipped">): string[] {
  const byReason = Map.groupBy(skipped, ({ reason }) => reason ?? "");
  return [...byReason].slice(0, MAX_FAILURES).map(([reason, dates]) => {
    const [first, last] = [dates[0]?.date, dates.at(-1)?.date];
    return `  ${plural(dates.length, "date")} left out, ${first}${first === last ? "" : ` to ${last}`}: ${plain(reason)}`;
  });
}

/** Returns the exit code for the end of a job. */
export function exitOfJob({ status, error, progress, datesSuspect }: FinalJob, isInterrupted: boolean): Exit {
  if (status === "COMPLETED") return datesSuspect > 0 ? EXIT.partly : EXIT.ok;
  if (isInterrupted) return EXIT.interrupted;
  if (exitOf(error?.code) !== EXIT.failed) return exitOf(error?.code);
  return progress.datesCompleted > 0 ? EXIT.partly : EXIT.failed;
}
