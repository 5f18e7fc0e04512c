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
  description: "How a team used its roster over a range of dates.",
  fields: (t) => ({
    team: t.field({ type: TeamRef, resolve: (at, _, { loaders }) => loadTeam(loaders, at) }),
    daysCollected: t.exposeInt("daysCollected"),
    distinctLineups: t.exposeInt("distinctLineups", {
      description: "Number of different lineups. Two lineups are different if at least one player or one slot differs.",
    }),
    lineupChanges: t.exposeInt("lineupChanges", {
      description:
        "Number of days whose lineup differs from the lineup of the previous day. A day is left out if the day before was not collected.",
    }),
    playersUsed: t.exposeInt("playersUsed", {
      description: "Number of players who were on the team on at least one day.",
    }),
    playersAdded: t.exposeInt("playersAdded", {
      description:
        "Number of players who joined the team from one day to the next, summed over all days. " +
        "A day is left out if the day before was not collected.",
    }),
    playersDropped: t.exposeInt("playersDropped", {
      description:
        "Number of players who left the team from one day to the next, summed over all days. " +
        "A day is left out if the day before was not collected.",
    }),
    playersHeldUnderAWeek: t.exposeInt("playersHeldUnderAWeek", {
      description: "Number of players who were on the team for fewer than seven days of the range.",
    }),
    benchDaysByPosition: t.expose("benchDaysByPosition", {
      type: [PositionDaysRef],
      complexity: list(POSITIONS),
      description:
        "Number of days on the bench for each position, summed over the players, most days first. " +
        "A player is counted at the first position for which he is eligible.",
    }),
  }),
});

const DailySummaryRef = builder.objectRef<DailySummary>("DailySummary").implement({
  description: "Counts for one date of a league.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    teams: t.exposeInt("teams", { description: "Number of teams whose lineup was collected." }),
    players: t.exposeInt("players"),
    started: t.exposeInt("started"),
    benched: t.exposeInt("benched"),
    inactive: t.exposeInt("inactive"),
    provisional: t.exposeBoolean("provisional", {
      description: "Whether any lineup was collected before the date's lineups were final.",
    }),
    byPosition: t.expose("byPosition", {
      type: [PositionDaysRef],
      complexity: list(POSITIONS),
      description:
        "Number of players in each slot, most players first. In `byPosition`, `days` is the number of players.",
    }),
  }),
});

const HABITS = `over at most ${MAX_DAYS} days`;

builder.queryFields((t) => ({
  teamSummary: t.field({
    type: TeamSummaryRef,
    nullable: true,
    complexity: (range) => rows(daysOf(range) * ROSTER),
    description: `How a team used its roster ${HABITS}.`,
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
    description: `How every team of a league used its roster ${HABITS}. All teams are read in one pass.`,
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
    description: "Counts for one date of a league; null if the date was not collected.",
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
    description: `Counts for each collected date of a league ${HABITS}. All dates are read in one pass.`,
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
    description: `How the team used its roster ${HABITS}.`,
    args: {
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: inheritedArg(t),
    },
    resolve: async ({ key, leagueKey, ...team }, { start, end, environment }, { loaders }) => {
      checkRange({ start, end }, MAX_DAYS);
      const range = { environment: inherited(environment, team), leagueKey, start, end };
      const summary = await loaders.teamSummary.load({ ...range, teamKey: key });
      if (!summary) throw new Error(`Cannot summarize team ${key}: no summary was read`);
      return { ...summary, environment: range.environment };
    },
  }),
);
