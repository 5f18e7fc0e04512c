import * as v from "valibot";
import type { LeagueScope } from "../db/conditions.ts";
import { listChanges, type RecordedChange } from "../db/lineupChanges.ts";
import { CHANGE_KINDS } from "../db/tables/values.ts";
import { builder } from "./builder.ts";
import { pageSize } from "./connection.ts";
import { costOfPage } from "./costs.ts";
import { decodePosition, encodePosition } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import { JobRef } from "./job.ts";
import { TeamRef } from "./league.ts";
import { loadJob, loadTeam } from "./loaders.ts";
import { PlayerRef } from "./player.ts";

const LineupChangeKindEnum = builder.enumType("LineupChangeKind", {
  description: "A player came, went, or moved to another slot.",
  values: CHANGE_KINDS,
});

/** A change, and of what it is one. */
type ChangeOfApi = RecordedChange & LeagueScope;

const encode = (id: number) => encodePosition("changes", [id]);

const LineupChangeRef = builder.objectRef<ChangeOfApi>("LineupChange").implement({
  description: "A difference between a lineup and the one it replaced.",
  fields: (t) => ({
    cursor: t.string({ resolve: ({ id }) => encode(id) }),
    date: t.expose("date", { type: "Date" }),
    team: t.field({
      type: TeamRef,
      description: "On whose lineup.",
      resolve: async ({ teamKey, environment }, _, { loaders }) => ({
        ...(await loadTeam(loaders, teamKey)),
        environment,
      }),
    }),
    player: t.field({
      type: PlayerRef,
      description: "Who came, went or moved.",
      resolve: ({ playerId, playerName, leagueKey, environment }) => ({
        sourceId: playerId,
        name: playerName,
        leagueKey,
        environment,
      }),
    }),
    kind: t.expose("kind", { type: LineupChangeKindEnum }),
    fromPosition: t.exposeString("fromPosition", { nullable: true }),
    toPosition: t.exposeString("toPosition", { nullable: true }),
    previousJobId: t.exposeID("previousJobId", { description: "The job whose record was replaced." }),
    jobId: t.exposeID("jobId", { description: "The job that saw the difference." }),
    previousJob: t.field({
      type: JobRef,
      description: "The job whose record was replaced.",
      resolve: ({ previousJobId }, _, { loaders }) => loadJob(loaders, previousJobId),
    }),
    job: t.field({
      type: JobRef,
      description: "The job that saw the difference.",
      resolve: ({ jobId }, _, { loaders }) => loadJob(loaders, jobId),
    }),
    detectedAt: t.expose("detectedAt", { type: "DateTime" }),
  }),
});

const LineupChangePageRef = builder
  .objectRef<{ changes: ChangeOfApi[]; cursor: string; hasMore: boolean }>("LineupChangePage")
  .implement({
    description: "Changes, newest first.",
    fields: (t) => ({
      changes: t.field({
        type: [LineupChangeRef],
        complexity: { field: 0, multiplier: 1 },
        resolve: ({ changes }) => changes,
      }),
      cursor: t.exposeString("cursor", { description: "Pass it as `after` for older ones." }),
      hasMore: t.exposeBoolean("hasMore"),
    }),
  });

builder.queryField("lineupChanges", (t) =>
  t.field({
    type: LineupChangePageRef,
    complexity: costOfPage,
    description: "What changed in a league's lineups after they were first collected, newest first.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", description: "Only lineups of this date or later." }),
      end: t.arg({ type: "Date", description: "Only lineups of this date or earlier." }),
      environment: environmentArg(t),
      first: t.arg.int({ required: true, defaultValue: 50, description: "1 to 100.", validate: pageSize() }),
      after: t.arg.string({ description: "A cursor of this list." }),
    },
    resolve: async (_, { leagueKey, start, end, environment, first, after }, { deps: { db } }) => {
      const [before] = after ? decodePosition("changes", after, v.tuple([v.number()])) : [Number.MAX_SAFE_INTEGER];
      const filter = { environment, leagueKey, start: start ?? undefined, end: end ?? undefined };
      const rows = await listChanges(db, filter, { before, limit: first + 1 });
      const changes = rows.slice(0, first).map((change) => ({ ...change, leagueKey, environment }));
      return { changes, cursor: encode(changes.at(-1)?.id ?? before), hasMore: rows.length > first };
    },
  }),
);
