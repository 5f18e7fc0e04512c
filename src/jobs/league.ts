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

  for (let attempt = 1; ; attempt++) {
    try {
      const league = await source(key).league(key, options);
      await saveLeague(db, toStored(league, clock.now()));
      return league;
    } catch (error) {
      const pauseMs = error instanceof SourceError ? retryPauseMs(error, attempt, Math.random()) : null;
      if (pauseMs === null) throw error;
      options.meter.retries++;
      await clock.sleep(pauseMs, options.signal);
    }
  }
}

/** The key under which a league is stored: `458.l.6966` for `mlb.l.6966`, while that is the season's. Throws a SourceError. */
export async function storedKey(deps: Pick<Deps, "db" | "source" | "clock">, key: string): Promise<string> {
  if (!parseLeagueKey(key)?.isAlias) return key;
  const known = await resolveAlias(deps.db, key, deps.clock.now() - LEAGUE_FRESH_MS);
  if (known) return known;
  const league = await deps
    .source(key)
    .league(key, { signal: new AbortController().signal, meter: { requests: 0, retries: 0 } });
  await saveLeague(deps.db, toStored(league, deps.clock.now()));
  await saveAlias(deps.db, key, league.key, deps.clock.now());
  return league.key;
}

/**
 * A league's season and the seasons before it, newest first, by the source's own links. Throws BAD_USER_INPUT when there are fewer,
 * and a SourceError.
 * @param before How many seasons before it.
 */
export async function seasonsOf(
  deps: Pick<Deps, "db" | "source" | "clock">,
  leagueKey: string,
  before: number,
): Promise<League[]> {
  const options = { signal: new AbortController().signal, meter: { requests: 0, retries: 0 } };
  const seasons = [await ensureLeague(deps, leagueKey, options)];
  for (let season = seasons[0]; season && seasons.length <= before; season = seasons.at(-1)) {
    if (season.previousKey === null) {
      throw new LedgerError(
        "BAD_USER_INPUT",
        `Cannot go ${before} seasons back from ${leagueKey} as its source links ${seasons.length - 1}: the first is ${season.key} of ${season.season}`,
      );
    }
    seasons.push(await ensureLeague(deps, season.previousKey, options));
  }
  return seasons;
}

function toStored(league: League, fetchedAt: number): StoredLeague & Pick<League, "teams"> {
  return { ...league, positions: [...league.positions], fetchedAt };
}
