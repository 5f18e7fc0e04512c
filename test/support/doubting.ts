import { sql } from "drizzle-orm";
import { DAY as ONE_DAY } from "../../src/clock.ts";
import type { TeamLineup } from "../../src/db/lineups.ts";
import type { Ledger } from "./ledger.ts";
import { madeSeason } from "./season.ts";

export const KEY = "458.l.100";

export const DAY = "2025-04-03";

export const season = madeSeason();

/** Makes the stand-in serve changed lineups for a date. */
export function serve(ledger: Ledger, date: string, change: (lineups: TeamLineup[]) => TeamLineup[]): void {
  ledger.yahoo.season = {
    ...season,
    lineups: (each) => (each === date ? change(season.lineups(each)) : season.lineups(each)),
  };
}

export const serveWell = (ledger: Ledger): void => {
  ledger.yahoo.season = season;
};

export const smaller = (n: number) => (lineups: TeamLineup[]) =>
  lineups.map((each, i) => (i === 3 ? { ...each, slots: each.slots.slice(0, n) } : each));

export async function collect(ledger: Ledger, start = DAY, end = start, more = {}) {
  const id = await ledger.start(start, end, more);
  await ledger.work();
  return ledger.job(id);
}

export async function update(ledger: Ledger) {
  const { startUpdate } = await ledger.data(`mutation { startUpdate(input: { leagueKey: "${KEY}" }) { job { id } } }`);
  await ledger.work();
  return ledger.job(startUpdate.job.id);
}

export const tomorrow = (ledger: Ledger) => ledger.clock.set(ledger.clock.now() + ONE_DAY);

export const stateOf = async ({ data }: Ledger, date = DAY) =>
  (
    await data(
      `{ league(key: "${KEY}") { coverage(start: "${date}", end: "${date}") { ranges { state reason } missingDates } } }`,
    )
  ).league.coverage.ranges[0];

export const playersOf = async ({ db }: Ledger, team = 4, date = DAY) =>
  (
    await db.orm.all<{ n: number }>(
      sql`select count(*) as n from daily_lineups where date = ${date} and team_key = ${`${KEY}.t.${team}`}`,
    )
  )[0]?.n;

/** Consecutive dates for which a source returns wrong lineups. */
export const RUN = ["2025-04-05", "2025-04-06", "2025-04-07", "2025-04-08"];

/** Exchanges the players of the first two teams. */
export const exchanged = (lineups: TeamLineup[]) =>
  lineups.map((each, i) => ({ ...each, slots: (i < 2 ? lineups[1 - i] : each)?.slots ?? [] }));

/** Changes what the source serves for all dates of {@link RUN}. */
export const serveRun = (ledger: Ledger, change: (lineups: TeamLineup[]) => TeamLineup[]): void => {
  ledger.yahoo.season = {
    ...season,
    lineups: (date) => (RUN.includes(date) ? change(season.lineups(date)) : season.lineups(date)),
  };
};

/** Returns the dates that are not COMPLETE among the first twelve dates. */
export const openDates = async ({ data }: Ledger): Promise<string[]> => {
  const { league } = await data(
    `{ league(key: "${KEY}") { coverage(start: "2025-04-01", end: "2025-04-12") { ranges { start end state } } } }`,
  );
  return league.coverage.ranges
    .filter(({ state }: { state: string }) => state !== "COMPLETE")
    .flatMap(({ start, end }: { start: string; end: string }) =>
      [...Array(12)].map((_, i) => `2025-04-${String(i + 1).padStart(2, "0")}`).filter((d) => d >= start && d <= end),
    );
};
