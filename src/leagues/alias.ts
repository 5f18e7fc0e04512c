import { DAY, NEVER } from "../clock.ts";
import { findLeague, MAX_SEASONS, resolveAlias, saveAlias, saveLeague } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { keyOfAddress, parseLeagueKey } from "../source/leagueKey.ts";
import { type League, SourceError } from "../source/source.ts";
import { askLeague, inTime, type Question, toStored } from "./league.ts";

type Sources = Pick<Deps, "db" | "source" | "clock">;

/** How long a resolved alias is used before its source is asked again. */
const ALIAS_FRESH_MS = 1 * DAY;
/** Value of `since` with which `resolveAlias` accepts keys of any age. */
const EVER = -1;

/** Given an alias, a page's URL or a key, returns the stored key. Returns an alias unchanged if the alias was never resolved. */
export async function knownKey(db: Sources["db"], given: string): Promise<string> {
  const key = keyOfAddress(given);
  return parseLeagueKey(key)?.isAlias ? ((await resolveAlias(db, key, EVER)) ?? key) : key;
}

/**
 * Returns the key under which a league is stored, for example `458.l.6966` for the alias `mlb.l.6966` in the 2025 season. While the source
 * cannot answer, the last known key is used. An alias moves only to a later season of the same league, as shown by the source's own links.
 * Throws SourceError when the source has never answered, or when the alias now means a league that no link connects with the last known
 * league.
 */
export async function storedKey(
  deps: Sources,
  key: string,
  { reach = "kept", signal = NEVER }: Question = {},
): Promise<string> {
  if (!parseLeagueKey(key)?.isAlias) return key;
  const { db, clock } = deps;
  const known = await resolveAlias(db, key, reach === "stored" ? EVER : clock.now() - ALIAS_FRESH_MS);
  if (known) return known;
  if (reach === "stored") return key;
  const before = await resolveAlias(db, key, EVER);
  const options = { signal, meter: { requests: 0, retries: 0 } };
  const ask = (asked: string) => inTime(signal, askLeague(deps, asked, options, "asked"));
  // Do not retry: a caller waits, and an earlier season that cannot be read only ends the chain of links back to `before`.
  const look = (asked: string) => inTime(signal, deps.source(asked).league(asked, options));
  let named: League;
  try {
    named = await ask(key);
  } catch (error) {
    if (before && error instanceof SourceError) return before;
    throw error;
  }
  const league = before === undefined || before === named.key ? named : await successor(look, before, named);
  if (league === null) throw await changedHands(deps, key, before ?? "", named);
  if (reach === "kept") {
    await saveLeague(db, toStored(league, clock.now()));
    await saveAlias(db, key, league.key, clock.now());
  }
  return league.key;
}

/**
 * Returns the season to which an alias moves. `before` is the league that the alias meant earlier, and `named` is the league that the alias
 * means now. If the links of `named` lead back to `before`, returns `named`. Otherwise returns the newest season to which the links of
 * `before` lead, or null when these links lead to no season.
 */
async function successor(
  look: (key: string) => Promise<League>,
  before: string,
  named: League,
): Promise<League | null> {
  if (await leadsBack(look, named, before)) return named;
  let latest: League | null = null;
  for (let next = (await look(before)).nextKey ?? null, n = 0; next !== null && n < MAX_SEASONS; n++) {
    const season: League = await look(next);
    if (season.previousKey !== (latest?.key ?? before)) break;
    latest = season;
    next = season.nextKey ?? null;
  }
  return latest;
}

async function leadsBack(look: (key: string) => Promise<League>, named: League, before: string): Promise<boolean> {
  let previous = named.previousKey;
  for (let n = 0; previous !== null && n < MAX_SEASONS; n++) {
    if (previous === before) return true;
    // A season that cannot be read ends the chain.
    const season: League | null = await look(previous).catch(() => null);
    previous = season?.previousKey ?? null;
  }
  return false;
}

async function changedHands({ db }: Sources, alias: string, before: string, named: League): Promise<SourceError> {
  const own = await findLeague(db, before);
  const was = own ? `${own.name}, ${own.season} season` : "another league";
  return new SourceError(
    "LEAGUE_NOT_FOUND",
    `${alias} stood for ${before} (${was}) and now names ${named.key} (${named.name}), which is not linked as a later season of it. ` +
      `The alias follows your league by itself once the league is renewed. To collect another league, use its own key`,
  );
}
