import * as v from "valibot";
import type { LeagueScope } from "../db/conditions.ts";
import {
  type MovePosition,
  positionOfMove,
  type RosterMove,
  type RosterMoveKind,
  rosterMoves,
} from "../lineups/moves.ts";
import { builder, describedEnum } from "./builder.ts";
import { connectionOf, pageArgs, pageOf } from "./connection.ts";
import { entriesOf, recordsOf, rows } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import { checkRange, MAX_DAYS } from "./input.ts";
import { TeamRef } from "./league.ts";
import { loadTeam } from "./loaders.ts";
import { PlayerRef, playerIn } from "./player.ts";

const RosterMoveKindEnum = describedEnum<RosterMoveKind>("RosterMoveKind", "How a player's place on a team changed.", {
  IN: "The player joined: he was not on the team on `previousDate`.",
  OUT: "The player left: he was on the team on `previousDate`, but not on `date`.",
  MOVED: "The player's slot differs from his slot on `previousDate`.",
});

type MoveOfApi = RosterMove & LeagueScope;

const RosterMoveRef = builder.objectRef<MoveOfApi>("RosterMove").implement({
  description: "What happened to a player on a team between one collected date and the next.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The first date that shows the move." }),
    previousDate: t.expose("previousDate", {
      type: "Date",
      description:
        "The last collected date before `date`, usually the day before; comparing the lineups of both dates shows the move.",
    }),
    team: t.field({
      type: TeamRef,
      description: "The team that made the move.",
      resolve: (at, _, { loaders }) => loadTeam(loaders, at),
    }),
    player: t.field({
      type: PlayerRef,
      description: "The player who joined, left or moved.",
      resolve: (at) => playerIn(at, { id: at.playerId, name: at.playerName }),
    }),
    kind: t.expose("kind", { type: RosterMoveKindEnum }),
    fromPosition: t.exposeString("fromPosition", {
      nullable: true,
      description: "The player's slot on `previousDate`; null for IN.",
    }),
    toPosition: t.exposeString("toPosition", {
      nullable: true,
      description: "The player's slot on `date`; null for OUT.",
    }),
    otherTeam: t.field({
      type: TeamRef,
      nullable: true,
      description:
        "For a player who joined (IN), his team on `previousDate`. For a player who left (OUT), his team on `date`. Null if the player was on no team or only moved to another slot (MOVED).",
      resolve: async ({ kind, playerId, date, previousDate, leagueKey, environment }, _, { loaders }) => {
        if (kind === "MOVED") return null;
        const place = { environment, leagueKey, playerId, date: kind === "IN" ? previousDate : date };
        const key = await loaders.teamOfPlayer.load(place);
        return key === null ? null : loadTeam(loaders, { teamKey: key, environment });
      },
    }),
  }),
});

const RosterMoveConnection = connectionOf<MoveOfApi>("RosterMove", RosterMoveRef);
const cursors = cursorsOf<MovePosition>("moves", v.tuple([v.string(), v.string(), v.string()]));

builder.queryField("rosterMoves", (t) =>
  t.field({
    type: RosterMoveConnection,
    complexity: (args) => {
      const entries = entriesOf(args);
      return { field: entries + rows(recordsOf(args) / (args.teamKey ? 10 : 1)), multiplier: entries };
    },
    description:
      "Moves of players, sorted by date. A player moves when he joins a team, leaves a team or changes slots. " +
      "The list covers one team of a league " +
      `or all its teams, over at most ${MAX_DAYS} days.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      teamKey: t.arg.string({ description: "Only moves of this team." }),
      start: t.arg({
        type: "Date",
        required: true,
        description: "The first date, which is compared with the last collected date before the range.",
      }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      kind: t.arg({ type: [RosterMoveKindEnum], description: "Only moves of these kinds." }),
      environment: environmentArg(t),
      ...pageArgs(t, 50),
    },
    resolve: (_, { leagueKey, teamKey, start, end, kind, environment, ...args }, { deps }) => {
      checkRange({ start, end }, MAX_DAYS);
      const filter = { environment, leagueKey, start, end, teamKey: teamKey ?? undefined };
      return pageOf<MoveOfApi, MovePosition>(
        {
          cursors,
          positionOf: positionOfMove,
          read: async (window) =>
            (await rosterMoves(deps, filter, kind ?? undefined, window)).map((move) => ({
              ...move,
              leagueKey,
              environment,
            })),
          count: async () =>
            (await rosterMoves(deps, filter, kind ?? undefined, { limit: Number.POSITIVE_INFINITY })).length,
        },
        args,
      );
    },
  }),
);
