import type { LeagueScope } from "../db/conditions.ts";
import type { ActiveDate, HeldDate, StoredDate } from "../db/coverage.ts";
import type { Environment } from "../db/tables/values.ts";
import {
  type Coverage,
  type CoverageRange,
  type CoverageState,
  coverageBetween,
  type DateCoverage,
  datesCovered,
} from "../leagues/coverage.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { builder, type Context, describedEnum } from "./builder.ts";
import { daysOf, list, rows, SEASON_DAYS } from "./costs.ts";
import { inheritedArg } from "./environment.ts";
import { inherited } from "./inherits.ts";
import { checkRange } from "./input.ts";
import { JobDateStatusEnum, JobRef } from "./job.ts";
import { LeagueRef } from "./league.ts";

const STATES = {
  NOT_YET: "In the future.",
  MISSING: "Never collected.",
  PROVISIONAL:
    "Collected, but not final: either the day was not over, or the source's answer is in doubt. `reason` says which. " +
    "An update collects the date again.",
  COMPLETE: "The lineup of every team is stored and final.",
  PARTIAL: "Some teams' lineups are stored, and some are missing; `reason` says why.",
  EMPTY: "The source answered that it has no lineups for the date.",
  FAILED: "The last attempt failed; `reason` says why.",
  WAIVED: "A person declared that the date is not needed; `reason` says why.",
};

export const CoverageStateEnum = describedEnum<CoverageState>(
  "CoverageState",
  "How completely a league's lineups of one date are stored.",
  STATES,
);

const CoverageRangeRef = builder.objectRef<CoverageRange>("CoverageRange").implement({
  description: "Consecutive dates with the same state, reason and `by`.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    state: t.expose("state", { type: CoverageStateEnum }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "Why the dates are in this state, in words; null if the dates are COMPLETE.",
    }),
    by: t.exposeString("by", {
      nullable: true,
      description: "Name of the caller who waived the dates; null unless the dates are WAIVED.",
    }),
  }),
});

const CoverageCountRef = builder.objectRef<Coverage["counts"][number]>("CoverageCount").implement({
  description: "How many dates are in one state.",
  fields: (t) => ({
    state: t.expose("state", { type: CoverageStateEnum }),
    dates: t.exposeInt("dates", { description: "Number of dates in the state." }),
  }),
});

/** One date, with the data that was read to describe it. */
type Cell = DateCoverage & {
  stored: StoredDate | undefined;
  held: HeldDate | undefined;
  active: ActiveDate | undefined;
  teamsExpected: number;
};

const CoverageCellRef = builder.objectRef<Cell>("CoverageCell").implement({
  description:
    "The state of one date, the time at which the state was last recorded, and the job that recorded it. " +
    "The cell also names the unfinished job, if any, that has yet to collect the date.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    state: t.expose("state", { type: CoverageStateEnum }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "Why the date is in this state, in words; null if the date is COMPLETE.",
    }),
    by: t.exposeString("by", {
      nullable: true,
      description: "Name of the caller who waived the date; null unless the date is WAIVED.",
    }),
    updatedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the stored state was last written; null if the date was neither attempted nor waived.",
      resolve: ({ stored }) => stored?.updatedAt ?? null,
    }),
    jobId: t.id({
      nullable: true,
      description: "Id of the last job that recorded a result for the date; null if no job has.",
      resolve: ({ stored }) => stored?.jobId ?? null,
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: "The job whose id is `jobId`; null if `jobId` is null.",
      resolve: ({ stored }, _, { loaders }) => (stored?.jobId ? loaders.job.load(stored.jobId) : null),
    }),
    teams: t.int({ description: "Number of teams whose lineup is stored.", resolve: ({ held }) => held?.teams ?? 0 }),
    teamsExpected: t.exposeInt("teamsExpected", { description: "Number of teams that the league has now." }),
    players: t.int({
      description: "Number of players in the stored lineups.",
      resolve: ({ held }) => held?.players ?? 0,
    }),
    activeStatus: t.field({
      type: JobDateStatusEnum,
      nullable: true,
      description: "PENDING or RUNNING while an unfinished job has yet to collect the date; null otherwise.",
      resolve: ({ active }) => active?.status ?? null,
    }),
    activeJob: t.field({
      type: JobRef,
      nullable: true,
      description: "The unfinished job that has yet to collect the date; null if there is none.",
      resolve: ({ active }, _, { loaders }) => (active ? loaders.job.load(active.jobId) : null),
    }),
  }),
});

/** The coverage of a range, with its league and the data from which the cells are made. */
export type CoverageOfApi = Coverage & {
  league: LeagueScope;
  stored: ReadonlyMap<string, StoredDate>;
  dates: DateCoverage[];
};

export const CoverageRef = builder.objectRef<CoverageOfApi>("Coverage").implement({
  description: "How completely a league's lineups are stored over a range of dates.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    ranges: t.expose("ranges", {
      type: [CoverageRangeRef],
      // A typical season has few ranges, because neighbouring dates with the same state are merged.
      complexity: list(20),
      description:
        "The dates in order. Neighbouring dates with the same state, reason and `by` are merged, so a season takes only a few kilobytes.",
    }),
    counts: t.expose("counts", {
      type: [CoverageCountRef],
      complexity: list(8),
      description: "Number of dates in each state. States without dates are left out.",
    }),
    missingDates: t.expose("missingDates", {
      type: ["Date"],
      description: "Dates that are MISSING, PARTIAL or FAILED.",
    }),
    cells: t.field({
      type: [CoverageCellRef],
      complexity: list(SEASON_DAYS),
      description:
        "One cell per date, with the state, the last job, the counts, and the unfinished job that has yet to collect the date.",
      resolve: async ({ dates, stored, start, end, league }, _, { loaders }) => {
        const range = { ...league, start, end };
        const [held, active, teams] = await Promise.all([
          loaders.heldDates.load(range),
          loaders.activeDates.load(range),
          loaders.teamsOfLeague.load(league.leagueKey),
        ]);
        return dates.map((day) => ({
          ...day,
          stored: stored.get(day.date),
          held: held.get(day.date),
          active: active.get(day.date),
          teamsExpected: teams.length,
        }));
      },
    }),
    percent: t.exposeFloat("percent", {
      description:
        "Of the due dates, the percentage that is COMPLETE, EMPTY or WAIVED, 0 to 100; 100 if no date is due. " +
        "Due dates are dates that are COMPLETE, EMPTY or WAIVED, and dates whose lineups are final.",
    }),
  }),
});

type Range = { start?: string | null | undefined; end?: string | null | undefined; environment: Environment };

/**
 * Returns the coverage of a league's season. If a range is given, the coverage is limited to the part of the range that lies within the
 * season.
 */
export async function coverage(
  { deps: { clock }, loaders }: Pick<Context, "deps" | "loaders">,
  league: { key: string; startDate: string; endDate: string },
  { environment, ...range }: Range,
): Promise<CoverageOfApi> {
  if (range.start && range.end) checkRange({ start: range.start, end: range.end });
  const start = range.start && range.start > league.startDate ? range.start : league.startDate;
  const end = range.end && range.end < league.endDate ? range.end : league.endDate;
  const stored = await loaders.storedDates.load({ environment, leagueKey: league.key, start, end });
  const at = { now: clock.now(), calendar: calendarOf(league.key) };
  return {
    ...coverageBetween(start, end, stored, at),
    league: { environment, leagueKey: league.key },
    stored,
    dates: datesCovered(start, end, stored, at),
  };
}

builder.objectField(LeagueRef, "coverage", (t) =>
  t.field({
    type: CoverageRef,
    complexity: (range) => rows(daysOf(range)),
    description: "Coverage of the season. `start` and `end` limit the coverage to a part of the season.",
    args: {
      start: t.arg({ type: "Date", description: "The first date; default: the season's first day." }),
      end: t.arg({ type: "Date", description: "The last date; default: the season's last day." }),
      environment: inheritedArg(t),
    },
    resolve: (league, { environment, ...range }, context) =>
      coverage(context, league, { ...range, environment: inherited(environment, league) }),
  }),
);
