import type { Job } from "../db/job.ts";
import type { Started } from "../jobs/create.ts";
import type { Seasons } from "../leagues/league.ts";
import { errorCode } from "../source/source.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { JobRef } from "./job.ts";

/** A season that the source refuses. */
export type RefusedSeason = { leagueKey: string; code: string; message: string };

/** A season that a source refuses, in the words of the API. */
export const refusedSeason = ({ leagueKey, error }: NonNullable<Seasons["refused"]>): RefusedSeason => ({
  leagueKey,
  code: errorCode(error.kind),
  message: `The season of ${leagueKey} cannot be collected: ${error.message}`,
});

export const RefusedSeasonRef = builder.objectRef<RefusedSeason>("RefusedSeason").implement({
  description: "An earlier season that was asked for and that the source does not show.",
  fields: (t) => ({
    leagueKey: t.exposeString("leagueKey", { description: "The key of that season's league." }),
    code: t.exposeString("code", { description: "Why, for programs: LEAGUE_PRIVATE, LEAGUE_NOT_FOUND, SOURCE_…." }),
    message: t.exposeString("message", { description: "Why, for people." }),
  }),
});

export const StartPayload = builder
  .objectRef<Started & { jobs?: Job[]; refused?: RefusedSeason[] }>("StartPayload")
  .implement({
    description: "The job that was started.",
    fields: (t) => ({
      jobs: t.field({
        type: [JobRef],
        complexity: list(5),
        description:
          "All that were started: more than one when a backfill takes in earlier seasons; newest season first.",
        resolve: ({ job, jobs }) => jobs ?? [job],
      }),
      refused: t.field({
        type: [RefusedSeasonRef],
        complexity: list(1),
        description:
          "Of a backfill of several seasons, the one at which the source's links end since it refuses that one; the others are started.",
        resolve: ({ refused }) => refused ?? [],
      }),
      job: t.expose("job", { type: JobRef }),
      created: t.exposeBoolean("created", { description: "False when `idempotencyKey` had started this job before." }),
    }),
  });
