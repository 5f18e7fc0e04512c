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
  description: "ERROR: data is wrong or missing. WARNING: data looks odd and should be checked.",
  values: FINDING_SEVERITIES,
});

const ValidationFindingRef = builder.objectRef<Finding & { mended?: number }>("ValidationFinding").implement({
  description: "Something that is wrong or looks wrong.",
  fields: (t) => ({
    severity: t.expose("severity", { type: FindingSeverityEnum }),
    code: t.exposeString("code", {
      description: `A stable code. Codes of errors about the source's data are MISSING_DATE, PARTIAL_DATE, MISSING_TEAM, PLAYER_ON_TWO_TEAMS and FUTURE_DATE. Codes of damage are ${DAMAGE_CODES.join(", ")}. Codes of warnings are DUPLICATE_PLAYER, UNKNOWN_POSITION, POSITION_NOT_ELIGIBLE, ROSTER_SIZE, ROSTERS_SWAPPED, NAME_DAMAGED and DOUBTED.`,
    }),
    isDamage: t.boolean({
      description:
        "Whether stored rows differ from what the ledger wrote. If false, the finding is about the source's data: " +
        "what the source returned or did not return.",
      resolve: isDamage,
    }),
    mended: t.boolean({
      description:
        "True once a verification has repaired the data, or has marked the data as unknown and due for the next update.",
      resolve: ({ mended }) => mended === 1,
    }),
    message: t.exposeString("message", { description: "Explanation of the problem, for people to read." }),
    date: t.expose("date", {
      type: "Date",
      nullable: true,
      description: "The date concerned; null if the finding is not about one date.",
    }),
    teamKey: t.exposeString("teamKey", {
      nullable: true,
      description: "The key of the team concerned; null if the finding is not about one team.",
    }),
    playerId: t.exposeString("playerId", {
      nullable: true,
      description: "The source's number for the player concerned; null if the finding is not about one player.",
    }),
  }),
});

const FindingConnection = connectionOf("ValidationFinding", ValidationFindingRef);
/** The findings of a report do not change, so the index of a finding is its cursor. */
const cursors = cursorsOf<readonly [index: number]>("findings", v.tuple([v.number()]));

/** A report whose findings are read only when they are requested. */
export type ReportOfApi = Omit<ValidationReport, "findings"> & {
  findings: () => Promise<readonly (Finding & { mended?: number })[]>;
};

/** How many times a validation reads each record. The validation's cost counts every reading. */
const READINGS = 4;

export const ValidationReportRef = builder.objectRef<ReportOfApi>("ValidationReport").implement({
  description: "The result of checking a range of a league's dates.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date" }),
    end: t.expose("end", { type: "Date" }),
    datesChecked: t.exposeInt("datesChecked", {
      description:
        "Number of dates of the season that are in the range and not in the future. For a verification, number of dates checked so far.",
    }),
    teamDaysChecked: t.exposeInt("teamDaysChecked"),
    recordsChecked: t.exposeInt("recordsChecked", {
      description: "Number of records that were read, counted and hashed.",
    }),
    errors: t.exposeInt("errors"),
    warnings: t.exposeInt("warnings"),
    findings: t.field({
      type: [ValidationFindingRef],
      complexity: costOfPage,
      description: "At most `first` findings, errors before warnings.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 100,
          description: `Number of findings to return, 1 to ${MAX_FINDINGS}.`,
          validate: pageSize(MAX_FINDINGS),
        }),
      },
      resolve: async ({ findings }, { first }) => (await findings()).slice(0, first),
    }),
    findingsConnection: t.field({
      type: FindingConnection,
      complexity: costOfPage,
      description: `The findings, page by page, errors first. A validation reports at most ${MAX_FINDINGS} findings.`,
      args: pageArgs(t, 100, MAX_FINDINGS),
      resolve: async ({ findings }, args) =>
        pageOf(
          listOf(await findings(), cursors, (_, i) => [i] as const),
          args,
        ),
    }),
    valid: t.boolean({ description: "True if there are no errors.", resolve: ({ errors }) => errors === 0 }),
  }),
});

builder.queryField("validation", (t) =>
  t.field({
    type: ValidationReportRef,
    complexity: (range) => rows(READINGS * recordsOf(range)),
    description:
      "Checks a league's stored dates by reading, counting and hashing every record. " +
      "To check a range of any length and keep the report, use `startVerification`. " +
      "Fails with NOT_FOUND, BAD_USER_INPUT, BUSY or TIMEOUT.",
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
        throw new LedgerError("BUSY", "Cannot validate now: too many validations are running. Try again in a moment.");
      }
    },
  }),
);
