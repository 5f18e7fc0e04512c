import { addDays, type IsoDate, leagueDate } from "../calendar.ts";
import type { Environment } from "../db/job.ts";
import { findLeague } from "../db/leagues.ts";
import type { Deps } from "./deps.ts";
import { LedgerError } from "./error.ts";
import { seasonsOf, storedKey } from "./league.ts";
import { planDates, refuseFuture } from "./plan.ts";
import { type Recorded, record, refuseOverlap, type Started } from "./record.ts";

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
 * Records a collection for the next free worker. The same idempotency key answers with the same job.
 * Throws BAD_USER_INPUT for a date to come, JOB_OVERLAP while another job has one of the dates, IDEMPOTENCY_CONFLICT when the
 * key has started something else, and a SourceError when an alias cannot be resolved.
 * @param startedBy Who asked for it, for the job log.
 */
export async function startCollection(deps: Deps, input: CollectionInput, startedBy: string): Promise<Started> {
  refuseFuture("collect up to", input.end, deps.clock.now());
  const leagueKey = await storedKey(deps, input.leagueKey);
  const dates = await planDates(deps, { ...input, leagueKey }, await findLeague(deps.db, leagueKey));
  const concurrency = input.concurrency ?? deps.settings.concurrency;
  return record(deps, {
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

/** The newest final dates are asked for again by each update: sources correct themselves for a day or two. */
const RECHECKED_DATES = 2;

/**
 * Records an update: of the last days up to today, those that are missing, partial, failed or provisional, and the newest two final
 * ones. It goes by what each date is known to be, never by how far somebody came. Throws as {@link startCollection}.
 */
export async function startUpdate(deps: Deps, input: UpdateInput, startedBy: string): Promise<Started> {
  return record(deps, await planUpdate(deps, input, startedBy));
}

/** The job that an update would be now. Throws a SourceError when an alias cannot be resolved. */
export async function planUpdate(
  deps: Deps,
  { leagueKey: givenKey, environment, lookbackDays, idempotencyKey }: UpdateInput,
  startedBy: string,
): Promise<Recorded> {
  const now = deps.clock.now();
  const leagueKey = await storedKey(deps, givenKey);
  const range = { start: addDays(leagueDate(now), -lookbackDays), end: leagueDate(now), environment };
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
  return {
    kind: "UPDATE",
    leagueKey,
    ...range,
    dates,
    concurrency: deps.settings.concurrency,
    idempotencyKey,
    input: ["UPDATE", leagueKey, environment, lookbackDays],
    metadata: { leagueKey: givenKey, environment, lookbackDays, idempotencyKey, startedBy },
  };
}

export type BackfillInput = {
  leagueKey: string;
  environment: Environment;
  previousSeasons: number;
  idempotencyKey: string | null;
};

/**
 * Records a backfill of a season, from its first day to today or its last day, and of as many seasons before it as asked for, one job
 * each: what is complete and final is left out. Throws as {@link startCollection}, and BAD_USER_INPUT when the season has not begun
 * or the league has fewer seasons; then nothing is started.
 * @returns The season's own job first, then those of the seasons before, newest first.
 */
export async function startBackfill(deps: Deps, input: BackfillInput, startedBy: string): Promise<Started[]> {
  const today = leagueDate(deps.clock.now());
  const seasons = await seasonsOf(deps, await storedKey(deps, input.leagueKey), input.previousSeasons);
  const [first] = seasons;
  if (first && first.startDate > today) {
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot backfill ${first.key} as its season of ${first.season} begins on ${first.startDate}: today is ${today}`,
    );
  }
  const jobs: Recorded[] = [];
  for (const league of seasons) {
    const end = league.endDate < today ? league.endDate : today;
    const range = { start: league.startDate, end, environment: input.environment };
    const own = league === first ? input.idempotencyKey : `${input.idempotencyKey} ${league.key}`;
    jobs.push({
      kind: "BACKFILL",
      leagueKey: league.key,
      ...range,
      dates: await planDates(deps, { ...range, leagueKey: league.key, onlyMissing: true }, league),
      concurrency: deps.settings.concurrency,
      idempotencyKey: input.idempotencyKey === null ? null : own,
      input: ["BACKFILL", league.key, input.environment],
      metadata: { ...input, leagueKey: league.key, season: league.season, startedBy },
    });
  }
  // Looked at beforehand, so that a season that is taken does not leave the others started.
  for (const job of jobs) await refuseOverlap(deps, job);
  const started: Started[] = [];
  for (const job of jobs) started.push(await record(deps, job));
  return started;
}

const pick = ({ start, end, environment, idempotencyKey }: CollectionInput) => ({
  start,
  end,
  environment,
  idempotencyKey,
});
