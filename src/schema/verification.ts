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
  description: "Which stored data to verify.",
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
    leagueKey: t.string({
      description: "The league's key or alias. If null, the request starts one job for each league with stored data.",
    }),
    environment: environmentField(t),
    start: t.field({ type: "Date", description: "The first date; default: the first stored date." }),
    end: t.field({ type: "Date", description: "The last date; default: the last stored date." }),
    mend: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Whether to repair damage. Damaged dates are marked as unknown and due, so the league's next update collects them. " +
        "Totals, checkpoints and the player index are repaired immediately.",
    }),
    idempotencyKey: t.string({
      description:
        "A repeated start with the same key returns the same job, unless that job has failed or was cancelled. " +
        "The key has 1 to 200 characters.",
    }),
  }),
});

builder.mutationField("startVerification", (t) =>
  t.field({
    type: StartPayload,
    description:
      "Queues a job that verifies the stored data of a league without asking the source. " +
      "The job reads, counts and hashes every record, and checks that jobs and states agree with the records. " +
      "The job's `report` has the result. Fails with NOT_FOUND, BAD_USER_INPUT, JOB_OVERLAP or IDEMPOTENCY_CONFLICT.",
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
      if (!first) throw new Error("Cannot start a verification: no job was created");
      return { ...first, jobs: started.map(({ job }) => job) };
    },
  }),
);

/** Returns what a verification has found so far. */
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
    description: "What a verification has found so far; null for other kinds of jobs. The findings are kept forever.",
    resolve: (job, _, context) => (job.kind === "VERIFY" ? reportOf(context, job) : null),
  }),
);
