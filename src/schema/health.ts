import type { Check } from "../db/health.ts";
import { type Health, healthOf } from "../jobs/health.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { operator } from "./input.ts";

const CheckStatus = describedEnum<Check["status"]>("CheckStatus", "How something is.", {
  OK: "As it should be.",
  WARNING: "The ledger works, and something should be seen to.",
  FAILURE: "Something does not work.",
});

const CheckRef = builder.objectRef<Check>("HealthCheck").implement({
  description: "Something that was looked at.",
  fields: (t) => ({
    name: t.exposeString("name", {
      description: "clock, database, migrations, workers, yahoo, yahoo answers, espn answers.",
    }),
    status: t.expose("status", { type: CheckStatus, description: "How it is." }),
    message: t.exposeString("message", { description: "For people: how it is." }),
    remedy: t.exposeString("remedy", {
      nullable: true,
      description: "The line that mends it; null where nothing is to be mended.",
    }),
    at: t.expose("at", { type: "DateTime", description: "When it was looked at: a source was last asked then." }),
  }),
});

const HealthRef = builder.objectRef<Health>("Health").implement({
  description: "How the ledger is.",
  fields: (t) => ({
    status: t.expose("status", { type: CheckStatus, description: "The worst of its checks." }),
    checks: t.expose("checks", { type: [CheckRef], complexity: list(10), description: "What was looked at." }),
  }),
});

builder.queryField("health", (t) =>
  t.field({
    type: HealthRef,
    complexity: 100,
    description:
      "How clock, database, migrations, workers and sources are, with the line that mends what is wrong. Of sources it tells what they said the last time, unless an operator has them asked. `lineups doctor` shows the same. Errors: FORBIDDEN for a viewer with `probe`.",
    args: {
      probe: t.arg.boolean({ required: true, defaultValue: false, description: "Ask the sources now; for operators." }),
    },
    resolve: (_, { probe }, context) => {
      if (probe) operator(context);
      return healthOf(context.deps, { probe, signal: context.signal });
    },
  }),
);
