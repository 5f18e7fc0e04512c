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

/** What an idempotency key does. */
const KEY =
  "The same key starts the same job once, however often it is sent, within its environment; after that job has failed or was cancelled the key starts another one. 1 to 200 characters.";

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
  description: "Which dates of which league to collect.",
  validate: collectionInput,
  fields: (t) => ({
    leagueKey: t.string({ required: true, description: `For example ${LEAGUE_KEY_FORMS}.` }),
    start: t.field({ type: "Date", required: true, description: "The first date." }),
    end: t.field({
      type: "Date",
      required: true,
      description: `The last date; not in the future, and at most ${MAX_DAYS} days in all.`,
    }),
    environment: environmentField(t),
    onlyMissing: t.boolean({
      required: true,
      defaultValue: false,
      description: "Only dates that are MISSING, PARTIAL, PROVISIONAL or FAILED; false collects every date again.",
    }),
    concurrency: t.int({
      description: "Requests under way at once, 1 to 4; default: the server's setting.",
    }),
    idempotencyKey: t.string({
      description: KEY,
    }),
  }),
});

const StartUpdateInput = builder.inputType("StartUpdateInput", {
  description: "Which league to bring up to date.",
  validate: v.looseObject({
    leagueKey,
    lookbackDays,
    idempotencyKey,
  }),
  fields: (t) => ({
    leagueKey: t.string({ required: true, description: `For example ${LEAGUE_KEY_FORMS}.` }),
    environment: environmentField(t),
    lookbackDays: t.int({ required: true, defaultValue: 7, description: "Days back from today, 1 to 30." }),
    idempotencyKey: t.string({ description: KEY }),
  }),
});

/** Seasons that one backfill may take in. */
export const MAX_SEASONS = 30;
const NO_SEASON = "expected at least one season, got none";
export const StartBackfillInput = builder.inputType("StartBackfillInput", {
  description: "Which league's season to collect whole.",
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
      description: `For example ${LEAGUE_KEY_FORMS}; that of an earlier season, too.`,
    }),
    environment: environmentField(t),
    previousSeasons: t.int({
      required: true,
      defaultValue: 0,
      description: "How many of the seasons before to collect as well, 0 to 30, one job each.",
    }),
    seasons: t.intList({
      description:
        "Only the seasons of these years, 1 to 30 of them, as the source links them; instead of `previousSeasons`.",
    }),
    allSeasons: t.boolean({
      required: true,
      defaultValue: false,
      description: "Every season that the source links, one job each; instead of `previousSeasons`.",
    }),
    concurrency: t.int({ description: "Requests under way at once, 1 to 4; default: the server's setting." }),
    idempotencyKey: t.string({ description: KEY }),
  }),
});

/** What the API's input says, in the words of `jobs/`. */
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
  description: "The job as it is now.",
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
        "Queues a collection; a worker takes it up at once. Errors: BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT.",
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
        "Queues a job for the newest days that are MISSING, PARTIAL, FAILED or PROVISIONAL, for the last two final ones, which may have been corrected, and for every date of the league, however old, that is due to be looked at again. Errors: BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT.",
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
        "Queues a job for every day of a season so far that is not complete and final, and one for each earlier season that is asked for. Errors: BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT, LEAGUE_NOT_FOUND, SOURCE_….",
      args: { input: t.arg({ type: StartBackfillInput, required: true }) },
      resolve: async (_, { input }, context) => {
        const startedBy = context.caller.name;
        const { started, refused } = await startBackfill(context.deps, backfillInput(input), startedBy, context.signal);
        const [first] = started;
        if (!first) throw new Error("A backfill started nothing");
        return { ...first, jobs: started.map(({ job }) => job), refused: refused ? [refusedSeason(refused)] : [] };
      },
    }),
    resumeCollection: onJob(
      "resume",
      "Takes a PAUSED or FAILED job up where its checkpoint stands; done dates are not asked for again. Errors: NOT_FOUND, ILLEGAL_STATE, JOB_OVERLAP, IDEMPOTENCY_CONFLICT.",
    ),
    pauseCollection: onJob(
      "pause",
      "Pauses a job after the date in flight; a repeated call changes nothing. Errors: NOT_FOUND, ILLEGAL_STATE.",
    ),
    cancelCollection: onJob(
      "cancel",
      "Keeps what was collected; the job cannot be resumed. Errors: NOT_FOUND, ILLEGAL_STATE.",
    ),
  };
});
