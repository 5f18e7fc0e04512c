import { collectionPlan, type Plan, type PlannedDate, summedUp } from "../jobs/plan.ts";
import { planBackfill, type SeasonPlan } from "../jobs/start.ts";
import { builder } from "./builder.ts";
import { daysOf, list, rows, SEASON_DAYS } from "./costs.ts";
import { CoverageStateEnum } from "./coverage.ts";
import { question } from "./input.ts";
import { backfillInput, MAX_SEASONS, StartBackfillInput, StartCollectionInput } from "./jobMutations.ts";
import { type RefusedSeason, RefusedSeasonRef, refusedSeason } from "./startPayload.ts";

const PlannedActionEnum = builder.enumType("PlannedAction", {
  description: "What a start would do with a date.",
  values: ["COLLECT", "SKIP"] as const,
});

const PlannedDateRef = builder.objectRef<PlannedDate>("PlannedDate").implement({
  description: "What a start would do with one date, and why.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    action: t.expose("action", { type: PlannedActionEnum }),
    state: t.expose("state", { type: CoverageStateEnum, description: "How well it is known now." }),
    reason: t.exposeString("reason"),
  }),
});

const CollectionPlanRef = builder.objectRef<Plan>("CollectionPlan").implement({
  description: "What a start with the same input would do now.",
  fields: (t) => ({
    dates: t.expose("dates", { type: [PlannedDateRef], complexity: list(SEASON_DAYS) }),
    datesToCollect: t.int({ resolve: ({ dates }) => dates.filter(({ action }) => action === "COLLECT").length }),
    requests: t.exposeInt("requests", { description: "Requests to the source, when none has to be repeated." }),
    estimatedSeconds: t.exposeFloat("estimatedSeconds", {
      description: "At the configured request rate; 0 when that is unlimited.",
    }),
  }),
});

const SeasonPlanRef = builder.objectRef<SeasonPlan>("SeasonPlan").implement({
  description: "What a backfill would do with one season.",
  fields: (t) => ({
    leagueKey: t.string({ description: "The season's own key.", resolve: ({ league }) => league.key }),
    season: t.int({ description: "The year the season starts in.", resolve: ({ league }) => league.season }),
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    plan: t.field({
      type: CollectionPlanRef,
      description: "Date by date.",
      resolve: ({ dates, league }, _, { deps }) => summedUp(deps, league.key, dates),
    }),
  }),
});

/** How many seasons an input may take in. */
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
        description: "Season by season, the newest first.",
      }),
      refused: t.expose("refused", {
        type: [RefusedSeasonRef],
        complexity: list(1),
        description:
          "The season that the source refuses: what lies before it is not known, and the others are planned.",
      }),
    }),
  });

builder.queryField("backfillPlan", (t) =>
  t.field({
    type: BackfillPlanRef,
    complexity: ({ input }) => list(seasonsOf(input)),
    description:
      "A dry run of `startBackfill` with the same input. Writes nothing. Only an operator's asks the source for seasons that the ledger does not know; for a viewer that is NOT_FOUND.",
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
      "A dry run: what a start with the same input would do, date by date, with reasons. Writes nothing. Only an operator's asks the source, and only for a league that the ledger does not know; for a viewer all dates of such a league are missing.",
    args: { input: t.arg({ type: StartCollectionInput, required: true }) },
    resolve: (_, { input }, context) => collectionPlan(context.deps, input, question(context)),
  }),
);
