import * as v from "valibot";
import type { Environment } from "../db/tables/values.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import { builder, type Context } from "./builder.ts";
import { list } from "./costs.ts";
import { environmentArg } from "./environment.ts";
import { readLineupId } from "./lineup.ts";
import { type Named, NodeRef } from "./node.ts";
import { readPlayerId } from "./player.ts";
import { findPlayer } from "./playerQueries.ts";

const MAX_NODES = 100;

/** Of the type that its id has; null where the ledger has no such thing. */
async function find(id: string, environment: Environment, { loaders }: Context): Promise<Named | null> {
  const tag = <T extends object>(__typename: string, found: T | null | undefined) =>
    found ? { ...found, __typename } : null;
  const within = (found: Named | null) => found && { ...found, environment };
  if (readPlayerId(id)) return tag("Player", await findPlayer(id, environment, { loaders }));
  const lineup = readLineupId(id);
  if (lineup) return tag("Lineup", await loaders.lineup.load(lineup));
  if (/\.t\.\d+$/.test(id)) return within(tag("Team", await loaders.team.load(id)));
  if (parseLeagueKey(id)) return within(tag("League", await loaders.league.load(id)));
  const [schedule, job] = await Promise.all([loaders.schedule.load(id), loaders.job.load(id)]);
  return tag("Schedule", schedule) ?? tag("Job", job);
}

const ENVIRONMENT =
  "Of a league, a team or a player: whose lineups and jobs its links lead to. Everything else is of one environment by its id.";

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    complexity: 1,
    description: "What has that id; null when the ledger has no such thing.",
    args: {
      id: t.arg.id({ required: true, description: "Of a League, Team, Player, Lineup, Job or Schedule." }),
      environment: environmentArg(t, ENVIRONMENT),
    },
    resolve: (_, { id, environment }, context) => find(id, environment, context),
  }),
  nodes: t.field({
    type: t.listRef(NodeRef, { nullable: true }),
    complexity: list(20),
    description: "The same for several ids, in their order; at most 100.",
    args: {
      ids: t.arg.idList({ required: true, description: "1 to 100 ids." }),
      environment: environmentArg(t, ENVIRONMENT),
    },
    validate: v.looseObject({
      ids: v.pipe(v.array(v.string()), v.maxLength(MAX_NODES, `expected at most ${MAX_NODES} ids`)),
    }),
    resolve: (_, { ids, environment }, context) => Promise.all(ids.map((id) => find(id, environment, context))),
  }),
}));
