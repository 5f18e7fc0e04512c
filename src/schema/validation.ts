import * as v from "valibot";
import { DAMAGE_CODES, type Finding, isDamage, MAX_FINDINGS } from "../db/findings.ts";
import { FINDING_SEVERITIES } from "../db/tables/values.ts";
import { LedgerError } from "../errors.ts";
import { GateFullError } from "../gate.ts";
import { type ValidationReport, validate } from "../lineups/validation.ts";
import { builder } from "./builder.ts";
import { connectionOf, listOf, pageArgs, pageOf, pageSize } from "./connection.ts";
import { costOfPage, recordsOf, rows } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import { checkRange, MAX_DAYS } from "./input.ts";

const FindingSeverityEnum = builder.enumType("FindingSeverity", {
  description: "An ERROR means that the data is wrong or missing; a WARNING that somebody should look.",
  values: FINDING_SEVERITIES,
});

const ValidationFindingRef = builder.objectRef<Finding & { mended?: number }>("ValidationFinding").implement({
  description: "Something that is wrong, or looks like it.",
  fields: (t) => ({
    severity: t.expose("severity", { type: FindingSeverityEnum }),
    code: t.exposeString("code", {
      description: `Errors about what is known: MISSING_DATE, PARTIAL_DATE, MISSING_TEAM, PLAYER_ON_TWO_TEAMS, FUTURE_DATE. Damage: ${DAMAGE_CODES.join(", ")}. Warnings: DUPLICATE_PLAYER, UNKNOWN_POSITION, POSITION_NOT_ELIGIBLE, ROSTER_SIZE, ROSTERS_SWAPPED, NAME_DAMAGED, DOUBTED.`,
    }),
    isDamage: t.boolean({
      description: "The rows are not what the ledger wrote; all else is about what the source said, or did not say.",
      resolve: isDamage,
    }),
    mended: t.boolean({
      description: "A verification has mended it, or marked it as not known and due, so that the next update takes it.",
      resolve: ({ mended }) => mended === 1,
    }),
    message: t.exposeString("message"),
    date: t.expose("date", { type: "Date", nullable: true }),
    teamKey: t.exposeString("teamKey", { nullable: true }),
    playerId: t.exposeString("playerId", { nullable: true }),
  }),
});

const FindingConnection = connectionOf("ValidationFinding", ValidationFindingRef);
/** A report does not change, so that a finding's number is its place. */
const cursors = cursorsOf<readonly [index: number]>("findings", v.tuple([v.number()]));

/** A report whose findings are read where they are asked for. */
export type ReportOfApi = Omit<ValidationReport, "findings"> & {
  findings: () => Promise<readonly (Finding & { mended?: number })[]>;
};

/** How often a validation reads each record. */
const READINGS = 4;

export const ValidationReportRef = builder.objectRef<ReportOfApi>("ValidationReport").implement({
  description: "Whether a range of a league's dates can be trusted.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    datesChecked: t.exposeInt("datesChecked", { description: "Dates of the season that are not in the future." }),
    teamDaysChecked: t.exposeInt("teamDaysChecked"),
    recordsChecked: t.exposeInt("recordsChecked", { description: "Records that were read, counted and hashed." }),
    errors: t.exposeInt("errors"),
    warnings: t.exposeInt("warnings"),
    findings: t.field({
      type: [ValidationFindingRef],
      complexity: costOfPage,
      description: "At most `first` of them, errors first.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 100,
          description: `1 to ${MAX_FINDINGS}.`,
          validate: pageSize(MAX_FINDINGS),
        }),
      },
      resolve: async ({ findings }, { first }) => (await findings()).slice(0, first),
    }),
    findingsConnection: t.field({
      type: FindingConnection,
      complexity: costOfPage,
      description: `The same by pages: the first ${MAX_FINDINGS} of them.`,
      args: pageArgs(t, 100, MAX_FINDINGS),
      resolve: async ({ findings }, args) =>
        pageOf(
          listOf(await findings(), cursors, (_, i) => [i] as const),
          args,
        ),
    }),
    valid: t.boolean({ description: "There are no errors.", resolve: ({ errors }) => errors === 0 }),
  }),
});

builder.queryField("validation", (t) =>
  t.field({
    type: ValidationReportRef,
    complexity: (range) => rows(READINGS * recordsOf(range)),
    description:
      "Checks what the ledger holds of a league's dates: each record is read, counted and hashed. `startVerification` does the same as a job, for any range, and keeps its report. Errors: NOT_FOUND, BAD_USER_INPUT, BUSY, TIMEOUT.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", required: true }),
      end: t.arg({ type: "Date", required: true }),
      environment: environmentArg(t),
    },
    resolve: async (_, scope, { deps, validations, signal }) => {
      checkRange(scope, MAX_DAYS);
      try {
        const report = await validations.run(() => validate(deps, scope, signal), signal);
        return { ...report, findings: async () => report.findings };
      } catch (error) {
        if (!(error instanceof GateFullError)) throw error;
        throw new LedgerError("BUSY", "Too many validations are under way: ask again in a moment");
      }
    },
  }),
);
