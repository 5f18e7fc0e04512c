import type { GraphQLSchema } from "graphql";
import { builder } from "./builder.ts";
import "./jobType.ts";
import "./jobQueries.ts";
import "./collection.ts";
import "./league.ts";
import "./lineup.ts";

let built: GraphQLSchema | undefined;

/** The schema, built once; it holds no state, so that all servers of a process share it. */
export function schema(): GraphQLSchema {
  built ??= builder.toSchema();
  return built;
}
