import * as v from "valibot";
import type { LeagueScope } from "../db/conditions.ts";
import { type FoundPlayer, listPlayers, type PlayerPosition } from "../db/players.ts";
import { builder, type Context } from "./builder.ts";
import { connectionOf, type Page, type PageArgs, pageArgs, pageOf, pageSize } from "./connection.ts";
import { costOfPage } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg, inheritedArg } from "./environment.ts";
import { inherited } from "./inherits.ts";
import { LeagueRef } from "./league.ts";
import { type PlayerOfApi, PlayerRef, readPlayerId } from "./player.ts";

/** A player with his place in a list. */
type Listed = PlayerOfApi & { rank: number; folded: string };

const PlayerConnection = connectionOf<Listed>("Player", PlayerRef as never);
const cursors = cursorsOf<PlayerPosition>("players", v.tuple([v.number(), v.string(), v.string()]));

const listed = ({ id, ...player }: FoundPlayer, league: LeagueScope): Listed => ({
  sourceId: id,
  ...player,
  ...league,
});

/** Returns a page of a league's players, or of the league's players who match a search. */
function playersPage(
  { loaders }: Context,
  league: LeagueScope,
  search: string | null | undefined,
  args: PageArgs,
): Promise<Page<Listed>> {
  // Treat a blank search as no search.
  const filter = { ...league, search: search?.trim() || undefined };
  return pageOf<Listed, PlayerPosition>(
    {
      cursors,
      positionOf: ({ rank, folded, sourceId }) => [rank, folded, sourceId],
      read: async (window) => (await loaders.players.load({ filter, window })).map((player) => listed(player, league)),
      count: () => loaders.playerCount.load(filter),
    },
    args,
  );
}

/** Returns the player with this id, under the name that he had in his newest season; null if no league has him. */
export async function findPlayer(id: string, { loaders }: Pick<Context, "loaders">): Promise<PlayerOfApi | null> {
  const player = readPlayerId(id);
  return player && loaders.player.load(player);
}

const SEARCH = "Part of a name, with at least one letter. Case and accents are ignored.";
const FIRST = "Names with a word that starts with the searched text come first.";

builder.queryFields((t) => ({
  player: t.field({
    type: PlayerRef,
    nullable: true,
    description: "A player by id, as known in his newest season; null if no league has him.",
    args: { id: t.arg.id({ required: true, description: "The player's id, for example player.YAHOO.mlb.9002." }) },
    resolve: (_, { id }, context) => findPlayer(id, context),
  }),
  players: t.field({
    type: [PlayerRef],
    complexity: costOfPage,
    description: `Players whose name contains \`search\`. ${FIRST} \`playersConnection\` returns all matches in pages.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      search: t.arg.string({ required: true, description: SEARCH }),
      environment: environmentArg(t),
      first: t.arg.int({
        required: true,
        defaultValue: 20,
        description: "Number of players to return, 1 to 100.",
        validate: pageSize(),
      }),
    },
    resolve: async (_, { search, first, ...league }, { deps }) =>
      (await listPlayers(deps.db, { ...league, search }, { limit: first })).map((player) => listed(player, league)),
  }),
  playersConnection: t.field({
    type: PlayerConnection,
    complexity: costOfPage,
    description: `The players of a league, sorted by name; with \`search\`, only players whose name contains the searched text. ${FIRST}`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      search: t.arg.string({ description: SEARCH }),
      environment: environmentArg(t),
      ...pageArgs(t, 20),
    },
    resolve: (_, { leagueKey, environment, search, ...args }, context) =>
      playersPage(context, { environment, leagueKey }, search, args),
  }),
}));

builder.objectField(LeagueRef, "players", (t) =>
  t.field({
    type: PlayerConnection,
    complexity: costOfPage,
    description: `The league's players, sorted by name; with \`search\`, only players whose name contains the searched text. ${FIRST}`,
    args: { search: t.arg.string({ description: SEARCH }), environment: inheritedArg(t), ...pageArgs(t, 20) },
    resolve: (league, { search, environment, ...args }, context) =>
      playersPage(context, { environment: inherited(environment, league), leagueKey: league.key }, search, args),
  }),
);

const LAST = "according to his newest lineup in any league of his source and sport";

builder.objectFields(PlayerRef, (t) => ({
  club: t.string({
    nullable: true,
    description: `The player's real-world club, ${LAST}; null if unknown.`,
    resolve: async (player, _, { loaders }) => (await loaders.playerFacts.load(player))?.club ?? null,
  }),
  positions: t.stringList({
    description: `The positions the player may play, ${LAST}; empty if he is in no lineup.`,
    resolve: async (player, _, { loaders }) => (await loaders.playerFacts.load(player))?.positions ?? [],
  }),
  lastSeen: t.field({
    type: "Date",
    nullable: true,
    description:
      "The date of the player's newest lineup in any league of his source and sport; null if he is in no lineup.",
    resolve: async (player, _, { loaders }) => (await loaders.playerFacts.load(player))?.date ?? null,
  }),
  seasons: t.intList({
    description:
      "Years of the seasons in which the player was on a team in any league of his source and sport, newest first.",
    resolve: (player, _, { loaders }) => loaders.playerSeasons.load(player),
  }),
}));
