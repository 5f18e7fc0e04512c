import { addDays, type IsoDate } from "../calendar.ts";
import { dueDates } from "../db/doubts.ts";
import { findLeague } from "../db/leagues.ts";
import type { Environment } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { storedKey } from "../leagues/alias.ts";
import { refuseFuture } from "../leagues/coverage.ts";
import { type Question, type Seasons, seasonsOf, type WantedSeasons } from "../leagues/league.ts";
import { calendarOf } from "../source/leagueKey.ts";
import type { League } from "../source/source.ts";
import { createJob, type JobRequest, refuseOverlap, type Started } from "./create.ts";
import { type PlannedDate, planDates } from "./plan.ts";

export type CollectionInput = {
  leagueKey: string;
  start: IsoDate;
  end: IsoDate;
  environment: Environment;
  onlyMissing: boolean;
  concurrency: number | null;
  idempotencyKey: string | null;
};

/**
 * Records a collection for the next free worker. A second call with the same idempotency key returns the same job. Throws BAD_USER_INPUT
 * for a future date, JOB_OVERLAP while another job covers one of the dates, IDEMPOTENCY_CONFLICT when the idempotency key was used with
 * another input, and a SourceError when an alias cannot be resolved.
 * @param startedBy Name of the caller, for the job log.
 * @param signal Ends the wait for the source.
 */
export async function startCollection(
  deps: Deps,
  input: CollectionInput,
  startedBy: string,
  signal?: AbortSignal,
): Promise<Started> {
  refuseFuture("collect up to", input.end, { now: deps.clock.now(), calendar: calendarOf(input.leagueKey) });
  const leagueKey = await storedKey(deps, input.leagueKey, { signal });
  const dates = await planDates(deps, { ...input, leagueKey }, await findLeague(deps.db, leagueKey));
  const concurrency = input.concurrency ?? deps.settings.concurrency;
  return createJob(deps, {
    kind: "COLLECTION",
    leagueKey,
    ...pick(input),
    dates,
    concurrency,
    input: ["COLLECTION", leagueKey, input.environment, input.start, input.end, input.onlyMissing, input.concurrency],
    metadata: { ...input, concurrency, startedBy },
  });
}

export type UpdateInput = {
  leagueKey: string;
  environment: Environment;
  lookbackDays: number;
  idempotencyKey: string | null;
};

/** Number of the newest final dates that are collected again by each update, because sources correct their data for a day or two. */
const RECHECKED_DATES = 2;

/**
 * Records an update. In the range from `lookbackDays` days ago to today, the update collects the dates that are missing, partial, failed or
 * provisional, and the two newest final dates. The update also collects every date that is due for another check, however old the date is.
 * Whether a date is collected depends only on the state of the date, not on a watermark. Throws like {@link startCollection}.
 */
export async function startUpdate(
  deps: Deps,
  input: UpdateInput,
  startedBy: string,
  signal?: AbortSignal,
): Promise<Started> {
  return createJob(deps, await planUpdate(deps, input, startedBy, signal));
}

/**
 * Returns the job that an update would record now. Throws a SourceError when an alias cannot be resolved.
 * @param signal Ends the wait for the source.
 */
export async function planUpdate(
  deps: Deps,
  { leagueKey: givenKey, environment, lookbackDays, idempotencyKey }: UpdateInput,
  startedBy: string,
  signal?: AbortSignal,
): Promise<JobRequest> {
  const now = deps.clock.now();
  const leagueKey = await storedKey(deps, givenKey, { signal });
  const today = calendarOf(leagueKey).dateAt(now);
  const range = { start: addDays(today, -lookbackDays), end: today, environment };
  const planned = await planDates(
    deps,
    { ...range, leagueKey, onlyMissing: true },
    await findLeague(deps.db, leagueKey),
  );
  const recheck = new Set(
    planned
      .filter(({ state }) => state === "COMPLETE")
      .slice(-RECHECKED_DATES)
      .map(({ date }) => date),
  );
  const dates = planned.map((each) =>
    recheck.has(each.date) ? { ...each, action: "COLLECT" as const, reason: "Checked again for corrections" } : each,
  );
  const due = (await dueDates(deps.db, { environment, leagueKey }, now)).filter(({ date }) => date < range.start);
  const older = due.map(({ date, reason }) => ({
    date,
    action: "COLLECT" as const,
    state: "PROVISIONAL" as const,
    reason,
  }));
  return {
    kind: "UPDATE",
    leagueKey,
    ...range,
    dates: [...older.sort((a, b) => (a.date < b.date ? -1 : 1)), ...dates],
    concurrency: deps.settings.concurrency,
    idempotencyKey,
    input: ["UPDATE", leagueKey, environment, lookbackDays],
    metadata: { leagueKey: givenKey, environment, lookbackDays, idempotencyKey, startedBy },
  };
}

export type BackfillInput = {
  leagueKey: string;
  environment: Environment;
  seasons: WantedSeasons;
  concurrency: number | null;
  idempotencyKey: string | null;
};

/** A season to backfill, with the plan for each of its dates. */
export type SeasonPlan = { league: League; start: IsoDate; end: IsoDate; dates: PlannedDate[] };

/** Returns what a backfill with the same input would do, newest season first. Throws like {@link startBackfill}. */
export async function planBackfill(
  deps: Deps,
  input: BackfillInput,
  question: Question = {},
): Promise<{ plans: SeasonPlan[]; refused: Seasons["refused"] }> {
  const today = calendarOf(input.leagueKey).dateAt(deps.clock.now());
  const { seasons, refused } = await seasonsOf(
    deps,
    await storedKey(deps, input.leagueKey, question),
    input.seasons,
    question,
  );
  const [first] = seasons;
  if (first && first.startDate > today) {
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot backfill ${first.key}: its season of ${first.season} begins on ${first.startDate}, and today is ${today}`,
    );
  }
  const plans: SeasonPlan[] = [];
  for (const league of seasons) {
    const range = { start: league.startDate, end: league.endDate < today ? league.endDate : today };
    const wanted = { ...range, environment: input.environment, leagueKey: league.key, onlyMissing: true };
    plans.push({ league, ...range, dates: await planDates(deps, wanted, league) });
  }
  return { plans, refused };
}

/**
 * Records one job per season, from the season's first day to its last day or to today. The jobs leave out dates that are complete and
 * final. If the source refuses a season, returns that season as `refused` and starts the jobs of the other seasons. Throws like
 * {@link startCollection}, and BAD_USER_INPUT when the newest season has not begun or when the source does not link a wanted season. In
 * these two cases, no job has been started.
 * @returns The jobs, the newest season's job first.
 */
export async function startBackfill(
  deps: Deps,
  input: BackfillInput,
  startedBy: string,
  signal?: AbortSignal,
): Promise<{ started: Started[]; refused: Seasons["refused"] }> {
  const { plans, refused } = await planBackfill(deps, input, { signal });
  const { environment, idempotencyKey } = input;
  const jobs = plans.map(
    ({ league, ...plan }, i): JobRequest => ({
      kind: "BACKFILL",
      leagueKey: league.key,
      ...plan,
      environment,
      concurrency: input.concurrency ?? deps.settings.concurrency,
      idempotencyKey: idempotencyKey === null || i === 0 ? idempotencyKey : `${idempotencyKey} ${league.key}`,
      input: ["BACKFILL", league.key, environment],
      metadata: { ...input, leagueKey: league.key, season: league.season, startedBy },
    }),
  );
  // Check all seasons before any job is started: otherwise an overlap in one season would be found only after jobs of other seasons have
  // started.
  for (const job of jobs) await refuseOverlap(deps, job);
  const started: Started[] = [];
  for (const job of jobs) started.push(await createJob(deps, job));
  return { started, refused };
}

const pick = ({ start, end, environment, idempotencyKey }: CollectionInput) => ({
  start,
  end,
  environment,
  idempotencyKey,
});
