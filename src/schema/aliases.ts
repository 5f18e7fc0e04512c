import { defaultFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import { knownKey } from "../leagues/alias.ts";
import type { Context } from "./builder.ts";

/** A team's key is that of its league and the team's number there. */
const TEAM = /^(.*)(\.t\.\d+)$/;

/**
 * Lets every argument that names a league or a team name it by an alias, or the address of its page, too: `mlb.l.6966` is the league
 * that it last stood for. What a start takes in its `input` is resolved there, as a start may ask the source.
 */
export function acceptAliases(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const names = field.args.map(({ name }) => name);
      const [league, team] = [
        names.find((name) => name === "leagueKey" || (name === "key" && field.name === "league")),
        names.find((name) => name === "teamKey"),
      ];
      if (!league && !team) continue;
      const { resolve = defaultFieldResolver } = field;
      field.resolve = async (parent, args, context: Context, info) => {
        const { db } = context.deps;
        const resolved = { ...args };
        if (league && typeof args[league] === "string") resolved[league] = await knownKey(db, args[league]);
        const parts = team && typeof args[team] === "string" ? TEAM.exec(args[team]) : null;
        if (team && parts) resolved[team] = `${await knownKey(db, parts[1] ?? "")}${parts[2]}`;
        return resolve(parent, resolved, context, info);
      };
    }
  }
  return schema;
}
