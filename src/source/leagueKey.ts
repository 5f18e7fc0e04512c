import { type Calendar, createCalendar } from "../calendar.ts";
import type { SourceKind } from "./source.ts";

/** A league key, read: which source it names, and whether it is an alias that only the source can resolve. */
export type LeagueKey = { key: string; source: SourceKind; isAlias: boolean };

const FORMS: readonly { source: SourceKind; form: RegExp; isAlias: boolean }[] = [
  { source: "YAHOO", form: /^[1-9]\d{0,5}\.l\.[1-9]\d{0,8}$/, isAlias: false },
  { source: "YAHOO", form: /^(mlb|nba|nhl|nfl)\.l\.[1-9]\d{0,8}$/, isAlias: true },
  { source: "ESPN", form: /^espn\.(flb|fba|fhl|ffl)\.(19|20)\d\d\.[1-9]\d{0,11}$/, isAlias: false },
  // ESPN keeps a league's number from season to season.
  { source: "ESPN", form: /^espn\.(flb|fba|fhl|ffl)\.[1-9]\d{0,11}$/, isAlias: true },
  { source: "DEMO", form: /^demo\.l\.1$/, isAlias: false },
];

/** The league keys of each source, as SQL's GLOB reads them. */
export const KEY_PATTERNS: Readonly<Record<SourceKind, readonly string[]>> = {
  YAHOO: ["[0-9]*.l.*", "mlb.l.*", "nba.l.*", "nhl.l.*", "nfl.l.*"],
  ESPN: ["espn.*"],
  DEMO: ["demo.l.*"],
};

/** For messages: what {@link parseLeagueKey} accepts. */
export const LEAGUE_KEY_FORMS =
  "458.l.6966 or mlb.l.6966 for Yahoo, espn.flb.2025.12345 for ESPN, demo.l.1 for the demo league; or the address of the league's page at Yahoo or ESPN";

/** Null when the text has no form that names a source. */
export function parseLeagueKey(text: string): LeagueKey | null {
  const found = FORMS.find(({ form }) => form.test(text));
  return found ? { key: text, source: found.source, isAlias: found.isAlias } : null;
}

/** Yahoo's deadlines are given in Pacific time; lineups of a day are final at three in the morning (yahoo.md, section 7). */
export const PACIFIC = createCalendar({ zone: "America/Los_Angeles", zoneName: "Pacific time", finalAfter: "03:00" });

/**
 * ESPN counts days in Eastern time; when exactly its day turns over is not known, so that it is given until six: until then it is the day
 * before, whose games may still be going on (espn.md).
 */
export const EASTERN = createCalendar({
  zone: "America/New_York",
  zoneName: "Eastern time, from six in the morning",
  finalAfter: "06:00",
  beginsAt: 6,
});

const CALENDARS: Readonly<Record<SourceKind, Calendar>> = { YAHOO: PACIFIC, ESPN: EASTERN, DEMO: PACIFIC };

/** What an ESPN key says; the season is null where it is the current one. Null for other keys. */
export function readEspnKey(key: string): { code: string; season: number | null; id: number } | null {
  const read = /^espn\.([a-z]{3})\.(?:(\d{4})\.)?(\d{1,12})$/.exec(key);
  return read
    ? { code: read[1] ?? "", season: read[2] === undefined ? null : Number(read[2]), id: Number(read[3]) }
    : null;
}

/** Yahoo's games by the name of their site, and ESPN's by the name in an address. */
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

/** The key of a league whose page somebody has copied the address of; the text itself where it is none. */
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
  // `/b1/6966`, `/nba/7`, and of the current season alone: an earlier one has its year in front, and a game key that the address does not say.
  const id = /^\/[a-z]+\d?\/0*(\d{1,9})(\/|$)/.exec(pathname)?.[1];
  return game !== undefined && id !== undefined ? `${game}.l.${id}` : given;
}

/** What a source wants to stand wherever its data is shown (yahoo.md, section 0); null where it wants nothing. */
export function attributionOf(leagueKey: string): string | null {
  return parseLeagueKey(leagueKey)?.source === "YAHOO" ? "Fantasy data provided by Yahoo Fantasy" : null;
}

/** How the league of a key counts its days. */
export const calendarOf = (leagueKey: string): Calendar => CALENDARS[parseLeagueKey(leagueKey)?.source ?? "YAHOO"];
