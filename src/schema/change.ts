import * as v from "valibot";
import type { LeagueScope } from "../db/conditions.ts";
import { type ChangePosition, countChanges, listChanges, type RecordedChange } from "../db/lineupChanges.ts";
import { CHANGE_KINDS } from "../db/tables/values.ts";
import { builder } from "./builder.ts";
import { connectionOf, cursorAt, pageArgs, pageOf } from "./connection.ts";
import { costOfPage } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import { checkRange } from "./input.ts";
import { JobRef } from "./job.ts";
import { TeamRef } from "./league.ts";
import { loadJob, loadTeam } from "./loaders.ts";
import { PlayerRef, playerIn } from "./player.ts";

const LineupChangeKindEnum = builder.enumType("LineupChangeKind", {
  description: "How a player's place in a lineup changed.",
  values: CHANGE_KINDS,
});

/** A change, with the league and environment to which the change belongs. */
type ChangeOfApi = RecordedChange & LeagueScope;

const cursors = cursorsOf<ChangePosition>("changes", v.tuple([v.number()]));

const LineupChangeRef = builder.objectRef<ChangeOfApi>("LineupChange").implement({
  description: "A difference between a newly collected lineup and the stored lineup that it replaced.",
  fields: (t) => ({
    cursor: t.string({ resolve: ({ id }) => cursors.encode([id]) }),
    date: t.expose("date", { type: "Date" }),
    team: t.field({
      type: TeamRef,
      description: "The team whose lineup changed.",
      resolve: (at, _, { loaders }) => loadTeam(loaders, at),
    }),
    player: t.field({
      type: PlayerRef,
      description: "The player who was added, removed or moved.",
      resolve: (at) => playerIn(at, { id: at.playerId, name: at.playerName }),
    }),
    kind: t.expose("kind", { type: LineupChangeKindEnum }),
    fromPosition: t.exposeString("fromPosition", { nullable: true }),
    toPosition: t.exposeString("toPosition", { nullable: true }),
    previousJobId: t.exposeID("previousJobId", {
      description:
        "Id of the job that wrote the replaced record. For ADDED, id of the job that wrote the lineup without the player.",
    }),
    jobId: t.exposeID("jobId", { description: "Id of the job that found the difference." }),
    previousJob: t.field({
      type: JobRef,
      description: "The job whose id is `previousJobId`.",
      resolve: ({ previousJobId }, _, { loaders }) => loadJob(loaders, previousJobId),
    }),
    job: t.field({
      type: JobRef,
      description: "The job that found the difference.",
      resolve: ({ jobId }, _, { loaders }) => loadJob(loaders, jobId),
    }),
    detectedAt: t.expose("detectedAt", { type: "DateTime" }),
  }),
});

const LineupChangePageRef = connectionOf<ChangeOfApi>("LineupChange", LineupChangeRef, "LineupChangePage");
builder.objectFields(LineupChangePageRef, (t) => ({
  changes: t.field({
    type: [LineupChangeRef],
    complexity: { field: 0, multiplier: 1 },
    description: "The same as `nodes`.",
    resolve: ({ nodes }) => nodes,
  }),
  cursor: t.string({
    description: "Cursor of the page's last change. Pass the cursor as `after` to get older changes.",
    resolve: ({ nodes, cursorOf, after }) =>
      cursorAt(nodes.at(-1), cursorOf) ?? after ?? cursors.encode([Number.MAX_SAFE_INTEGER]),
  }),
  hasMore: t.boolean({ description: "The same as `pageInfo.hasNextPage`.", resolve: (page) => page.hasNext() }),
}));

builder.queryField("lineupChanges", (t) =>
  t.field({
    type: LineupChangePageRef,
    complexity: costOfPage,
    description:
      "Corrections by the source, newest first. If a date is collected again and a lineup differs from the stored lineup, each " +
      "difference is a correction. For managers' moves from day to day, query `rosterMoves`.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      teamKey: t.arg.string({ description: "Only changes in this team's lineups." }),
      start: t.arg({ type: "Date", description: "Only changes in lineups of this date or later." }),
      end: t.arg({ type: "Date", description: "Only changes in lineups of this date or earlier." }),
      environment: environmentArg(t),
      ...pageArgs(t, 50),
    },
    resolve: (_, { leagueKey, teamKey, start, end, environment, ...args }, { deps: { db } }) => {
      if (start && end) checkRange({ start, end });
      const filter = {
        environment,
        leagueKey,
        teamKey: teamKey ?? undefined,
        start: start ?? undefined,
        end: end ?? undefined,
      };
      return pageOf<ChangeOfApi, ChangePosition>(
        {
          cursors,
          positionOf: ({ id }) => [id],
          read: async (window) =>
            (await listChanges(db, filter, window)).map((change) => ({ ...change, leagueKey, environment })),
          count: () => countChanges(db, filter),
        },
        args,
      );
    },
  }),
);
