import type { LeagueScope } from "../db/conditions.ts";
import type { Player } from "../db/players.ts";
import type { Environment } from "../db/tables/values.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import { builder } from "./builder.ts";
import { idWithin, readWithin } from "./inherits.ts";
import type { Loaders } from "./loaders.ts";
import { NodeRef } from "./node.ts";

/** A player in a league, with the environment he was reached from. */
export type PlayerOfApi = { sourceId: string; name: string; leagueKey: string; environment: Environment };

/** Adds the league and the environment to a player, because the player's links need both. */
export const playerIn = ({ leagueKey, environment }: LeagueScope, { id, name }: Player): PlayerOfApi => ({
  sourceId: id,
  name,
  leagueKey,
  environment,
});

const PREFIX = "player";

/** Builds a player's id, for example `player.YAHOO.mlb.9002`. A player has the same number in all leagues and seasons of a sport. */
async function playerId({ sourceId, leagueKey, environment }: PlayerOfApi, loaders: Loaders): Promise<string> {
  const league = await loaders.league.load(leagueKey);
  const source = league?.source ?? parseLeagueKey(leagueKey)?.source ?? "YAHOO";
  return idWithin([PREFIX, source, league?.sport ?? "any", sourceId].join("."), { environment });
}

/** Parses a player's id. Returns null if the text is not the id of a player. */
export function readPlayerId(
  given: string,
): { source: string; sport: string; sourceId: string; environment: Environment } | null {
  const { id, environment } = readWithin(given);
  const [prefix, source, sport, ...number] = id.split(".");
  return prefix === PREFIX && source && sport && number.length > 0
    ? { source, sport, sourceId: number.join("."), environment }
    : null;
}

/**
 * Returns the source's number for a player.
 * @param given The player's id, or the source's number for the player. An id whose source or sport differs from the league's yields null.
 */
export async function sourceIdIn(leagueKey: string, given: string, loaders: Loaders): Promise<string | null> {
  const named = readPlayerId(given);
  if (!named) return given;
  const league = await loaders.league.load(leagueKey);
  return league?.source === named.source && league.sport === named.sport ? named.sourceId : null;
}

export const PlayerRef = builder.objectRef<PlayerOfApi>("Player").implement({
  description:
    "A player, identified by the number that the league's source gives him. A two-way player counts as two players.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description:
        "Id, such as player.YAHOO.mlb.9002, made of source, sport and the source's number for the player; unique in the ledger. " +
        "In TEST, the id has the prefix `TEST:`.",
      resolve: (player, _, { loaders }) => playerId(player, loaders),
    }),
    sourceId: t.exposeString("sourceId", { description: "The source's own number for the player, as text." }),
    name: t.exposeString("name", {
      description:
        "The player's name. " +
        "In a lineup or move, `name` is the name that the source gave at the time of the lineup or move. " +
        "Outside lineups and moves, `name` is the name that the source gave last.",
    }),
  }),
});
