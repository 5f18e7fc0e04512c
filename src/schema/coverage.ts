import * as v from "valibot";
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
import { waiveDates } from "../leagues/waive.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { builder, type Context, describedEnum } from "./builder.ts";
import { daysOf, list, rows, SEASON_DAYS } from "./costs.ts";
import { environmentArg, inheritedArg } from "./environment.ts";
import { inherited } from "./inherits.ts";
import { checkRange, MAX_DAYS } from "./input.ts";
import { JobDateStatusEnum, JobRef } from "./job.ts";
import { LeagueRef } from "./league.ts";

const STATES = {
  NOT_YET: "In the future.",
  MISSING: "Never collected.",
  PROVISIONAL:
    "Collected before the day was over, or what the source said is doubted: `reason` says which. An update collects it again.",
  COMPLETE: "Every team's lineup is there, and final.",
  PARTIAL: "Some teams are there, some are not.",
  EMPTY: "The source answered, and has no lineups for that date.",
  FAILED: "The last attempt failed; `reason` says why.",
  WAIVED: "A person declared it not needed.",
};

export const CoverageStateEnum = describedEnum<CoverageState>(
  "CoverageState",
  "How well the ledger knows one date of one league.",
  STATES,
);

const CoverageRangeRef = builder.objectRef<CoverageRange>("CoverageRange").implement({
  description: "Dates in a row that are known equally well.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    state: t.expose("state", { type: CoverageStateEnum }),
    reason: t.exposeString("reason", { nullable: true }),
    by: t.exposeString("by", {
      nullable: true,
      description: "Who waived the dates, by the name of the token; null where they were not waived.",
    }),
  }),
});

const CoverageCountRef = builder.objectRef<Coverage["counts"][number]>("CoverageCount").implement({
  description: "How many dates are in a state.",
  fields: (t) => ({ state: t.expose("state", { type: CoverageStateEnum }), dates: t.exposeInt("dates") }),
});

/** One date, and what was read to tell of it. */
type Cell = DateCoverage & {
  stored: StoredDate | undefined;
  held: HeldDate | undefined;
  active: ActiveDate | undefined;
  teamsExpected: number;
};

const CoverageCellRef = builder.objectRef<Cell>("CoverageCell").implement({
  description: "How well one date is known, by whom, since when, and what is under way.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    state: t.expose("state", { type: CoverageStateEnum }),
    reason: t.exposeString("reason", { nullable: true }),
    by: t.exposeString("by", { nullable: true, description: "Who waived it; null where it was not waived." }),
    updatedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When what is known of it was last written; null for a date that was never tried.",
      resolve: ({ stored }) => stored?.updatedAt ?? null,
    }),
    jobId: t.id({
      nullable: true,
      description: "The job that wrote it; null for a date that was never tried, and for one that was waived.",
      resolve: ({ stored }) => stored?.jobId ?? null,
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: "The same.",
      resolve: ({ stored }, _, { loaders }) => (stored?.jobId ? loaders.job.load(stored.jobId) : null),
    }),
    teams: t.int({ description: "Teams whose lineup is there.", resolve: ({ held }) => held?.teams ?? 0 }),
    teamsExpected: t.exposeInt("teamsExpected", { description: "Teams that the league has now." }),
    players: t.int({ description: "Players in these lineups.", resolve: ({ held }) => held?.players ?? 0 }),
    activeStatus: t.field({
      type: JobDateStatusEnum,
      nullable: true,
      description: "PENDING or RUNNING while an unfinished job has the date before it; else null.",
      resolve: ({ active }) => active?.status ?? null,
    }),
    activeJob: t.field({
      type: JobRef,
      nullable: true,
      description: "That job.",
      resolve: ({ active }, _, { loaders }) => (active ? loaders.job.load(active.jobId) : null),
    }),
  }),
});

/** A coverage, and of what. */
type CoverageOfApi = Coverage & { league: LeagueScope; stored: ReadonlyMap<string, StoredDate>; dates: DateCoverage[] };

const CoverageRef = builder.objectRef<CoverageOfApi>("Coverage").implement({
  description: "How well a range of dates is known.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    ranges: t.expose("ranges", {
      type: [CoverageRangeRef],
      // Neighbours are joined: a season has a few.
      complexity: list(20),
      description: "One row per state and date, run-length encoded: a season fits in a few kilobytes.",
    }),
    counts: t.expose("counts", {
      type: [CoverageCountRef],
      complexity: list(8),
      description: "States that occur, each once.",
    }),
    missingDates: t.expose("missingDates", { type: ["Date"], description: "States MISSING, PARTIAL and FAILED." }),
    cells: t.field({
      type: [CoverageCellRef],
      complexity: list(SEASON_DAYS),
      description: "Each date by itself, with its job, time and counts, and whether a job has it before it.",
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
        "Dates COMPLETE, EMPTY or WAIVED, of all dates that are due, 0 to 100; a date is due once its lineups are final. 100 when none is due.",
    }),
  }),
});

type Range = { start?: string | null | undefined; end?: string | null | undefined; environment: Environment };

/** The coverage of a league's season, or of a part of it; what lies outside the season is left out. */
async function coverage(
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
    description: "How well the season's dates are known, or those of a range within it.",
    args: {
      start: t.arg({ type: "Date", description: "Default: the season's first day." }),
      end: t.arg({ type: "Date", description: "Default: the season's last day." }),
      environment: inheritedArg(t),
    },
    resolve: (league, { environment, ...range }, context) =>
      coverage(context, league, { ...range, environment: inherited(environment, league) }),
  }),
);

const REASON = "expected a reason of 1 to 500 characters";
const waiver = v.looseObject({
  dates: v.pipe(
    v.array(v.string()),
    v.minLength(1, "expected at least one date"),
    v.maxLength(MAX_DAYS, `expected at most ${MAX_DAYS} dates`),
  ),
  reason: v.pipe(v.string(), v.trim(), v.minLength(1, REASON), v.maxLength(500, REASON)),
});

const WaivePayload = builder.objectRef<{ coverage: CoverageOfApi }>("WaivePayload").implement({
  description: "The season's coverage as it is now.",
  fields: (t) => ({ coverage: t.expose("coverage", { type: CoverageRef }) }),
});

builder.mutationField("waiveDates", (t) =>
  t.field({
    type: WaivePayload,
    description:
      "Declares dates not needed: they are no longer missing, and updates leave them out. Errors: NOT_FOUND, BAD_USER_INPUT for dates that are known, in the future or outside the season.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      dates: t.arg({ type: ["Date"], required: true, description: `1 to ${MAX_DAYS} dates.` }),
      reason: t.arg.string({ required: true, description: "Shown wherever the date is; 1 to 500 characters." }),
      environment: environmentArg(t),
    },
    validate: waiver,
    resolve: async (_, { dates, reason, ...scope }, context) => {
      const by = context.caller.name;
      const league = await waiveDates(context.deps, scope, { dates, reason: reason.trim(), by });
      return { coverage: await coverage(context, league, { environment: scope.environment }) };
    },
  }),
);
