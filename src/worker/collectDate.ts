import type { IsoDate } from "../calendar.ts";
import { MINUTE } from "../clock.ts";
import type { DateCommit } from "../db/commit.ts";
import type { JobError, JobIn } from "../db/job.ts";
import type { JobDate } from "../db/jobDates.ts";
import type { TeamLineup } from "../db/lineups.ts";
import { type TeamDayWrite, totals } from "../db/lineupWrites.ts";
import type { JobAction } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import type { TurnEnd } from "../jobs/transitions.ts";
import { retryPauseMs } from "../source/retry.ts";
import { errorCode, type League, type Meter, SourceError } from "../source/source.ts";
import { count } from "../text.ts";
import { storeDate } from "./storeDate.ts";

/** One worker's turn at a job, as far as a date needs to know. */
export type Turn = {
  deps: Deps;
  job: JobIn<"RUNNING">;
  league: League;
  /** Aborts when no further request is to be made. */
  signal: AbortSignal;
  /** Ends the turn after what is under way; the first reason counts, but a person's wish goes before it. */
  end(why: TurnEnd): void;
  /** The date to begin next, marked as begun by the commit before it; null when there is none or the turn ends. */
  takeNext(): JobDate | null;
};

/** What came of asking for a date, once there is nothing more to ask. */
type Outcome =
  | { is: "complete" }
  | { is: "failed"; error: SourceError }
  /** The turn ends before the date does. */
  | { is: "stopped" };

/** Collects a date and commits it; answers the date to go on with. */
export async function collectDate(turn: Turn, { date, teamsDone }: JobDate): Promise<JobDate | null> {
  const { deps, league } = turn;
  const meter: Meter = { requests: 0, retries: 0 };
  const missing = new Set(league.teams.map(({ key }) => key).filter((key) => !teamsDone.includes(key)));
  const known = teamsDone.length;
  const stored = { teams: 0 };
  let buffer: TeamLineup[] = [];
  let observedAt = deps.clock.now();

  const commit = async (
    rest: Pick<DateCommit, "status" | "empty" | "items" | "attempts" | "error" | "next">,
    describe: (t: readonly TeamDayWrite[]) => DateCommit["event"],
  ) => {
    const lineups = buffer;
    buffer = [];
    stored.teams += lineups.length;
    const asked = await storeDate(deps, turn.job, { date, lineups, observedAt }, { ...rest, ...meter }, describe);
    meter.requests = 0;
    meter.retries = 0;
    obey(turn, asked);
  };
  const keepPart = () =>
    commit({ status: "PENDING", empty: false, items: buffer.length, attempts: 0, error: null, next: null }, () => null);

  let attempt = 1;
  const ask = async (): Promise<Outcome> => {
    for (; ; attempt++) {
      observedAt = deps.clock.now();
      try {
        for await (const part of deps
          .source(league.key)
          .lineups(league, date, { signal: turn.signal, meter, teamKeys: [...missing] })) {
          buffer.push(...part);
          for (const { teamKey } of part) missing.delete(teamKey);
          if (buffer.length >= deps.settings.progressEveryTeams && missing.size >= deps.settings.progressEveryTeams)
            await keepPart();
        }
        return { is: "complete" };
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        const end = turnEnd(error);
        if (end) turn.end(end);
        if (end || error.kind === "STOPPED") return { is: "stopped" };
        const pauseMs = retryPauseMs(error, attempt, Math.random());
        if (pauseMs === null) return { is: "failed", error };
        deps.log.info("A date is asked for again", {
          jobId: turn.job.id,
          date,
          attempt,
          pauseMs,
          reason: error.message,
        });
        meter.retries++;
        await deps.clock.sleep(pauseMs, turn.signal);
        if (turn.signal.aborted) return { is: "stopped" };
      }
    }
  };

  const outcome = await ask();
  if (outcome.is === "stopped") {
    await commit(
      { status: "PENDING", empty: false, items: buffer.length, attempts: 0, error: null, next: null },
      () => null,
    );
    return null;
  }
  const next = turn.takeNext();
  if (outcome.is === "failed") {
    const error = toJobError(outcome.error);
    deps.log.warn("A date failed", {
      jobId: turn.job.id,
      date,
      attempts: attempt,
      code: error.code,
      reason: error.message,
    });
    await commit(
      { status: "FAILED", empty: false, items: buffer.length, attempts: attempt, error, next: next?.date ?? null },
      () => ({
        type: "DATE_FAILED",
        date,
        message: `${date} failed: ${error.message}`,
        data: { code: error.code, attempts: attempt },
      }),
    );
    return next;
  }
  const items = league.teams.length - known - stored.teams;
  const empty = known + stored.teams + buffer.length === 0;
  await commit({ status: "DONE", empty, items, attempts: attempt, error: null, next: next?.date ?? null }, (teamDays) =>
    completed(date, teamDays, empty),
  );
  return next;
}

/** A pause or a cancellation that somebody asked for ends the turn. */
export function obey(turn: Pick<Turn, "end">, action: JobAction | null): void {
  if (action !== null) turn.end({ is: "asked", action });
}

/** Where a source limits the rate and nobody knows for how long. */
const UNKNOWN_WAIT_MS = 15 * MINUTE;

/** What an error means for the whole job; null where it concerns the date alone. */
export function turnEnd(error: SourceError): TurnEnd | null {
  switch (error.kind) {
    case "RATE_LIMITED":
      return { is: "rate-limited", retryAfterMs: error.retryAfterMs ?? UNKNOWN_WAIT_MS, error: toJobError(error) };
    case "UNAUTHORIZED":
    case "APP_NOT_APPROVED":
      return { is: "refused", error: toJobError(error) };
    case "LEAGUE_NOT_FOUND":
    case "LEAGUE_PRIVATE":
      return { is: "fatal", error: toJobError(error) };
    case "UNAVAILABLE":
    case "MALFORMED":
    case "STOPPED":
      return null;
  }
}

export function toJobError(error: SourceError): JobError {
  return { code: errorCode(error.kind), message: error.message, stack: error.stack ?? null };
}

function completed(date: IsoDate, teamDays: readonly TeamDayWrite[], empty: boolean): DateCommit["event"] {
  const { processed, inserted, updated, unchanged } = totals(teamDays);
  const removed = teamDays.reduce((sum, day) => sum + day.removed.length, 0);
  const message = empty
    ? `${date}: the source has no line-ups for this date`
    : `${date}: ${count(teamDays.length, "team")}, ${count(processed, "record")} (${inserted} new, ${updated} changed, ${unchanged} unchanged)`;
  return {
    type: "DATE_COMPLETED",
    date,
    message,
    data: {
      teams: teamDays.length,
      recordsProcessed: processed,
      recordsInserted: inserted,
      recordsUpdated: updated,
      recordsUnchanged: unchanged,
      recordsRemoved: removed,
    },
  };
}
