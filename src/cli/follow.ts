import { SECOND } from "../clock.ts";
import { isSettled } from "../db/tables/values.ts";
import { ConnectionLost } from "./api.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { exitOfJob, type FinalJob, GET_JOB, tell } from "./outcome.ts";
import { type Progress, progressLine, progressText } from "./progressLine.ts";
import { plain } from "./text.ts";

/** How often a pipe or a log gets a progress line while the status stays the same. */
const LINE_EVERY_MS = 10 * SECOND;
/** The shortest time between two updates of the line on a terminal. */
const FRAME_MS = SECOND / 10;
/** The pause before each reconnect, and how many reconnects in a row may fail. */
const RECONNECT_MS = 2 * SECOND;
const RECONNECTS = 30;

const PROGRESS = `subscription ($id: ID!, $after: String) { jobProgress(jobId: $id, after: $after) {
  status percent datesCompleted datesFailed datesTotal currentDate rate etaSeconds resumeAt cursor } }`;
const EVENTS = `subscription ($id: ID!, $after: String) { jobEvents(jobId: $id, after: $after) { cursor jobId type at date message data by } }`;
const PAUSE = "mutation ($id: ID!) { pauseCollection(jobId: $id) { job { id } } }";

/** The jobs to follow. Events up to the cursor `after` are not shown again. */
type FollowedJobs = { ids: readonly string[]; after?: string };

/**
 * Starts jobs, works on them unless the server is remote, and shows their progress until each job is settled. Ctrl+C pauses the jobs, even
 * while they are being started. At the end, prints the result of each job and the command that resumes it.
 * @returns The exit code.
 */
export async function follow(
  ctx: Context,
  begin: () => Promise<FollowedJobs>,
  { maxWait }: { maxWait: number },
): Promise<Exit> {
  const { api, io } = ctx;
  const stop = new AbortController();
  const state: { isInterrupted: boolean; ids: readonly string[] } = { isInterrupted: false, ids: [] };
  const pause = () => {
    for (const id of state.ids) void pauseJob(ctx, id);
  };
  const stopListening = io.onInterrupt(() => {
    state.isInterrupted = true;
    clearLine(ctx);
    io.err("Pausing after the date in flight. Press Ctrl+C again to leave at once; nothing is lost\n");
    pause();
  });
  let working: Promise<void> | undefined;
  let tooLong = false;
  try {
    const { ids, after } = await begin();
    state.ids = ids;
    if (state.isInterrupted) pause();
    working = api.work(ids, stop.signal);
    for (const [i, id] of ids.entries()) {
      const label = ids.length === 1 ? "" : `${i + 1}/${ids.length} `;
      tooLong ||= (await followOne(ctx, id, { after, maxWait, label, state })) === "waits too long";
      clearLine(ctx);
    }
  } finally {
    stopListening();
    stop.abort();
    await working;
  }
  const jobs: FinalJob[] = [];
  for (const id of state.ids) jobs.push((await api.ask<{ job: FinalJob }>(GET_JOB, { id })).job);
  for (const job of jobs) await tell(ctx, job);
  const exit = tooLong ? EXIT.rateLimited : Math.max(...jobs.map((job) => exitOfJob(job, state.isInterrupted)));
  const results = jobs.map(({ done, ...job }) => ({ ...job, doubted: done.filter(({ doubt }) => doubt !== null) }));
  await ctx.emit({ result: results.length === 1 ? { job: results[0] } : { jobs: results } });
  return exit as Exit;
}

/** Options of a command that starts a job. */
export type FollowOptions = { maxWait: number; detach?: boolean; key?: string };

/** Starts jobs and follows them; with --detach, leaves them to a running server. */
export async function stayWith(
  ctx: Context,
  begin: () => Promise<FollowedJobs>,
  options: FollowOptions,
): Promise<Exit> {
  if (!options.detach) return follow(ctx, begin, options);
  const { ids } = await begin();
  for (const id of ids) await ctx.say(`${id} is queued. Watch it with: npx lineups jobs watch ${id}${ctx.hint}`);
  await ctx.emit({ result: { jobs: ids.map((id) => ({ id })) } });
  return EXIT.ok;
}

/**
 * Pauses a job. Does not throw if the server refuses the pause, because the job may have ended already. If the server cannot be reached,
 * {@link followOne} requests the pause again after a reconnect.
 */
async function pauseJob({ api, io, options }: Context, id: string): Promise<void> {
  try {
    await api.ask(PAUSE, { id });
  } catch (error) {
    const isAway = error instanceof CliError && error.code === "UNREACHABLE";
    if (isAway) io.err("Cannot reach the server to pause the job; the pause is requested again after a reconnect\n");
    else if (options.verbose) io.err(`Cannot pause ${id}: ${error instanceof Error ? error.message : error}\n`);
  }
}

/** Follows one job until it is settled. Reconnects when the connection is lost, and continues after the last cursor. */
async function followOne(
  ctx: Context,
  id: string,
  {
    after,
    maxWait,
    label,
    state,
  }: { after: string | undefined; maxWait: number; label: string; state: { isInterrupted: boolean } },
): Promise<"settled" | "waits too long"> {
  const { api, io, options } = ctx;
  const { job: before } = await api.ask<{ job: { resumeAt: string | null } }>(
    "query ($id: ID!) { job(id: $id) { resumeAt } }",
    { id },
  );
  if (before.resumeAt && Date.parse(before.resumeAt) - io.clock.now() > maxWait * SECOND) return "waits too long";
  let cursor = after;
  let lost = 0;
  const shown = { at: Number.NEGATIVE_INFINITY, status: "" };
  for (;;) {
    const leaving = new AbortController();
    try {
      const subscription = options.json ? EVENTS : PROGRESS;
      for await (const each of api.follow<Progress & Event>(
        subscription,
        // A progress subscription starts again from the current state; an event subscription continues after the cursor.
        { id, after: (options.json ? cursor : undefined) ?? null },
        leaving.signal,
      )) {
        lost = 0;
        cursor = each.cursor;
        if (options.json && each.type !== "HEARTBEAT") await ctx.emit({ event: each });
        if (!options.json) showProgress(ctx, each, shown, label);
        const waitMs = each.data?.retryAfterMs ?? (each.resumeAt ? Date.parse(each.resumeAt) - io.clock.now() : 0);
        if (waitMs > maxWait * SECOND) return "waits too long";
      }
      // A stopping server also completes its streams, so only the job's status tells whether the job is settled.
      const { job } = await api.ask<{ job: { status: string } }>("query ($id: ID!) { job(id: $id) { status } }", {
        id,
      });
      if (isSettled(job.status)) return "settled";
      throw new ConnectionLost("the server ended the stream");
    } catch (error) {
      if (error instanceof CliError && error.code === "CURSOR_AHEAD" && cursor !== undefined) {
        io.err(`${plain(error.message)}. Showing the job's events from the first one\n`);
        cursor = undefined;
        continue;
      }
      const isLost = error instanceof ConnectionLost || (error instanceof CliError && error.code === "UNREACHABLE");
      if (!isLost || ++lost > RECONNECTS) throw error;
      clearLine(ctx);
      if (!options.quiet) io.err(`Lost the connection (${plain(error.message)}); reconnecting\n`);
      await io.clock.sleep(RECONNECT_MS);
      // Request the pause again, because the server did not receive the first request.
      if (state.isInterrupted) await pauseJob(ctx, id);
    } finally {
      leaving.abort();
    }
  }
}

type Event = { type?: string; data?: { retryAfterMs?: number } | null };

function showProgress(
  { io, options }: Context,
  progress: Progress,
  shown: { at: number; status: string },
  label: string,
): void {
  if (options.quiet) return;
  const now = io.clock.now();
  const columns = io.columns();
  const isNews = progress.status !== shown.status || progress.percent >= 100;
  if (!isNews && now - shown.at < (columns === null ? LINE_EVERY_MS : FRAME_MS)) return;
  Object.assign(shown, { at: now, status: progress.status });
  if (columns === null) io.err(`${label}${progressText(progress, now)}\n`);
  else io.err(`\r\x1b[K${progressLine(progress, { now, columns, label })}`);
}

function clearLine({ io, options }: Context): void {
  if (!options.quiet && !options.json && io.columns() !== null) io.err("\r\x1b[K");
}
