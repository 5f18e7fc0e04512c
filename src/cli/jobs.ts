import type { Command } from "commander";
import { JOB_STATUSES } from "../db/tables/values.ts";
import { number, plural } from "../text.ts";
import type { Context } from "./context.ts";
import { idOf } from "./find.ts";
import { follow } from "./follow.ts";
import { EXIT, type Exit } from "./io.ts";
import { COUNTS, type Job, recordsOf } from "./job.ts";
import { followed } from "./jobOptions.ts";
import { type CommandFactory, command, firstOption, group, severalOf, wholeNumber } from "./options.ts";
import { resume } from "./resume.ts";
import { type Cell, dateCell, duration, idCell, instant, instantCell, plain, shownOf } from "./text.ts";

const STATUSES = JOB_STATUSES.map((status) => status.toLowerCase());

/** Adds `jobs status`, `list`, `stats`, `resumable`, `resume`, `pause`, `cancel` and `watch`. */
export function jobCommands(program: Command, does: CommandFactory): void {
  const jobs = group(program, "jobs", "Show and control jobs");
  command(jobs, "status", "Show the state of a job")
    .argument("[job]", "job id, or its last six digits", "latest")
    .addHelpText("after", "\nExamples:\n  lineups jobs status\n")
    .action(does(status));
  firstOption(command(jobs, "list", "List jobs, newest first"), 20)
    .option("--status <states>", `only these, comma-separated: ${STATUSES.join(", ")}`, severalOf("--status", STATUSES))
    .addHelpText("after", "\nExamples:\n  lineups jobs list --status completed,failed\n")
    .action(does(list));
  command(jobs, "stats", "Show the totals of all jobs")
    .addHelpText("after", "\nExamples:\n  lineups jobs stats --league demo.l.1\n")
    .action(does(stats));
  firstOption(command(jobs, "resumable", "List jobs that can be resumed, newest first"), 20)
    .addHelpText("after", "\nExamples:\n  lineups jobs resumable\n")
    .action(does(resumable));
  followed(command(jobs, "resume", "Resume a paused or failed job, and follow it"))
    .argument("<job>", "job id, or its last six digits")
    .addHelpText("after", "\nExamples:\n  lineups jobs resume latest\n")
    .action(
      does(async (ctx: Context, options: { maxWait: number; detach?: boolean }, id: string) =>
        resume(ctx, await idOf(ctx, id), options),
      ),
    );
  for (const action of ["pause", "cancel"] as const) {
    const what =
      action === "pause" ? "Pause a job after the date in flight" : "Cancel a job for good; collected data is kept";
    command(jobs, action, what)
      .argument("<job>", "job id, or its last six digits")
      .addHelpText("after", `\nExamples:\n  lineups jobs ${action} latest\n`)
      .action(does((ctx: Context, _: unknown, id: string) => act(ctx, action, id)));
  }
  command(jobs, "watch", "Watch a job until it is finished or paused")
    .argument("[job]", "job id, or its last six digits", "latest")
    .option(
      "--max-wait <seconds>",
      "stop following when the source asks for a longer wait",
      wholeNumber(0, 1_000_000),
      900,
    )
    .addHelpText("after", "\nExamples:\n  lineups jobs watch\n")
    .action(does(watch));
}

const SUMMARY = `id kind status leagueKey startDate endDate createdAt finishedAt ${COUNTS}
  resumeAt error { code message } progress { percent datesCompleted datesFailed datesTotal etaSeconds cursor }`;

type Summary = Job & {
  createdAt: string;
  finishedAt: string | null;
  progress: { etaSeconds: number | null };
  pendingAction?: string | null;
  dates?: { date: string; status: string; error: { code: string; message: string } | null }[];
};

async function status(ctx: Context, _: unknown, id: string): Promise<Exit> {
  const query = `query ($id: ID!) { job(id: $id) { ${SUMMARY} pendingAction dates(status: [FAILED]) { date status error { code message } } } }`;
  const { job } = await ctx.api.ask<{ job: Summary }>(query, { id: await idOf(ctx, id) });
  const { progress: p } = job;
  const eta = p.etaSeconds === null || job.status !== "RUNNING" ? "" : `, ${duration(p.etaSeconds)} left`;
  await ctx.details(job.id, [
    ["Status", job.status + (job.pendingAction ? `, ${job.pendingAction} requested` : "")],
    ["Kind", job.kind],
    ["League", job.leagueKey],
    ["Dates", `${job.startDate} to ${job.endDate}`],
    [
      "Progress",
      `${p.percent.toFixed(1)} %, ${p.datesCompleted} of ${plural(p.datesTotal, "date")}, ${p.datesFailed} failed${eta}`,
    ],
    ["Records", `${number(job.recordsProcessed)}: ${recordsOf(job)}`],
    ...(job.datesSuspect > 0 ? [["Doubted", plural(job.datesSuspect, "date")] as const] : []),
    ["Requests", `${job.requests}, ${job.retries} of them retries`],
    ["Created", instant(job.createdAt)],
    ...(job.finishedAt ? [["Finished", instant(job.finishedAt)] as const] : []),
    ...(job.resumeAt ? [["Resumes at", instant(job.resumeAt)] as const] : []),
    ...(job.error ? [["Error", `${job.error.code}: ${job.error.message}`] as const] : []),
    ...(job.dates ?? []).map(({ date, error }) => [`${date} failed`, `${error?.code}: ${error?.message}`] as const),
  ]);
  await ctx.emit({ result: job });
  return EXIT.ok;
}

const COLUMNS = ["Job", "Status", "League", "From", "To", "Dates", "Records", "Created"];
const row = (job: Summary): Cell[] => [
  idCell(job.id),
  job.status,
  job.leagueKey,
  dateCell(job.startDate, job.createdAt),
  dateCell(job.endDate, job.createdAt),
  `${job.progress.datesCompleted}/${job.progress.datesTotal}`,
  job.recordsProcessed,
  instantCell(job.createdAt),
];

async function list(ctx: Context, { status: only, first }: { status?: string[]; first: number }): Promise<Exit> {
  const query = `query ($environment: Environment!, $leagueKey: String, $status: [JobStatus!], $first: Int!) {
    jobs(environment: $environment, leagueKey: $leagueKey, status: $status, first: $first) { totalCount nodes { ${SUMMARY} } } }`;
  const variables = {
    environment: ctx.options.env,
    leagueKey: ctx.options.league ?? null,
    status: only ?? null,
    first,
  };
  const { jobs } = await ctx.api.ask<{ jobs: { totalCount: number; nodes: Summary[] } }>(query, variables);
  await ctx.show(COLUMNS, jobs.nodes.map(row));
  await ctx.say(shownOf(jobs.nodes.length, jobs.totalCount, "job"));
  await ctx.emit({ result: jobs });
  return EXIT.ok;
}

async function resumable(ctx: Context, { first }: { first: number }): Promise<Exit> {
  const query = `query ($environment: Environment!, $leagueKey: String, $first: Int!) {
    jobs(environment: $environment, leagueKey: $leagueKey, status: [PAUSED, FAILED], first: $first) { totalCount nodes { ${SUMMARY} } } }`;
  const { jobs } = await ctx.api.ask<{ jobs: { totalCount: number; nodes: Summary[] } }>(query, {
    environment: ctx.options.env,
    leagueKey: ctx.options.league ?? null,
    first,
  });
  await ctx.show(
    [...COLUMNS, "Why"],
    jobs.nodes.map((job) => [...row(job), job.error?.code ?? "paused manually"]),
  );
  const [newest] = jobs.nodes;
  const shown = jobs.nodes.length;
  if (shown < jobs.totalCount) await ctx.say(shownOf(shown, jobs.totalCount, "job"));
  await ctx.say(newest ? `Go on with: npx lineups jobs resume ${newest.id}${ctx.hint}` : "No job is paused or failed");
  await ctx.emit({ result: jobs.nodes });
  return EXIT.ok;
}

type Percentiles = { p50: number; p95: number; p99: number } | null;
type Stats = Record<
  "totalJobs" | "completedJobs" | "failedJobs" | "runningJobs" | "pausedJobs" | "cancelledJobs",
  number
> &
  Record<"recordsProcessed" | "recordsInserted" | "requests" | "retries", number> & {
    successRate: number | null;
    durationSeconds: Percentiles;
    dateDurationSeconds: Percentiles;
  };

async function stats(ctx: Context): Promise<Exit> {
  const query = `query ($environment: Environment!, $leagueKey: String) { jobStatistics(environment: $environment, leagueKey: $leagueKey) {
    totalJobs completedJobs failedJobs runningJobs pausedJobs cancelledJobs successRate recordsProcessed recordsInserted requests retries
    durationSeconds { p50 p95 p99 } dateDurationSeconds { p50 p95 p99 } } }`;
  const variables = { environment: ctx.options.env, leagueKey: ctx.options.league ?? null };
  const { jobStatistics: s } = await ctx.api.ask<{ jobStatistics: Stats }>(query, variables);
  const times = (p: Percentiles) =>
    p ? `half within ${seconds(p.p50)}, 95 % within ${seconds(p.p95)}, 99 % within ${seconds(p.p99)}` : "none yet";
  const failed = `${s.completedJobs} completed, ${s.failedJobs} failed, ${s.runningJobs} running, ${s.pausedJobs} paused, ${s.cancelledJobs} cancelled`;
  await ctx.details(`Jobs in ${ctx.options.env.toLowerCase()}`, [
    ["Jobs", `${s.totalJobs}: ${failed}`],
    ["Success rate", s.successRate === null ? "no job has ended yet" : `${s.successRate.toFixed(1)} %`],
    ["Records", `${number(s.recordsProcessed)} seen, ${number(s.recordsInserted)} of them new`],
    ["Requests", `${s.requests}, ${s.retries} of them retries`],
    ["A job takes", times(s.durationSeconds)],
    ["A date takes", times(s.dateDurationSeconds)],
  ]);
  await ctx.emit({ result: s });
  return EXIT.ok;
}

const seconds = (s: number) => (s < 10 ? `${s.toFixed(2)} s` : duration(s));

/** The status that a job will have after a pending action. */
const DONE: Readonly<Record<string, string>> = { PAUSE: "paused", CANCEL: "cancelled" };

async function act(ctx: Context, action: "pause" | "cancel", id: string): Promise<Exit> {
  const mutation = `mutation ($id: ID!) { ${action}Collection(jobId: $id) { job { id status pendingAction } } }`;
  const data = await ctx.api.ask<Record<string, { job: { id: string; status: string; pendingAction: string | null } }>>(
    mutation,
    {
      id: await idOf(ctx, id),
    },
  );
  const { job } = data[`${action}Collection`] ?? {};
  if (!job) throw new Error("The mutation returned no job");
  await ctx.say(
    `${job.id} is ${job.status}${job.pendingAction ? `; it will be ${DONE[job.pendingAction] ?? plain(job.pendingAction)} after the date in flight` : ""}`,
  );
  await ctx.emit({ result: job });
  return EXIT.ok;
}

/** Follows a job without working on it. Ctrl+C does not pause the job. */
async function watch(ctx: Context, { maxWait }: { maxWait: number }, id: string): Promise<Exit> {
  const idle = { ...ctx, api: { ...ctx.api, work: async () => {} }, io: { ...ctx.io, onInterrupt: () => () => {} } };
  return follow(idle, async () => ({ ids: [await idOf(ctx, id)] }), { maxWait });
}
