import { type Calendar, createCalendar } from "../calendar.ts";
import type { SourceKind } from "./source.ts";

/** A league key, read: which source it names, and whether it is an alias that only the source can resolve. */
export type LeagueKey = { key: string; source: SourceKind; isAlias: boolean };

const FORMS: readonly { source: SourceKind; form: RegExp; isAlias: boolean }[] = [
  { source: "YAHOO", form: /^\d{1,6}\.l\.\d{1,9}$/, isAlias: false },
  { source: "YAHOO", form: /^(mlb|nba|nhl|nfl)\.l\.\d{1,9}$/, isAlias: true },
  { source: "DEMO", form: /^demo\.l\.1$/, isAlias: false },
];

/** The league keys of each source, as SQL's GLOB reads them. */
export const KEY_PATTERNS: Readonly<Record<SourceKind, readonly string[]>> = {
  YAHOO: ["[0-9]*.l.*", "mlb.l.*", "nba.l.*", "nhl.l.*", "nfl.l.*"],
  ESPN: ["espn.*"],
  DEMO: ["demo.l.*"],
};

/** For messages: what {@link parseLeagueKey} accepts. */
export const LEAGUE_KEY_FORMS = "458.l.6966 or mlb.l.6966 for Yahoo, demo.l.1 for the demo league";

/** Null when the text has no form that names a source. */
export function parseLeagueKey(text: string): LeagueKey | null {
  const found = FORMS.find(({ form }) => form.test(text));
  return found ? { key: text, source: found.source, isAlias: found.isAlias } : null;
}

/** Yahoo's deadlines are given in Pacific time; lineups of a day are final at three in the morning (yahoo.md, section 7). */
export const PACIFIC = createCalendar({ zone: "America/Los_Angeles", zoneName: "Pacific time", finalAfter: "03:00" });

/** ESPN counts days in Eastern time; when exactly its day turns over is not known, so that it is given until six (espn.md). */
export const EASTERN = createCalendar({ zone: "America/New_York", zoneName: "Eastern time", finalAfter: "06:00" });

const CALENDARS: Readonly<Record<SourceKind, Calendar>> = { YAHOO: PACIFIC, ESPN: EASTERN, DEMO: PACIFIC };

/** How the league of a key counts its days. */
export const calendarOf = (leagueKey: string): Calendar => CALENDARS[parseLeagueKey(leagueKey)?.source ?? "YAHOO"];
