import packageJson from "../../package.json" with { type: "json" };
import type { Check } from "../db/health.ts";
import { budgetsOf, type Health, healthOf, type SourceBudget } from "../jobs/health.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { refuseViewers } from "./input.ts";
import { SourceKindEnum } from "./league.ts";

const CheckStatus = describedEnum<Check["status"]>("CheckStatus", "The result of a health check.", {
  OK: "Everything is in order.",
  WARNING: "The ledger works, but something needs attention.",
  FAILURE: "Something does not work.",
});

const CheckRef = builder.objectRef<Check>("HealthCheck").implement({
  description: "One health check and its result.",
  fields: (t) => ({
    name: t.exposeString("name", {
      description:
        "Name of the check: clock, database, migrations, workers, yahoo, yahoo budget, espn budget, yahoo answers or espn answers.",
    }),
    status: t.expose("status", { type: CheckStatus, description: "The result." }),
    message: t.exposeString("message", { description: "The result of the check, as a sentence for people to read." }),
    remedy: t.exposeString("remedy", {
      nullable: true,
      description: "How to fix the problem, in one line; null if nothing needs fixing.",
    }),
    at: t.expose("at", {
      type: "DateTime",
      description:
        "When the check ran; for the checks `yahoo answers` and `espn answers`, when the source was last asked.",
    }),
  }),
});

const WindowRef = builder.objectRef<SourceBudget["windows"][number]>("BudgetWindow").implement({
  description: "A limit on requests within a time window, shared by all processes.",
  fields: (t) => ({
    minutes: t.exposeInt("minutes", {
      description: "Length of the window in minutes. The window ends at the time of the query.",
    }),
    requests: t.exposeInt("requests", { description: "Largest number of requests allowed in the window." }),
    made: t.exposeInt("made", { description: "Number of requests made in the window so far." }),
  }),
});

const BudgetRef = builder.objectRef<SourceBudget>("SourceBudget").implement({
  description:
    "How many requests may be sent to a source. The requests of all processes that use the same database are counted together.",
  fields: (t) => ({
    source: t.expose("source", { type: SourceKindEnum, description: "YAHOO or ESPN." }),
    blockedUntil: t.expose("blockedUntil", {
      type: "DateTime",
      nullable: true,
      description: "When the source may be asked again; null if it may be asked now.",
    }),
    windows: t.expose("windows", {
      type: [WindowRef],
      complexity: list(2),
      description:
        "The limits REQUESTS_PER_WINDOW and REQUESTS_PER_DAY, each with the requests made so far. " +
        "The list is empty for ESPN, and also for Yahoo if requests to Yahoo are unlimited.",
    }),
  }),
});

const HealthRef = builder.objectRef<Health>("Health").implement({
  description: "Health of the ledger.",
  fields: (t) => ({
    status: t.expose("status", { type: CheckStatus, description: "The worst status among the checks." }),
    checks: t.expose("checks", { type: [CheckRef], complexity: list(10), description: "All checks that were made." }),
    version: t.string({ description: "Version of the ledger.", resolve: () => packageJson.version }),
    budgets: t.field({
      type: [BudgetRef],
      nullable: true,
      complexity: list(2),
      description:
        "Request budgets of ESPN and, if a Yahoo application is set up, of Yahoo. Null if the database cannot be read; `checks` says why.",
      resolve: (_, __, { deps }) => budgetsOf(deps).catch(() => null),
    }),
  }),
});

builder.queryField("health", (t) =>
  t.field({
    type: HealthRef,
    complexity: 100,
    description:
      "Health of the clock, the database, migrations, workers and sources, with advice on how to fix faults. Without " +
      "`probe`, a source is judged by its last answer. `lineups doctor` shows the same checks. " +
      "Fails with FORBIDDEN if a viewer sets `probe`.",
    args: {
      probe: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: "Ask the sources now; requires the role operator.",
      }),
    },
    resolve: (_, { probe }, context) => {
      if (probe) refuseViewers(context);
      return healthOf(context.deps, { probe, signal: context.signal });
    },
  }),
);
