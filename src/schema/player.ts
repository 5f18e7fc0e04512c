import type { LeagueScope } from "../db/conditions.ts";
import type { Player } from "../db/players.ts";
import type { Environment } from "../db/tables/values.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import { builder } from "./builder.ts";
import { idWithin, readWithin } from "./inherits.ts";
import type { Loaders } from "./loaders.ts";
import { NodeRef } from "./node.ts";

/** A player as a league knows him, and where he was reached from. */
export type PlayerOfApi = { sourceId: string; name: string; leagueKey: string; environment: Environment };

/** A player of a league, as who asks for his links finds him. */
export const playerIn = ({ leagueKey, environment }: LeagueScope, { id, name }: Player): PlayerOfApi => ({
  sourceId: id,
  name,
  leagueKey,
  environment,
});

const PREFIX = "player";

/** `player.YAHOO.mlb.9002`: source, sport and the source's number. A source numbers the players of a sport once, for all leagues and seasons. */
async function playerId({ sourceId, leagueKey, environment }: PlayerOfApi, loaders: Loaders): Promise<string> {
  const league = await loaders.league.load(leagueKey);
  const source = league?.source ?? parseLeagueKey(leagueKey)?.source ?? "YAHOO";
  return idWithin([PREFIX, source, league?.sport ?? "any", sourceId].join("."), { environment });
}

/** What a player's id says; null for other ids. */
export function readPlayerId(
  given: string,
): { source: string; sport: string; sourceId: string; environment: Environment } | null {
  const { id, environment } = readWithin(given);
  const [prefix, source, sport, ...number] = id.split(".");
  return prefix === PREFIX && source && sport && number.length > 0
    ? { source, sport, sourceId: number.join("."), environment }
    : null;
}

/** The source's number of a player of a league whom a client has named, by his id or by that number; null for the id of a player of another source or sport. */
export async function sourceIdIn(leagueKey: string, given: string, loaders: Loaders): Promise<string | null> {
  const named = readPlayerId(given);
  if (!named) return given;
  const league = await loaders.league.load(leagueKey);
  return league?.source === named.source && league.sport === named.sport ? named.sourceId : null;
}

export const PlayerRef = builder.objectRef<PlayerOfApi>("Player").implement({
  description: "A player as the league's source numbers him; a two-way player is two.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description:
        "Unique in the ledger: source, sport and the source's number, as player.YAHOO.mlb.9002; of the environment TEST with TEST: before it.",
      resolve: (player, _, { loaders }) => playerId(player, loaders),
    }),
    sourceId: t.exposeString("sourceId", { description: "The source's own number." }),
    name: t.exposeString("name", { description: "As the source gave it last." }),
  }),
});
