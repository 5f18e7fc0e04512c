import * as v from "valibot";
import { waiveDates } from "../leagues/waive.ts";
import { builder } from "./builder.ts";
import { type CoverageOfApi, CoverageRef, coverage } from "./coverage.ts";
import { environmentArg } from "./environment.ts";
import { MAX_DAYS } from "./input.ts";

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
  description: "The result of `waiveDates`.",
  fields: (t) => ({
    coverage: t.expose("coverage", {
      type: CoverageRef,
      description: "Coverage of the whole season after the dates were waived.",
    }),
  }),
});

builder.mutationField("waiveDates", (t) =>
  t.field({
    type: WaivePayload,
    description:
      "Declares that dates are not needed. Waived dates no longer count as missing, and updates skip them. Fails with " +
      "NOT_FOUND, or with BAD_USER_INPUT for dates that are fully collected, empty at the source, in the future or outside the season.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      dates: t.arg({ type: ["Date"], required: true, description: `1 to ${MAX_DAYS} dates.` }),
      reason: t.arg.string({
        required: true,
        description: "Why the dates are not needed, in 1 to 500 characters. The reason is shown with each waived date.",
      }),
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
