import { DAY, MINUTE, NEVER, retry, yieldToOthers } from "../clock.ts";
import type { Db } from "../db/client.ts";
import { findLeague, type StoredLeague, saveLeague, teamsOf } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { retryPauseMs } from "../source/retry.ts";
import { type AskOptions, type League, SourceError } from "../source/source.ts";

/** How long a stored league record is used before it is fetched again, because teams are renamed and seasons get longer. */
const LEAGUE_FRESH_MS = 1 * DAY;

/**
 * How far a lookup of a league may go: `stored` reads only the database, `asked` may ask the source but does not store the answer, and
 * `kept` may ask the source and stores the answer. Queries never store anything, and viewers' queries never ask a source.
 */
export type Reach = "stored" | "asked" | "kept";

/**
 * Returns the league: from the database while the stored record is fresh, otherwise from the source. Throws SourceError, and NOT_FOUND when
 * `reach` is "stored" and there is no record.
 */
export async function ensureLeague(
  { db, source, clock }: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  options: AskOptions,
  reach: Reach = "kept",
): Promise<League> {
  const stored = await findLeague(db, key);
  // If the season was over when the record was fetched, the record does not change any more.
  const isOver = stored !== undefined && stored.endDate < calendarOf(key).dateAt(stored.fetchedAt);
  if (stored && (reach === "stored" || isOver || clock.now() - stored.fetchedAt < LEAGUE_FRESH_MS))
    return { ...stored, teams: await teamsOf(db, [stored.key]) };
  if (reach === "stored") {
    throw new LedgerError(
      "NOT_FOUND",
      `The ledger does not know league ${key}, and only an operator may look it up at its source`,
      { leagueKey: key },
    );
  }
  const asStored = async (league: StoredLeague) => ({ ...league, teams: await teamsOf(db, [league.key]) });
  const notBefore = refusals.get(db)?.get(key) ?? 0;
  if (stored && clock.now() < notBefore) return asStored(stored);
  try {
    return await askLeague({ db, source, clock }, key, options, reach);
  } catch (error) {
    // A known league does not disappear: use the stored record until the source answers.
    if (!stored || !(error instanceof SourceError) || !isPassing(error)) throw error;
    const refused = refusals.get(db) ?? new Map<string, number>();
    refusals.set(db, refused.set(key, clock.now() + REFUSED_MS));
    return asStored(stored);
  }
}

/** How long to wait before the next attempt if the record of a known league could not be fetched. */
const REFUSED_MS = 10 * MINUTE;
/**
 * Map from league to the time when the league's record is fetched again after a failure. The map is kept only in memory, because its loss
 * costs only a few extra requests.
 */
const refusals = new WeakMap<Db, Map<string, number>>();

/** Whether a source that failed to return a league's record may still return the league's lineups. */
const isPassing = ({ kind }: SourceError): boolean =>
  kind === "UNAVAILABLE" || kind === "MALFORMED" || kind === "LEAGUE_NOT_FOUND";

/**
 * Fetches a league's record from its source once and stores it. Returns undefined when the source fails or the signal aborts; the stored
 * record then stays.
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

/** Fetches a league from its source, with retries, and stores it if `reach` is "kept". Throws SourceError. */
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

/** How far a lookup may go, and the signal that ends the wait for the lookup. */
export type Question = { reach?: Reach; signal?: AbortSignal | undefined };

/**
 * Which seasons of a league are wanted: the league's own season and a number of earlier seasons, or the seasons of certain years, or all
 * seasons.
 */
export type WantedSeasons = { before: number } | { years: readonly number[] } | "all";

/** The available seasons, and the season that the source refuses (null if there is none). Seasons before a refused season are not known. */
export type Seasons = { seasons: League[]; refused: { leagueKey: string; error: SourceError } | null };

/**
 * Follows the source's own links between seasons, and returns the league's seasons, newest first. If the source refuses a season, the chain
 * of links ends at that season, and the season is returned as `refused`. Throws BAD_USER_INPUT when the source does not link the wanted
 * seasons, and SourceError when no wanted season is available.
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
      `Cannot find ${wanted.before} seasons before ${leagueKey}: only ${seasons.length - 1} previous seasons are linked, back to ${first.key} of ${first.season}`,
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
    `Cannot find the seasons ${unknown.join(", ")} of ${leagueKey}: the source links only these seasons: ${known.join(", ")}`,
  );
}

/** Kinds of errors that concern a single season and not the league's other seasons. */
const OF_ONE_SEASON: ReadonlySet<SourceError["kind"]> = new Set([
  "LEAGUE_PRIVATE",
  "LEAGUE_NOT_FOUND",
  "LEAGUE_NOT_DAILY",
  "MALFORMED",
  "UNAVAILABLE",
]);

/**
 * Awaits a source's answer. If the signal aborts, throws UNAVAILABLE; during the pause after a failed attempt, throws that attempt's error
 * instead. A request under way may still finish and be stored.
 */
export function inTime<T>(signal: AbortSignal, asked: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const late = () => reject(new SourceError("UNAVAILABLE", "The source did not answer in time"));
    // Wait a moment: if the signal aborts between two attempts, `asked` is about to be rejected with the last attempt's error.
    const giveUp = () => void yieldToOthers().then(late);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const failed = (error: unknown) =>
      error instanceof SourceError && error.kind === "STOPPED" ? late() : reject(error);
    asked.then(resolve, failed).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

export function toStored(league: League, fetchedAt: number): StoredLeague & Pick<League, "teams"> {
  return { ...league, positions: [...league.positions], fetchedAt };
}
