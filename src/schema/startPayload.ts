import type { Job } from "../db/job.ts";
import type { Started } from "../jobs/create.ts";
import type { Seasons } from "../leagues/league.ts";
import { errorCode } from "../source/source.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { JobRef } from "./job.ts";

/** A refused season, as the API returns it. */
export type RefusedSeason = { leagueKey: string; code: string; message: string };

/** Converts a refused season for the API. */
export const refusedSeason = ({ leagueKey, error }: NonNullable<Seasons["refused"]>): RefusedSeason => ({
  leagueKey,
  code: errorCode(error.kind),
  message: `Cannot collect the season of ${leagueKey}: ${error.message}`,
});

export const RefusedSeasonRef = builder.objectRef<RefusedSeason>("RefusedSeason").implement({
  description: "An earlier season that was requested but that the source refuses.",
  fields: (t) => ({
    leagueKey: t.exposeString("leagueKey", { description: "The key of the league in that season." }),
    code: t.exposeString("code", {
      description:
        "Stable code for the reason why the season is refused: LEAGUE_PRIVATE, LEAGUE_NOT_FOUND or SOURCE_….",
    }),
    message: t.exposeString("message", {
      description: "Explanation of why the season is refused, for people to read.",
    }),
  }),
});

export const StartPayload = builder
  .objectRef<Started & { jobs?: Job[]; refused?: RefusedSeason[] }>("StartPayload")
  .implement({
    description: "The job or jobs that were started.",
    fields: (t) => ({
      jobs: t.field({
        type: [JobRef],
        complexity: list(5),
        description:
          "All jobs that were started. A backfill starts one job per season, newest first. " +
          "A verification of all leagues starts one job per league.",
        resolve: ({ job, jobs }) => jobs ?? [job],
      }),
      refused: t.field({
        type: [RefusedSeasonRef],
        complexity: list(1),
        description:
          "For a backfill of several seasons: the season that the source refuses, if any. " +
          "Seasons before the refused season are unknown, because only the refused season links to them. " +
          "A job is started for each requested season after the refused season.",
        resolve: ({ refused }) => refused ?? [],
      }),
      job: t.expose("job", { type: JobRef, description: "The first of `jobs`." }),
      created: t.exposeBoolean("created", {
        description:
          "False if `job` already existed: either an earlier request with the same `idempotencyKey` started the job, " +
          "or `triggerSchedule` made the job retry.",
      }),
    }),
  });
