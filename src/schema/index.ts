import { type GraphQLSchema, printSchema } from "graphql";
import { acceptAliases } from "./aliases.ts";
import { builder } from "./builder.ts";
import { addDescriptions } from "./descriptions.ts";
import { costFaultyFieldsNothing, forgiving, readAnewAfterMutations, refuseBothEnds } from "./finish.ts";
import "./job.ts";
import "./jobParameters.ts";
import "./jobQueries.ts";
import "./jobEvents.ts";
import "./jobProgress.ts";
import "./jobStatistics.ts";
import "./jobMutations.ts";
import "./league.ts";
import "./myLeagues.ts";
import "./lineup.ts";
import "./coverage.ts";
import "./waive.ts";
import "./plan.ts";
import "./change.ts";
import "./usage.ts";
import "./schedule.ts";
import "./scheduleMutations.ts";
import "./scheduleLinks.ts";
import "./scheduleChange.ts";
import "./worker.ts";
import "./viewer.ts";
import "./apiTokens.ts";
import "./webhook.ts";
import "./health.ts";
import "./playerQueries.ts";
import "./nodeQueries.ts";
import "./yahooAccount.ts";
import "./summary.ts";
import "./teamGrid.ts";
import "./rosterMove.ts";
import "./validation.ts";
import "./verification.ts";
import "./limitsQuery.ts";

let built: GraphQLSchema | undefined;
let text: string | undefined;

/** Returns the schema in GraphQL's schema language: the content of `schema.graphql`. */
export function schemaText(): string {
  text ??= `${printSchema(schema())}\n`;
  return text;
}

/** Returns the schema. The schema is built only once and shared by all servers of a process, because the schema holds no state. */
export function schema(): GraphQLSchema {
  built ??= costFaultyFieldsNothing(
    forgiving(readAnewAfterMutations(refuseBothEnds(acceptAliases(addDescriptions(builder.toSchema()))))),
  );
  return built;
}
