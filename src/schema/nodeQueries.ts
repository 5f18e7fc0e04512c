import * as v from "valibot";
import { parseLeagueKey } from "../source/leagueKey.ts";
import { builder, type Context } from "./builder.ts";
import { list } from "./costs.ts";
import { readWithin } from "./inherits.ts";
import { idList } from "./input.ts";
import { LIMITS } from "./limits.ts";
import { readLineupId } from "./lineup.ts";
import { type Named, NodeRef } from "./node.ts";
import { readPlayerId } from "./player.ts";
import { findPlayer } from "./playerQueries.ts";

/** Returns the object with this id; null if there is none. The format of the id shows the object's type. */
async function find(given: string, { loaders }: Context): Promise<Named | null> {
  const tag = <T extends object>(__typename: string, found: T | null | undefined) =>
    found ? { ...found, __typename } : null;
  const { id, environment } = readWithin(given);
  const within = <T extends object>(found: T | null) => found && { ...found, environment };
  if (readPlayerId(given)) return tag("Player", await findPlayer(given, { loaders }));
  if (/\.t\.\d+$/.test(id) && !readLineupId(given)) return tag("Team", within(await loaders.team.load(id)));
  if (parseLeagueKey(id)) return tag("League", within(await loaders.league.load(id)));
  const lineup = readLineupId(given);
  if (lineup) return tag("Lineup", await loaders.lineup.load(lineup));
  const [schedule, job] = await Promise.all([loaders.schedule.load(given), loaders.job.load(given)]);
  return tag("Schedule", schedule) ?? tag("Job", job);
}

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    complexity: 1,
    description: "The object with this id; null if there is none.",
    args: {
      id: t.arg.id({ required: true, description: "The id of a League, Team, Player, Lineup, Job or Schedule." }),
    },
    resolve: (_, { id }, context) => find(id, context),
  }),
  nodes: t.field({
    type: t.listRef(NodeRef, { nullable: true }),
    complexity: ({ ids }) => list(ids.length),
    description:
      "The objects with these ids, in the same order, with null in place of each object that does not exist.",
    args: {
      ids: t.arg.idList({ required: true, description: `1 to ${LIMITS.ids} ids.` }),
    },
    validate: v.looseObject({ ids: idList }),
    resolve: (_, { ids }, context) => Promise.all(ids.map((id) => find(id, context))),
  }),
}));
