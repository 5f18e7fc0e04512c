import { addDays, daysBetween, type IsoDate } from "../../calendar.ts";
import type { League } from "../source.ts";

export const DEMO_LEAGUE_KEY = "demo.l.1";

/** The demo's calendar begins here. */
const EPOCH: IsoDate = "2020-01-01";

const SEASON_DAYS = 180;
/** Seasons last 180 days, and a new season begins every 90 days. The demo shows the season in which today is one of the days 61 to 150. */
const SEASON_EVERY_DAYS = 90;
const MIN_DAYS_PLAYED = 60;

const TEAM_NAMES = [
  "Bay City Gulls",
  "Café Olé",
  "Diamond Dust",
  "Extra Innings",
  "Full Count",
  "Grand Slammers",
  "Hot Corner",
  "Infield Fliers",
  "Jolly Rounders",
  "Knuckle Curves",
  "Łódź Lumber",
  "Moonshots",
];

/** The slots of a demo roster, in the order of Yahoo's page. */
export const STARTING_HITTERS = ["C", "1B", "2B", "3B", "SS", "OF", "OF", "OF", "Util", "Util"] as const;
export const STARTING_PITCHERS = ["SP", "SP", "RP", "RP", "P", "P", "P"] as const;
export const IL_SLOTS = 3;
const BENCH_SLOTS = 10;

/** Returns the demo league as of a day, always in mid-season. The same day gives the same league on every machine. */
export function demoLeague(today: IsoDate): League {
  const day = dayNumber(today);
  const startDate = addDays(EPOCH, Math.floor((day - MIN_DAYS_PLAYED) / SEASON_EVERY_DAYS) * SEASON_EVERY_DAYS);
  const starting = [...STARTING_HITTERS, ...STARTING_PITCHERS];
  return {
    key: DEMO_LEAGUE_KEY,
    source: "DEMO",
    sport: "mlb",
    season: Number(startDate.slice(0, 4)),
    name: "Demo League",
    startDate,
    endDate: addDays(startDate, SEASON_DAYS - 1),
    teams: TEAM_NAMES.map((name, i) => ({ key: `${DEMO_LEAGUE_KEY}.t.${i + 1}`, name })),
    positions: [
      ...[...new Set(starting)].map((position) => ({
        position,
        count: starting.filter((each) => each === position).length,
        starting: true,
      })),
      { position: "BN", count: BENCH_SLOTS, starting: false },
      { position: "IL", count: IL_SLOTS, starting: false },
      { position: "NA", count: 1, starting: false },
    ],
    previousKey: null,
    nextKey: null,
  };
}

/** Returns the number of days since the first day of the demo's calendar; 0 for every date before the calendar begins. */
export function dayNumber(date: IsoDate): number {
  return Math.max(0, daysBetween(EPOCH, date) - 1);
}
