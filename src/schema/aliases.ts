import { defaultFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import { LedgerError } from "../errors.ts";
import { knownKey } from "../leagues/alias.ts";
import type { Context } from "./builder.ts";

/** A team key: the key of its league, `.t.` and the team's number. */
const TEAM = /^(.*)(\.t\.\d+)$/;

/**
 * Lets every argument for a league or a team also accept an alias or the address of the league's page. An alias such as `mlb.l.6966` is
 * replaced by the key to which the alias was last resolved. A query about an unknown league or team fails with NOT_FOUND. Keys inside an
 * `input` are resolved later, by the code that starts the job, because that code may ask the source.
 */
export function acceptAliases(schema: GraphQLSchema): GraphQLSchema {
  const query = schema.getQueryType();
  for (const type of [query, schema.getMutationType()]) {
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
        const [leagueKey, teamKey] = [textIn(args, league), textIn(args, team)];
        if (league && leagueKey !== null) resolved[league] = await knownKey(db, leagueKey);
        const parts = teamKey === null ? null : TEAM.exec(teamKey);
        if (team && parts) resolved[team] = `${await knownKey(db, parts[1] ?? "")}${parts[2]}`;
        if (type === query) {
          if (league && leagueKey !== null) await refuseUnknownLeague(context, leagueKey, resolved[league]);
          if (team && teamKey !== null)
            await refuseUnknownTeam(context, teamKey, resolved[team], resolved[league ?? ""]);
        }
        return resolve(parent, resolved, context, info);
      };
    }
  }
  return schema;
}

const textIn = (args: Record<string, unknown>, name: string | undefined): string | null => {
  const value = name === undefined ? null : args[name];
  return typeof value === "string" ? value : null;
};

/** Throws NOT_FOUND if the ledger has neither a record of the league nor a job for it. */
export async function refuseUnknownLeague(
  { loaders }: Pick<Context, "loaders">,
  given: string,
  key: string,
): Promise<void> {
  if ((await loaders.league.load(key)) || (await loaders.hasJob.load(key))) return;
  throw new LedgerError(
    "NOT_FOUND",
    `The ledger does not know league ${shown(given)}. The query \`leagues\` lists the known leagues.`,
    {
      leagueKey: given.slice(0, MAX_SHOWN),
    },
  );
}

/** Throws NOT_FOUND if the ledger does not know the team, or if the team belongs to another league. */
async function refuseUnknownTeam(
  { loaders }: Context,
  given: string,
  key: string,
  leagueKey: string | undefined,
): Promise<void> {
  const team = await loaders.team.load(key);
  if (team && (leagueKey === undefined || team.leagueKey === leagueKey)) return;
  throw new LedgerError(
    "NOT_FOUND",
    team
      ? `Team ${shown(given)} belongs to league ${team.leagueKey}, not to ${leagueKey}`
      : `The ledger does not know team ${shown(given)}. \`League.teams\` lists the teams of a league.`,
    { teamKey: given.slice(0, MAX_SHOWN) },
  );
}

/** Maximum number of characters of a client's key in an error message; an invalid key may be of any length. */
const MAX_SHOWN = 80;
const shown = (given: string): string => JSON.stringify(given.slice(0, MAX_SHOWN));
