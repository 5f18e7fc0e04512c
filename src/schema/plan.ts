import { collectionPlan, type Plan, type PlannedDate, summedUp } from "../jobs/plan.ts";
import { planBackfill, type SeasonPlan } from "../jobs/start.ts";
import { builder } from "./builder.ts";
import { daysOf, list, rows, SEASON_DAYS } from "./costs.ts";
import { CoverageStateEnum } from "./coverage.ts";
import { question } from "./input.ts";
import { backfillInput, MAX_SEASONS, StartBackfillInput, StartCollectionInput } from "./jobMutations.ts";
import { type RefusedSeason, RefusedSeasonRef, refusedSeason } from "./startPayload.ts";

const PlannedActionEnum = builder.enumType("PlannedAction", {
  description: "What the job would do with a date.",
  values: ["COLLECT", "SKIP"] as const,
});

const PlannedDateRef = builder.objectRef<PlannedDate>("PlannedDate").implement({
  description: "What the job would do with one date, and why.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    action: t.expose("action", { type: PlannedActionEnum }),
    state: t.expose("state", {
      type: CoverageStateEnum,
      description: "How completely the date's lineups are stored now.",
    }),
    reason: t.exposeString("reason", {
      description: "The reason for collecting or skipping the date, for people to read.",
    }),
  }),
});

const CollectionPlanRef = builder.objectRef<Plan>("CollectionPlan").implement({
  description: "What a collection or backfill would do if it were started now.",
  fields: (t) => ({
    dates: t.expose("dates", {
      type: [PlannedDateRef],
      complexity: list(SEASON_DAYS),
      description: "One entry per date, in order.",
    }),
    datesToCollect: t.int({ resolve: ({ dates }) => dates.filter(({ action }) => action === "COLLECT").length }),
    requests: t.exposeInt("requests", { description: "Requests to the source, not counting retries." }),
    estimatedSeconds: t.exposeFloat("estimatedSeconds", {
      description:
        "Estimated duration in seconds, computed from the configured request rate and budget; 0 if both are unlimited.",
    }),
  }),
});

const SeasonPlanRef = builder.objectRef<SeasonPlan>("SeasonPlan").implement({
  description: "What a backfill would do with one season.",
  fields: (t) => ({
    leagueKey: t.string({ description: "The key of the league in that season.", resolve: ({ league }) => league.key }),
    season: t.int({ description: "The year the season starts in.", resolve: ({ league }) => league.season }),
    start: t.expose("start", { type: "Date", description: "The first day of the season." }),
    end: t.expose("end", { type: "Date", description: "The last day of the season, or today, whichever is earlier." }),
    plan: t.field({
      type: CollectionPlanRef,
      description: "What the backfill would do with each date of the season.",
      resolve: ({ dates, league }, _, { deps }) => summedUp(deps, league.key, dates),
    }),
  }),
});

/** Returns how many seasons an input may cover. */
const seasonsOf = ({ allSeasons, seasons, previousSeasons }: typeof StartBackfillInput.$inferInput): number =>
  allSeasons ? MAX_SEASONS : (seasons?.length ?? previousSeasons + 1);

const BackfillPlanRef = builder
  .objectRef<{ seasons: SeasonPlan[]; refused: RefusedSeason[] }>("BackfillPlan")
  .implement({
    description: "What a backfill would do.",
    fields: (t) => ({
      seasons: t.expose("seasons", {
        type: [SeasonPlanRef],
        complexity: { field: 0, multiplier: 1 },
        description: "One plan per season, newest first.",
      }),
      refused: t.expose("refused", {
        type: [RefusedSeasonRef],
        complexity: list(1),
        description:
          "The season that the source refuses, if any. " +
          "Seasons before the refused season are unknown, because only the refused season links to them. " +
          "The plan contains the seasons after the refused season.",
      }),
    }),
  });

builder.queryField("backfillPlan", (t) =>
  t.field({
    type: BackfillPlanRef,
    complexity: ({ input }) => list(seasonsOf(input)),
    description:
      "A dry run of `startBackfill` with the same input. Writes nothing. If the ledger does not know a season, an " +
      "operator's query asks the source about the season, and a viewer's query fails with NOT_FOUND.",
    args: { input: t.arg({ type: StartBackfillInput, required: true }) },
    resolve: async (_, { input }, context) => {
      const { plans, refused } = await planBackfill(context.deps, backfillInput(input), question(context));
      return { seasons: plans, refused: refused ? [refusedSeason(refused)] : [] };
    },
  }),
);

builder.queryField("collectionPlan", (t) =>
  t.field({
    type: CollectionPlanRef,
    complexity: ({ input }) => rows(daysOf(input)),
    description:
      "A dry run of `startCollection` with the same input. Returns what the job would do with each date, and why. Writes nothing. " +
      "If the ledger does not know the league, an operator's query asks the source about the league. " +
      "For an unknown league, a viewer's query reports every date as missing.",
    args: { input: t.arg({ type: StartCollectionInput, required: true }) },
    resolve: (_, { input }, context) => collectionPlan(context.deps, input, question(context)),
  }),
);
