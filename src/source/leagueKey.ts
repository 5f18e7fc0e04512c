import { type Calendar, createCalendar } from "../calendar.ts";
import type { SourceKind } from "./source.ts";

/** A parsed league key: the league's source, and whether the key is an alias that only the source can resolve. */
export type LeagueKey = { key: string; source: SourceKind; isAlias: boolean };

const FORMS: readonly { source: SourceKind; form: RegExp; isAlias: boolean }[] = [
  { source: "YAHOO", form: /^[1-9]\d{0,5}\.l\.[1-9]\d{0,8}$/, isAlias: false },
  { source: "YAHOO", form: /^(mlb|nba|nhl|nfl)\.l\.[1-9]\d{0,8}$/, isAlias: true },
  { source: "ESPN", form: /^espn\.(flb|fba|fhl|ffl)\.(19|20)\d\d\.[1-9]\d{0,11}$/, isAlias: false },
  // ESPN keeps a league's number from season to season.
  { source: "ESPN", form: /^espn\.(flb|fba|fhl|ffl)\.[1-9]\d{0,11}$/, isAlias: true },
  { source: "DEMO", form: /^demo\.l\.1$/, isAlias: false },
];

/** Patterns for SQL's GLOB that match the league keys of each source. */
export const KEY_PATTERNS: Readonly<Record<SourceKind, readonly string[]>> = {
  YAHOO: ["[0-9]*.l.*", "mlb.l.*", "nba.l.*", "nhl.l.*", "nfl.l.*"],
  ESPN: ["espn.*"],
  DEMO: ["demo.l.*"],
};

/** The accepted ways to name a league, as text for messages. */
export const LEAGUE_KEY_FORMS =
  "458.l.6966 or mlb.l.6966 for Yahoo, espn.flb.2025.12345 for ESPN (flb, fba or fhl), demo.l.1 for the demo league; or the address of the league's page at Yahoo or ESPN";

/** Returns the parsed key; null when the text has no known form. */
export function parseLeagueKey(text: string): LeagueKey | null {
  const found = FORMS.find(({ form }) => form.test(text));
  return found ? { key: text, source: found.source, isAlias: found.isAlias } : null;
}

/** Yahoo's deadlines are in Pacific time; a date's lineups are final at 03:00 of the next day (docs/yahoo.md, Rosters and dates). */
export const PACIFIC = createCalendar({ zone: "America/Los_Angeles", zoneName: "Pacific time", finalAfter: "03:00" });

/**
 * ESPN counts days in Eastern time. The exact time at which ESPN begins a new day is not known. The ledger begins a date at 06:00, because
 * games of the previous day may still be under way before 06:00.
 */
export const EASTERN = createCalendar({
  zone: "America/New_York",
  zoneName: "Eastern time; each day begins at 06:00",
  finalAfter: "06:00",
  beginsAt: 6,
});

const CALENDARS: Readonly<Record<SourceKind, Calendar>> = { YAHOO: PACIFIC, ESPN: EASTERN, DEMO: PACIFIC };

/** Parses an ESPN key. The season is null if the key is an alias. Returns null for a key that is not ESPN's. */
export function readEspnKey(key: string): { code: string; season: number | null; id: number } | null {
  const read = /^espn\.([a-z]{3})\.(?:(\d{4})\.)?(\d{1,12})$/.exec(key);
  return read
    ? { code: read[1] ?? "", season: read[2] === undefined ? null : Number(read[2]), id: Number(read[3]) }
    : null;
}

/** Maps a subdomain of Yahoo's site to the game. `ESPN_GAMES` maps the first part of the path on ESPN's site to the game. */
const YAHOO_SITES: Readonly<Record<string, string>> = {
  baseball: "mlb",
  basketball: "nba",
  hockey: "nhl",
  football: "nfl",
};
const ESPN_GAMES: Readonly<Record<string, string>> = {
  baseball: "flb",
  basketball: "fba",
  hockey: "fhl",
  football: "ffl",
};

/** Returns the league key for the URL of a league's page; other text is returned as it is. */
export function keyOfAddress(text: string): string {
  const given = text.trim();
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return text;
  const { hostname, pathname, searchParams } = new URL(given);
  const espn = /(^|\.)fantasy\.espn\.com$/.test(hostname) ? ESPN_GAMES[pathname.split("/")[1] ?? ""] : undefined;
  if (espn !== undefined && searchParams.has("leagueId")) {
    const season = searchParams.get("seasonId");
    return ["espn", espn, ...(season === null ? [] : [season]), searchParams.get("leagueId")?.replace(/^0+/, "")].join(
      ".",
    );
  }
  const site = /^(\w+)\.fantasysports\.yahoo\.com$/.exec(hostname)?.[1] ?? "";
  const game = YAHOO_SITES[site];
  // Accept only paths of the current season, such as `/b1/6966` or `/nba/7`. The path of an earlier season begins with the season's year
  // but does not contain the season's game key.
  const id = /^\/[a-z]+\d?\/0*(\d{1,9})(\/|$)/.exec(pathname)?.[1];
  return game !== undefined && id !== undefined ? `${game}.l.${id}` : given;
}

/** Returns the text that a source requires wherever its data is shown (docs/yahoo.md, Access); null when the source requires no text. */
export function attributionOf(leagueKey: string): string | null {
  return parseLeagueKey(leagueKey)?.source === "YAHOO" ? "Fantasy data provided by Yahoo Fantasy" : null;
}

/** Returns the calendar of a league's source. For an unknown key, returns Yahoo's calendar. */
export const calendarOf = (leagueKey: string): Calendar => CALENDARS[parseLeagueKey(leagueKey)?.source ?? "YAHOO"];
