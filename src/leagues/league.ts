import { DAY, MINUTE, NEVER, retry } from "../clock.ts";
import type { Db } from "../db/client.ts";
import { findLeague, type StoredLeague, saveLeague, teamsOf } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { retryPauseMs } from "../source/retry.ts";
import { type AskOptions, type League, SourceError } from "../source/source.ts";

/** A league's record is asked for again after a day: teams are renamed, and seasons get longer. */
const LEAGUE_FRESH_MS = 1 * DAY;

/**
 * How far a question about a league may go: to what is stored; to its source, without a trace in the ledger; or to its source, and what
 * that says is kept. Queries never keep anything, and those of viewers never make the server ask.
 */
export type Reach = "stored" | "asked" | "kept";

/**
 * The league, from the ledger while that is fresh, else from its source. Throws a SourceError, and NOT_FOUND where only what is stored
 * counts and nothing is.
 */
export async function ensureLeague(
  { db, source, clock }: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  options: AskOptions,
  reach: Reach = "kept",
): Promise<League> {
  const stored = await findLeague(db, key);
  // A season that was over when its league was last asked for does not change any more.
  const isOver = stored !== undefined && stored.endDate < calendarOf(key).dateAt(stored.fetchedAt);
  if (stored && (reach === "stored" || isOver || clock.now() - stored.fetchedAt < LEAGUE_FRESH_MS))
    return { ...stored, teams: await teamsOf(db, [stored.key]) };
  if (reach === "stored") {
    throw new LedgerError(
      "NOT_FOUND",
      `The ledger does not know league ${key}, and only an operator may have its source asked`,
      { leagueKey: key },
    );
  }
  const asStored = async (league: StoredLeague) => ({ ...league, teams: await teamsOf(db, [league.key]) });
  const notBefore = refusals.get(db)?.get(key) ?? 0;
  if (stored && clock.now() < notBefore) return asStored(stored);
  try {
    return await askLeague({ db, source, clock }, key, options, reach);
  } catch (error) {
    // A league that the ledger knows does not go away: what is stored serves until its source can say more.
    if (!stored || !(error instanceof SourceError) || !isPassing(error)) throw error;
    const refused = refusals.get(db) ?? new Map<string, number>();
    refusals.set(db, refused.set(key, clock.now() + REFUSED_MS));
    return asStored(stored);
  }
}

/** After the record of a league that is known could not be had, it is asked for again after this long. */
const REFUSED_MS = 10 * MINUTE;
/** When the records that could not be had are asked for again, by league; for this process, as that is only manners. */
const refusals = new WeakMap<Db, Map<string, number>>();

/** Whether a source that refuses a league's record may still give its lineups. */
const isPassing = ({ kind }: SourceError): boolean =>
  kind === "UNAVAILABLE" || kind === "MALFORMED" || kind === "LEAGUE_NOT_FOUND";

/**
 * The league as its source describes it now, asked for once and kept; undefined when it cannot say, or the signal aborts. What is stored
 * stays then.
 */
export async function refreshLeague(
  { db, source, clock }: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  options: AskOptions,
): Promise<League | undefined> {
  try {
    const league = await source(key).league(key, options);
    await saveLeague(db, toStored(league, clock.now()));
    return league;
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/** Asks the source for a league, again while it is only unavailable, and stores it if it is to be kept. Throws a SourceError. */
export async function askLeague(
  { db, source, clock }: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  options: AskOptions,
  reach: Reach,
): Promise<League> {
  const { signal, meter } = options;
  const ask = async (attempt: number) => {
    if (attempt > 1) meter.retries++;
    return source(key).league(key, options);
  };
  const league = await retry(clock, ask, (error, attempt) => retryPauseMs(error, attempt), signal);
  if (reach === "kept") await saveLeague(db, toStored(league, clock.now()));
  return league;
}

/** What a question is allowed, and what ends the wait for its answer. */
export type Question = { reach?: Reach; signal?: AbortSignal | undefined };

/** Which of a league's seasons: so many before its own as well, those of certain years, or all. */
export type WantedSeasons = { before: number } | { years: readonly number[] } | "all";

/** Seasons that can be had, and the one that the source refuses: what lies before it is not known. */
export type Seasons = { seasons: League[]; refused: { leagueKey: string; error: SourceError } | null };

/**
 * Seasons of a league, newest first, by the source's own links; a season that the source does not show ends the chain, and is named.
 * Throws BAD_USER_INPUT when the source does not link those that are wanted, and a SourceError when none of them can be had.
 */
export async function seasonsOf(
  deps: Pick<Deps, "db" | "source" | "clock">,
  leagueKey: string,
  wanted: WantedSeasons,
  { reach = "kept", signal = NEVER }: Question = {},
): Promise<Seasons> {
  const options = { signal, meter: { requests: 0, retries: 0 } };
  const find = (key: string) => inTime(signal, ensureLeague(deps, key, options, reach));
  const own = await find(leagueKey);
  const seasons = [own];
  const goesOn = ({ season }: League) => {
    if (wanted === "all") return true;
    return "before" in wanted ? seasons.length <= wanted.before : season > Math.min(...wanted.years);
  };
  let refused: Seasons["refused"] = null;
  for (let last = own; last.previousKey !== null && goesOn(last); seasons.push(last)) {
    const leagueKey = last.previousKey;
    try {
      last = await find(leagueKey);
    } catch (error) {
      if (!(error instanceof SourceError) || !OF_ONE_SEASON.has(error.kind)) throw error;
      refused = { leagueKey, error };
      break;
    }
  }

  const first = seasons.at(-1) ?? own;
  if (wanted === "all") return { seasons, refused };
  if ("before" in wanted) {
    if (seasons.length > wanted.before || refused) return { seasons, refused };
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot go ${wanted.before} seasons back from ${leagueKey} as its source links ${seasons.length - 1}: the first is ${first.key} of ${first.season}`,
    );
  }
  const known = seasons.map(({ season }) => season);
  const unknown = wanted.years.filter((year) => !known.includes(year));
  const chosen = seasons.filter(({ season }) => wanted.years.includes(season));
  if (unknown.length === 0) return { seasons: chosen, refused: null };
  if (refused && chosen.length > 0) return { seasons: chosen, refused };
  if (refused) throw refused.error;
  throw new LedgerError(
    "BAD_USER_INPUT",
    `Cannot find the season of ${unknown.join(", ")} of ${leagueKey}; the source links those of ${known.join(", ")}`,
  );
}

/** What a source says of one season, and not of the others. */
const OF_ONE_SEASON: ReadonlySet<SourceError["kind"]> = new Set([
  "LEAGUE_PRIVATE",
  "LEAGUE_NOT_FOUND",
  "LEAGUE_NOT_DAILY",
  "MALFORMED",
  "UNAVAILABLE",
]);

/** What is asked of a source, or UNAVAILABLE as soon as the signal aborts; a request under way may still bring something to be kept. */
export function inTime<T>(signal: AbortSignal, asked: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(new SourceError("UNAVAILABLE", "The source did not answer in time"));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const settled = () => signal.removeEventListener("abort", giveUp);
    asked.then(resolve, reject).finally(settled);
  });
}

export function toStored(league: League, fetchedAt: number): StoredLeague & Pick<League, "teams"> {
  return { ...league, positions: [...league.positions], fetchedAt };
}
