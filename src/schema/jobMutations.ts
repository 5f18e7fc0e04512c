import * as v from "valibot";
import { rangeFault } from "../calendar.ts";
import type { Job } from "../db/job.ts";
import { act } from "../jobs/control.ts";
import { type BackfillInput, startBackfill, startCollection, startUpdate } from "../jobs/start.ts";
import { LEAGUE_KEY_FORMS } from "../source/leagueKey.ts";
import { builder } from "./builder.ts";
import { environmentField } from "./environment.ts";
import { idempotencyKey, leagueKey, lookbackDays, MAX_DAYS, wholeNumber } from "./input.ts";
import { JobRef } from "./job.ts";
import { refusedSeason, StartPayload } from "./startPayload.ts";

/** Description of the field `idempotencyKey`. */
const KEY =
  "In one environment, requests with the same key start only one job. " +
  "If the job with this key has failed or was cancelled, the next request with the key starts a new job. " +
  "The key has 1 to 200 characters. If null, every request starts a job.";

const concurrency = v.nullish(wholeNumber(1, 4));

const collectionInput = v.pipe(
  v.looseObject({
    leagueKey,
    start: v.string(),
    end: v.string(),
    concurrency,
    idempotencyKey,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const fault = rangeFault(dataset.value, MAX_DAYS);
    if (fault !== null) addIssue({ message: fault });
  }),
);

export const StartCollectionInput = builder.inputType("StartCollectionInput", {
  description: "The league and the dates to collect.",
  validate: collectionInput,
  fields: (t) => ({
    leagueKey: t.string({ required: true, description: `Key of the league, for example ${LEAGUE_KEY_FORMS}.` }),
    start: t.field({ type: "Date", required: true, description: "The first date." }),
    end: t.field({
      type: "Date",
      required: true,
      description: `The last date; must not be in the future. The range may have at most ${MAX_DAYS} days.`,
    }),
    environment: environmentField(t),
    onlyMissing: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "True: collect only dates that are MISSING, PARTIAL, PROVISIONAL or FAILED. False: collect every date again.",
    }),
    concurrency: t.int({
      description: "Largest number of requests in flight at once, 1 to 4. Default: the server's setting.",
    }),
    idempotencyKey: t.string({
      description: KEY,
    }),
  }),
});

const StartUpdateInput = builder.inputType("StartUpdateInput", {
  description: "The league to bring up to date.",
  validate: v.looseObject({
    leagueKey,
    lookbackDays,
    idempotencyKey,
  }),
  fields: (t) => ({
    leagueKey: t.string({ required: true, description: `Key of the league, for example ${LEAGUE_KEY_FORMS}.` }),
    environment: environmentField(t),
    lookbackDays: t.int({
      required: true,
      defaultValue: 7,
      description: "How many days to go back from today, 1 to 30.",
    }),
    idempotencyKey: t.string({ description: KEY }),
  }),
});

/** Largest number of seasons in one backfill. */
export const MAX_SEASONS = 30;
const NO_SEASON = "expected at least one season, got none";
export const StartBackfillInput = builder.inputType("StartBackfillInput", {
  description: "The league and the seasons to collect in full.",
  validate: v.looseObject({
    leagueKey,
    previousSeasons: wholeNumber(0, MAX_SEASONS),
    seasons: v.nullish(
      v.pipe(
        v.array(v.number()),
        v.minLength(1, NO_SEASON),
        v.maxLength(MAX_SEASONS, `expected at most ${MAX_SEASONS} seasons`),
      ),
    ),
    concurrency,
    idempotencyKey,
  }),
  fields: (t) => ({
    leagueKey: t.string({
      required: true,
      description: `Key of the league in any of its seasons, for example ${LEAGUE_KEY_FORMS}.`,
    }),
    environment: environmentField(t),
    previousSeasons: t.int({
      required: true,
      defaultValue: 0,
      description: "Number of earlier seasons to collect as well, 0 to 30, with one job per season.",
    }),
    seasons: t.intList({
      description:
        "Years in which the seasons to collect start, 1 to 30 years; one job per season. " +
        "If `seasons` is given, `previousSeasons` is ignored.",
    }),
    allSeasons: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Collect every season that the source links to the league, in one job per season. " +
        "If true, `seasons` and `previousSeasons` are ignored.",
    }),
    concurrency: t.int({
      description: "Largest number of requests in flight at once, 1 to 4. Default: the server's setting.",
    }),
    idempotencyKey: t.string({ description: KEY }),
  }),
});

/** Converts the input of the API to the input of `startBackfill` in `jobs/`. */
export function backfillInput({
  previousSeasons,
  seasons,
  allSeasons,
  ...input
}: typeof StartBackfillInput.$inferInput): BackfillInput {
  const wanted = allSeasons ? ("all" as const) : seasons ? { years: seasons } : { before: previousSeasons };
  return {
    ...input,
    seasons: wanted,
    concurrency: input.concurrency ?? null,
    idempotencyKey: input.idempotencyKey?.trim() ?? null,
  };
}

const JobPayload = builder.objectRef<{ job: Job }>("JobPayload").implement({
  description: "The job as it is after the request.",
  fields: (t) => ({ job: t.expose("job", { type: JobRef }) }),
});

builder.mutationFields((t) => {
  const onJob = (action: Parameters<typeof act>[2], description: string) =>
    t.field({
      type: JobPayload,
      description,
      args: { jobId: t.arg.id({ required: true }) },
      resolve: async (_, { jobId }, context) => {
        const by = context.caller.name;
        return { job: await act(context.deps, jobId, action, by) };
      },
    });
  return {
    startCollection: t.field({
      type: StartPayload,
      description:
        "Queues a collection for the next free worker. Fails with BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT or " +
        "LIMIT_EXCEEDED; for an alias, also with LEAGUE_… or SOURCE_….",
      args: { input: t.arg({ type: StartCollectionInput, required: true }) },
      resolve: (_, { input }, context) => {
        const startedBy = context.caller.name;
        return startCollection(
          context.deps,
          { ...input, concurrency: input.concurrency ?? null, idempotencyKey: input.idempotencyKey?.trim() ?? null },
          startedBy,
          context.signal,
        );
      },
    }),
    startUpdate: t.field({
      type: StartPayload,
      description:
        "Queues an update. An update collects recent dates that are MISSING, PARTIAL, FAILED or PROVISIONAL. " +
        "An update also collects the newest two COMPLETE dates, because the source may have corrected them. " +
        "Older dates of the league are collected if they are due for another check. " +
        "Fails with BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT or LIMIT_EXCEEDED; " +
        "for an alias, also with LEAGUE_… or SOURCE_….",
      args: { input: t.arg({ type: StartUpdateInput, required: true }) },
      resolve: (_, { input }, context) => {
        const startedBy = context.caller.name;
        return startUpdate(
          context.deps,
          { ...input, idempotencyKey: input.idempotencyKey?.trim() ?? null },
          startedBy,
          context.signal,
        );
      },
    }),
    startBackfill: t.field({
      type: StartPayload,
      description:
        "Queues one job for each requested season. " +
        "A job collects the season's MISSING, PARTIAL, FAILED and PROVISIONAL dates up to today. " +
        "Fails with BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT, LIMIT_EXCEEDED, LEAGUE_NOT_FOUND or SOURCE_….",
      args: { input: t.arg({ type: StartBackfillInput, required: true }) },
      resolve: async (_, { input }, context) => {
        const startedBy = context.caller.name;
        const { started, refused } = await startBackfill(context.deps, backfillInput(input), startedBy, context.signal);
        const [first] = started;
        if (!first) throw new Error("Cannot start a backfill: no job was created");
        return { ...first, jobs: started.map(({ job }) => job), refused: refused ? [refusedSeason(refused)] : [] };
      },
    }),
    resumeCollection: onJob(
      "resume",
      "Continues a PAUSED or FAILED job from its checkpoint; dates that are DONE are not collected again. " +
        "Fails with NOT_FOUND, ILLEGAL_STATE, JOB_OVERLAP or IDEMPOTENCY_CONFLICT.",
    ),
    pauseCollection: onJob(
      "pause",
      "Pauses a job once its date in progress is finished; repeating the call changes nothing. Fails with NOT_FOUND or ILLEGAL_STATE.",
    ),
    cancelCollection: onJob(
      "cancel",
      "Cancels a job for good. A date in progress is finished first. Collected data is kept. Fails with NOT_FOUND or ILLEGAL_STATE.",
    ),
  };
});
