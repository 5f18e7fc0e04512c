import packageJson from "../../package.json" with { type: "json" };
import type { Check } from "../db/health.ts";
import { budgetsOf, type Health, healthOf, type SourceBudget } from "../jobs/health.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { refuseViewers } from "./input.ts";
import { SourceKindEnum } from "./league.ts";

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

const WindowRef = builder.objectRef<SourceBudget["windows"][number]>("BudgetWindow").implement({
  description: "At most so many requests in so many minutes, over all processes.",
  fields: (t) => ({
    minutes: t.exposeInt("minutes", { description: "How far the window reaches back from now." }),
    requests: t.exposeInt("requests", { description: "The most that are made in it." }),
    made: t.exposeInt("made", { description: "How many were made in it." }),
  }),
});

const BudgetRef = builder.objectRef<SourceBudget>("SourceBudget").implement({
  description: "What a source lets through, over all processes of the database.",
  fields: (t) => ({
    source: t.expose("source", { type: SourceKindEnum, description: "YAHOO or ESPN." }),
    blockedUntil: t.expose("blockedUntil", {
      type: "DateTime",
      nullable: true,
      description: "When it may be asked again; null when it may be asked now.",
    }),
    windows: t.expose("windows", {
      type: [WindowRef],
      complexity: list(2),
      description: "REQUESTS_PER_WINDOW and REQUESTS_PER_DAY as they are used up; empty where requests are unlimited.",
    }),
  }),
});

const HealthRef = builder.objectRef<Health>("Health").implement({
  description: "How the ledger is.",
  fields: (t) => ({
    status: t.expose("status", { type: CheckStatus, description: "The worst of its checks." }),
    checks: t.expose("checks", { type: [CheckRef], complexity: list(10), description: "What was looked at." }),
    version: t.string({ description: "The ledger's own version.", resolve: () => packageJson.version }),
    budgets: t.field({
      type: [BudgetRef],
      nullable: true,
      complexity: list(2),
      description:
        "What each source that may be asked lets through now: Yahoo's once its application is set up. Null where the database cannot be read; `checks` says why.",
      resolve: (_, __, { deps }) => budgetsOf(deps).catch(() => null),
    }),
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
      if (probe) refuseViewers(context);
      return healthOf(context.deps, { probe, signal: context.signal });
    },
  }),
);
