import { leagueDate } from "../calendar.ts";
import { findLeague, resolveAlias, type StoredLeague, saveAlias, saveLeague, teamsOf } from "../db/leagues.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import { type AskOptions, type League, SourceError } from "../source/source.ts";
import type { Deps } from "./deps.ts";
import { LedgerError } from "./error.ts";
import { retryPauseMs } from "./retry.ts";

/** A league's record is asked for again after a day: teams are renamed, and seasons get longer. */
const LEAGUE_FRESH_MS = 24 * 60 * 60 * 1000;

/** The league, from the ledger while that is fresh, else from its source. Throws a SourceError. */
export async function ensureLeague(
  { db, source, clock }: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  options: AskOptions,
): Promise<League> {
  const stored = await findLeague(db, key);
  // A season that was over when its league was last asked for does not change any more.
  const isOver = stored !== undefined && stored.endDate < leagueDate(stored.fetchedAt);
  if (stored && (isOver || clock.now() - stored.fetchedAt < LEAGUE_FRESH_MS))
    return { ...stored, teams: await teamsOf(db, [stored.key]) };

  return askLeague({ db, source, clock }, key, options);
}

/** Asks the source for a league, again while it is only unavailable, and stores it. Throws a SourceError. */
async function askLeague(
  { db, source, clock }: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  options: AskOptions,
): Promise<League> {
  for (let attempt = 1; ; attempt++) {
    try {
      const league = await source(key).league(key, options);
      await saveLeague(db, toStored(league, clock.now()));
      return league;
    } catch (error) {
      const pauseMs = error instanceof SourceError ? retryPauseMs(error, attempt, Math.random()) : null;
      if (pauseMs === null || options.signal.aborted) throw error;
      options.meter.retries++;
      await clock.sleep(pauseMs, options.signal);
    }
  }
}

/**
 * The key under which a league is stored: `458.l.6966` for `mlb.l.6966`, while that is the season's. What it stood for last counts on
 * while its source cannot say. Throws a SourceError when the source was never able to say.
 * @param signal Ends the wait for the source.
 */
export async function storedKey(
  deps: Pick<Deps, "db" | "source" | "clock">,
  key: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  if (!parseLeagueKey(key)?.isAlias) return key;
  const known = await resolveAlias(deps.db, key, deps.clock.now() - LEAGUE_FRESH_MS);
  if (known) return known;
  try {
    const asked = askLeague(deps, key, { signal, meter: { requests: 0, retries: 0 } });
    const league = await Promise.race([asked, givenUp(signal, asked)]);
    await saveAlias(deps.db, key, league.key, deps.clock.now());
    return league.key;
  } catch (error) {
    const before = error instanceof SourceError ? await resolveAlias(deps.db, key, 0) : undefined;
    if (before) return before;
    throw error;
  }
}

/** Which of a league's seasons: so many before its own as well, those of certain years, or all. */
export type WantedSeasons = { before: number } | { years: readonly number[] } | "all";

/**
 * Seasons of a league, newest first, by the source's own links. Throws BAD_USER_INPUT when the source does not link those that are
 * wanted, and a SourceError.
 */
export async function seasonsOf(
  deps: Pick<Deps, "db" | "source" | "clock">,
  leagueKey: string,
  wanted: WantedSeasons,
): Promise<League[]> {
  const options = { signal: new AbortController().signal, meter: { requests: 0, retries: 0 } };
  const own = await ensureLeague(deps, leagueKey, options);
  const seasons = [own];
  const goesOn = ({ season }: League) => {
    if (wanted === "all") return true;
    return "before" in wanted ? seasons.length <= wanted.before : season > Math.min(...wanted.years);
  };
  for (let last = own; last.previousKey !== null && goesOn(last); seasons.push(last))
    last = await ensureLeague(deps, last.previousKey, options);

  const first = seasons.at(-1) ?? own;
  if (wanted === "all") return seasons;
  if ("before" in wanted) {
    if (seasons.length > wanted.before) return seasons;
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot go ${wanted.before} seasons back from ${leagueKey} as its source links ${seasons.length - 1}: the first is ${first.key} of ${first.season}`,
    );
  }
  const known = seasons.map(({ season }) => season);
  const unknown = wanted.years.filter((year) => !known.includes(year));
  if (unknown.length === 0) return seasons.filter(({ season }) => wanted.years.includes(season));
  throw new LedgerError(
    "BAD_USER_INPUT",
    `Cannot find the season of ${unknown.join(", ")} of ${leagueKey}; the source links those of ${known.join(", ")}`,
  );
}

/** A request under way is finished, and what it brings is stored; whoever gave it up does not wait for that. */
function givenUp(signal: AbortSignal, asked: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => reject(new SourceError("UNAVAILABLE", "The source did not answer in time"));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    asked.then(
      () => signal.removeEventListener("abort", giveUp),
      () => signal.removeEventListener("abort", giveUp),
    );
  });
}

function toStored(league: League, fetchedAt: number): StoredLeague & Pick<League, "teams"> {
  return { ...league, positions: [...league.positions], fetchedAt };
}
