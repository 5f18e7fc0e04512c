import { DAY, NEVER } from "../clock.ts";
import { findLeague, MAX_SEASONS, resolveAlias, saveAlias, saveLeague } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { keyOfAddress, parseLeagueKey } from "../source/leagueKey.ts";
import { type League, SourceError } from "../source/source.ts";
import { askLeague, inTime, type Question, toStored } from "./league.ts";

type Sources = Pick<Deps, "db" | "source" | "clock">;

/** What an alias stands for is asked again after a day. */
const ALIAS_FRESH_MS = 1 * DAY;
/** Whenever that was found out. */
const EVER = -1;

/** The key that a name of a league last stood for, as far as the ledger knows: an alias, the address of its page, or its key itself. */
export async function knownKey(db: Sources["db"], given: string): Promise<string> {
  const key = keyOfAddress(given);
  return parseLeagueKey(key)?.isAlias ? ((await resolveAlias(db, key, EVER)) ?? key) : key;
}

/**
 * The key under which a league is stored: `458.l.6966` for `mlb.l.6966`, while that is the season's. What it stood for last counts on
 * while its source cannot say, and it never changes hands: next season's league is taken by the source's own link alone. Throws a
 * SourceError when the source was never able to say, or when the alias names a league that is not the next season of the one it stood for.
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
  // Somebody waits for it, and a link that leads nowhere is an answer as well.
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
 * The league that is a later season of the one an alias stood for: the one that the alias names now, where its links lead back, or the one
 * that the old league's own links lead to; null where neither does.
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
    // A season before the one that is looked for: the chain has passed it.
    const season: League | null = await look(previous).catch(() => null);
    previous = season?.previousKey ?? null;
  }
  return false;
}

async function changedHands({ db }: Sources, alias: string, before: string, named: League): Promise<SourceError> {
  const own = await findLeague(db, before);
  const was = own ? `${own.name}, season of ${own.season}` : "another league";
  return new SourceError(
    "LEAGUE_NOT_FOUND",
    `${alias} has stood for ${before} (${was}) and now names ${named.key} (${named.name}), which its source does not link as a later season of it: ` +
      `once yours is renewed, it is taken by itself; to collect another league, give its own key`,
  );
}
