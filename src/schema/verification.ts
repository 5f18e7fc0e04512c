import * as v from "valibot";
import { rangeFault } from "../calendar.ts";
import { MAX_FINDINGS } from "../db/findings.ts";
import type { Job } from "../db/job.ts";
import { startVerification } from "../jobs/verification.ts";
import { builder, type Context } from "./builder.ts";
import { rows } from "./costs.ts";
import { environmentField } from "./environment.ts";
import { idempotencyKey, leagueKey } from "./input.ts";
import { JobRef } from "./job.ts";
import { StartPayload } from "./startPayload.ts";
import { type ReportOfApi, ValidationReportRef } from "./validation.ts";

const StartVerificationInput = builder.inputType("StartVerificationInput", {
  description: "What to verify of what is stored.",
  validate: v.pipe(
    v.looseObject({
      leagueKey: v.nullish(leagueKey),
      start: v.nullish(v.string()),
      end: v.nullish(v.string()),
      idempotencyKey,
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || !dataset.value.start || !dataset.value.end) return;
      const fault = rangeFault({ start: dataset.value.start, end: dataset.value.end });
      if (fault !== null) addIssue({ message: fault });
    }),
  ),
  fields: (t) => ({
    leagueKey: t.string({ description: "Null: every league of the ledger, one job each." }),
    environment: environmentField(t),
    start: t.field({ type: "Date", description: "The first date; null: the first that is stored." }),
    end: t.field({ type: "Date", description: "The last date; null: the last that is stored." }),
    mend: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Mark what is damaged as not known and due, so that the next update of the league takes it; totals, checkpoints and the index of players are mended at once.",
    }),
    idempotencyKey: t.string({ description: "The same key starts the same job once. 1 to 200 characters." }),
  }),
});

builder.mutationField("startVerification", (t) =>
  t.field({
    type: StartPayload,
    description:
      "Queues a job that reads, counts and hashes every stored record of a league, and compares jobs and states with them; it asks the source nothing. Its report is the job's `report`. Errors: NOT_FOUND, BAD_USER_INPUT, JOB_OVERLAP, IDEMPOTENCY_CONFLICT.",
    args: { input: t.arg({ type: StartVerificationInput, required: true }) },
    resolve: async (_, { input }, context) => {
      const startedBy = context.caller.name;
      const started = await startVerification(
        context.deps,
        {
          ...input,
          leagueKey: input.leagueKey ?? null,
          start: input.start ?? null,
          end: input.end ?? null,
          idempotencyKey: input.idempotencyKey?.trim() ?? null,
        },
        startedBy,
      );
      const [first] = started;
      if (!first) throw new Error("A verification started nothing");
      return { ...first, jobs: started.map(({ job }) => job) };
    },
  }),
);

/** What a verification has found so far. */
async function reportOf({ loaders }: Context, job: Job): Promise<ReportOfApi> {
  const { errors, warnings } = await loaders.findingCounts.load(job.id);
  return {
    start: job.startDate,
    end: job.endDate,
    datesChecked: job.datesCompleted,
    teamDaysChecked: job.itemsProcessed,
    recordsChecked: job.recordsProcessed,
    errors,
    warnings,
    findings: () => loaders.findingsOfJob.load(job.id),
  };
}

builder.objectField(JobRef, "report", (t) =>
  t.field({
    type: ValidationReportRef,
    nullable: true,
    complexity: rows(MAX_FINDINGS),
    description: "Of a verification: what it has found so far, kept for ever. Null for other jobs.",
    resolve: (job, _, context) => (job.kind === "VERIFY" ? reportOf(context, job) : null),
  }),
);
