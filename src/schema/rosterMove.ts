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

const RosterMoveKindEnum = describedEnum<RosterMoveKind>("RosterMoveKind", "What became of a player on a team.", {
  IN: "He was not on the team the day before.",
  OUT: "He is on the team no more.",
  MOVED: "He is in another slot than the day before.",
});

type MoveOfApi = RosterMove & LeagueScope;

const RosterMoveRef = builder.objectRef<MoveOfApi>("RosterMove").implement({
  description: "What a team did with a player from one day to the next that was collected.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The first day on which it shows." }),
    previousDate: t.expose("previousDate", {
      type: "Date",
      description: "The day that it is compared with: the day before, or the last one before a gap.",
    }),
    team: t.field({
      type: TeamRef,
      description: "Whose move it is.",
      resolve: (at, _, { loaders }) => loadTeam(loaders, at),
    }),
    player: t.field({
      type: PlayerRef,
      description: "Who came, went or moved.",
      resolve: (at) => playerIn(at, { id: at.playerId, name: at.playerName }),
    }),
    kind: t.expose("kind", { type: RosterMoveKindEnum }),
    fromPosition: t.exposeString("fromPosition", { nullable: true, description: "His slot before; null for IN." }),
    toPosition: t.exposeString("toPosition", { nullable: true, description: "His slot now; null for OUT." }),
    otherTeam: t.field({
      type: TeamRef,
      nullable: true,
      description: "Of IN, the team that he was on the day before; of OUT, the one that he is on now; null for none.",
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
    description: `What a team, or every team of a league, did from day to day over at most ${MAX_DAYS} days: who came, who went, who moved to another slot; in the order of the dates.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      teamKey: t.arg.string({ description: "Only this team's." }),
      start: t.arg({
        type: "Date",
        required: true,
        description: "The first date; it is compared with the last one before it that was collected.",
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
