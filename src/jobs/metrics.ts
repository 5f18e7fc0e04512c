import { daysBetween, type IsoDate } from "../calendar.ts";
import { SECOND } from "../clock.ts";
import { jobCounts, longestWaitMs, newestFinals } from "../db/metrics.ts";
import { countAtWork } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { calendarOf } from "../source/leagueKey.ts";
import type { Operated } from "../source/sources.ts";
import { budgetsOf } from "./health.ts";

/** A value and its labels. A label takes only a few values, all known in advance. */
type Sample = { labels?: Readonly<Record<string, string>>; value: number };
export type Metric = { name: string; help: string; type: "gauge" | "counter"; samples: Sample[] };

/** Maximum number of leagues that are measured; further leagues are left out. */
const MAX_LEAGUES = 200;

/** Returns metrics of the whole ledger. The metrics are read from the database and are therefore the same in every process. */
export async function ledgerMetrics(deps: Deps & { sources: Operated }): Promise<Metric[]> {
  const { db, clock } = deps;
  const now = clock.now();
  const [counts, waitMs, budgets, workers, lags] = await Promise.all([
    jobCounts(db),
    longestWaitMs(db, now),
    budgetsOf(deps),
    countAtWork(db),
    leagueLags(deps),
  ]);
  const sum = (key: "datesCompleted" | "datesFailed" | "requests" | "retries") =>
    counts.reduce((total, row) => total + row[key], 0);
  return [
    {
      ...{ name: "lineup_ledger_jobs", help: "Jobs by environment and state.", type: "gauge" },
      samples: counts.map(({ environment, status, jobs }) => ({ labels: { environment, status }, value: jobs })),
    },
    {
      ...{ name: "lineup_ledger_dates_total", help: "Finished dates of jobs, by outcome.", type: "counter" },
      samples: [
        { labels: { outcome: "completed" }, value: sum("datesCompleted") },
        { labels: { outcome: "failed" }, value: sum("datesFailed") },
      ],
    },
    {
      ...{ name: "lineup_ledger_source_requests_total", help: "Requests to sources.", type: "counter" },
      samples: [
        { labels: { outcome: "first" }, value: sum("requests") - sum("retries") },
        { labels: { outcome: "repeated" }, value: sum("retries") },
      ],
    },
    {
      ...{
        name: "lineup_ledger_waiting_seconds",
        help: "Longest remaining wait of any waiting job.",
        type: "gauge",
      },
      samples: [{ value: waitMs / SECOND }],
    },
    {
      ...{ name: "lineup_ledger_source_blocked_seconds", help: "Time until a source accepts requests.", type: "gauge" },
      samples: budgets.map(({ source, blockedUntil }) => ({
        labels: { source },
        value: blockedUntil === null ? 0 : Math.max(0, blockedUntil - now) / SECOND,
      })),
    },
    {
      ...{
        name: "lineup_ledger_source_window_requests",
        help: "Requests made to a source within a time window; the label `minutes` is the window's length.",
        type: "gauge",
      },
      samples: budgets.flatMap(({ source, windows }) =>
        windows.map(({ minutes, made }) => ({ labels: { source, minutes: String(minutes) }, value: made })),
      ),
    },
    {
      ...{ name: "lineup_ledger_workers", help: "Workers with a heartbeat in the last thirty seconds.", type: "gauge" },
      samples: [{ value: workers }],
    },
    {
      ...{
        name: "lineup_ledger_league_lag_days",
        help: "Number of days by which a league in season is behind: from its newest final date to the newest date that can be final.",
        type: "gauge",
      },
      samples: lags.map(({ league, days }) => ({ labels: { league }, value: days })),
    },
  ];
}

/**
 * Returns a list of the leagues whose season is going on, with the number of days that each league is behind. A league is 0 days behind if
 * the newest date that can be final is known.
 */
export async function leagueLags({
  db,
  clock,
}: Pick<Deps, "db" | "clock">): Promise<{ league: string; days: number }[]> {
  const now = clock.now();
  return (await newestFinals(db, MAX_LEAGUES)).flatMap(({ leagueKey, startDate, endDate, newest }) => {
    const due: IsoDate = calendarOf(leagueKey).lastFinalDate(now);
    if (due < startDate || due > endDate) return [];
    const from = newest ?? startDate;
    return [{ league: leagueKey, days: Math.max(0, daysBetween(from, due) - (newest === null ? 0 : 1)) }];
  });
}
