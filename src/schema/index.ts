import type { GraphQLSchema } from "graphql";
import { acceptAliases } from "./aliases.ts";
import { builder } from "./builder.ts";
import { addDescriptions } from "./descriptions.ts";
import "./job.ts";
import "./jobQueries.ts";
import "./jobEvents.ts";
import "./jobProgress.ts";
import "./jobStatistics.ts";
import "./jobMutations.ts";
import "./league.ts";
import "./myLeagues.ts";
import "./lineup.ts";
import "./coverage.ts";
import "./plan.ts";
import "./change.ts";
import "./usage.ts";
import "./schedule.ts";
import "./scheduleLinks.ts";
import "./scheduleChange.ts";
import "./worker.ts";
import "./health.ts";
import "./nodeQueries.ts";
import "./yahooAccount.ts";
import "./summary.ts";
import "./validation.ts";
import "./verification.ts";
import "./limitsQuery.ts";

let built: GraphQLSchema | undefined;

/** The schema, built once; it holds no state, so that all servers of a process share it. */
export function schema(): GraphQLSchema {
  built ??= acceptAliases(addDescriptions(builder.toSchema()));
  return built;
}
