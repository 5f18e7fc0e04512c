import { type DailySummary, dailySummaries, type TeamSummary, teamSummaries } from "../lineups/summary.ts";
import { builder } from "./builder.ts";
import { daysOf, list, POSITIONS, ROSTER, recordsOf, rows, TEAMS } from "./costs.ts";
import { environmentArg, inheritedArg } from "./environment.ts";
import { type Inherits, inherited } from "./inherits.ts";
import { checkRange, MAX_DAYS } from "./input.ts";
import { TeamRef } from "./league.ts";
import { loadTeam } from "./loaders.ts";
import { PositionDaysRef } from "./usage.ts";

const TeamSummaryRef = builder.objectRef<TeamSummary & Inherits>("TeamSummary").implement({
  description: "A team's habits over a range of dates.",
  fields: (t) => ({
    team: t.field({ type: TeamRef, resolve: (at, _, { loaders }) => loadTeam(loaders, at) }),
    daysCollected: t.exposeInt("daysCollected"),
    distinctLineups: t.exposeInt("distinctLineups", { description: "Lineups that differ in a player or a slot." }),
    lineupChanges: t.exposeInt("lineupChanges", {
      description: "Days on which the lineup was another one than the day before.",
    }),
    playersUsed: t.exposeInt("playersUsed", { description: "Players who were on the team on one day at least." }),
    playersAdded: t.exposeInt("playersAdded", {
      description: "Players who were on the team and had not been the day before, summed over the days.",
    }),
    playersDropped: t.exposeInt("playersDropped", {
      description: "Players who had been on the team the day before and were no longer, summed over the days.",
    }),
    playersHeldUnderAWeek: t.exposeInt("playersHeldUnderAWeek", {
      description: "Players who were on the team for fewer than seven days of the range.",
    }),
    benchDaysByPosition: t.expose("benchDaysByPosition", {
      type: [PositionDaysRef],
      complexity: list(POSITIONS),
      description: "Days on the bench, by the first position a player is eligible for; most frequent first.",
    }),
  }),
});

const DailySummaryRef = builder.objectRef<DailySummary>("DailySummary").implement({
  description: "A league's date in numbers.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    teams: t.exposeInt("teams"),
    players: t.exposeInt("players"),
    started: t.exposeInt("started"),
    benched: t.exposeInt("benched"),
    inactive: t.exposeInt("inactive"),
    provisional: t.exposeBoolean("provisional", { description: "Some of it was collected before the day was over." }),
    byPosition: t.expose("byPosition", {
      type: [PositionDaysRef],
      complexity: list(POSITIONS),
      description: "Players in each slot, the fullest first.",
    }),
  }),
});

const HABITS = `over at most ${MAX_DAYS} days`;

builder.queryFields((t) => ({
  teamSummary: t.field({
    type: TeamSummaryRef,
    nullable: true,
    complexity: (range) => rows(daysOf(range) * ROSTER),
    description: `A team's habits ${HABITS}.`,
    args: {
      teamKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", required: true }),
      end: t.arg({ type: "Date", required: true }),
      environment: environmentArg(t),
    },
    resolve: async (_, place, { loaders }) => {
      checkRange(place, MAX_DAYS);
      const { leagueKey } = await loadTeam(loaders, place);
      const summary = await loaders.teamSummary.load({ ...place, leagueKey });
      return summary && { ...summary, environment: place.environment };
    },
  }),
  teamSummaries: t.field({
    type: [TeamSummaryRef],
    complexity: (range) => ({ field: TEAMS + rows(recordsOf(range)), multiplier: TEAMS }),
    description: `The habits of every team of a league ${HABITS}, in one pass.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: environmentArg(t),
    },
    resolve: async (_, range, { deps, loaders }) => {
      checkRange(range, MAX_DAYS);
      const teamKeys = (await loaders.teamsOfLeague.load(range.leagueKey)).map(({ key }) => key);
      const summaries = await teamSummaries(deps, { ...range, teamKeys });
      return [...summaries.values()].map((each) => ({ ...each, environment: range.environment }));
    },
  }),
  dailySummary: t.field({
    type: DailySummaryRef,
    nullable: true,
    complexity: rows(TEAMS * ROSTER),
    description: "A league's date in numbers; null when it was not collected.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      date: t.arg({ type: "Date", required: true }),
      environment: environmentArg(t),
    },
    resolve: async (_, { date, ...league }, { deps }) =>
      (await dailySummaries(deps, { ...league, start: date, end: date }))[0] ?? null,
  }),
  dailySummaries: t.field({
    type: [DailySummaryRef],
    complexity: (range) => ({ field: daysOf(range) + rows(recordsOf(range)), multiplier: daysOf(range) }),
    description: `The dates of a league that were collected, in numbers, ${HABITS}, in one pass.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: environmentArg(t),
    },
    resolve: (_, range, { deps }) => {
      checkRange(range, MAX_DAYS);
      return dailySummaries(deps, range);
    },
  }),
}));

builder.objectField(TeamRef, "summary", (t) =>
  t.field({
    type: TeamSummaryRef,
    complexity: (range) => rows(daysOf(range) * ROSTER),
    description: `The team's habits ${HABITS}.`,
    args: {
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: inheritedArg(t),
    },
    resolve: async ({ key, leagueKey, ...team }, { start, end, environment }, { loaders }) => {
      checkRange({ start, end }, MAX_DAYS);
      const range = { environment: inherited(environment, team), leagueKey, start, end };
      const summary = await loaders.teamSummary.load({ ...range, teamKey: key });
      if (!summary) throw new Error(`Team ${key} has no summary`);
      return { ...summary, environment: range.environment };
    },
  }),
);
