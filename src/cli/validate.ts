import type { Command } from "commander";
import { plural } from "../text.ts";
import { type Context, rangeOf } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated, wholeNumber } from "./options.ts";

/** Adds `validate`. */
export function validateCommand(program: Command, does: CommandFactory): void {
  dated(
    command(
      program,
      "validate",
      "Check the stored lineups for gaps, duplicates and odd slots; the exit code is 1 if there are errors",
    ),
  )
    .option("--first <n>", "how many findings to show, 1 to 100", wholeNumber(1, 100), 20)
    .addHelpText("after", "\nExamples:\n  lineups validate --league demo.l.1 --start 7d --end yesterday\n")
    .action(does(validate));
}

type Report = {
  valid: boolean;
  start: string;
  end: string;
  errors: number;
  warnings: number;
  datesChecked: number;
  teamDaysChecked: number;
  recordsChecked: number;
  findings: { severity: string; code: string; date: string | null; teamKey: string | null; message: string }[];
};

async function validate(ctx: Context, { first, ...given }: DateOptions & { first: number }): Promise<Exit> {
  const { name: _, ...range } = await rangeOf(ctx, given);
  const query = `query ($leagueKey: String!, $start: Date!, $end: Date!, $environment: Environment!, $first: Int!) {
    validation(leagueKey: $leagueKey, start: $start, end: $end, environment: $environment) { valid start end errors warnings datesChecked
      teamDaysChecked recordsChecked findings(first: $first) { severity code date teamKey playerId message } } }`;
  const variables = { ...range, environment: ctx.options.env, first };
  const { validation: report } = await ctx.api.ask<{ validation: Report }>(query, variables);
  await ctx.show(
    ["Severity", "Code", "Date", "Team", "Message"],
    report.findings.map((f) => [f.severity, f.code, f.date, f.teamKey, f.message]),
  );
  const checked =
    `${plural(report.datesChecked, "date")}, ${plural(report.teamDaysChecked, "lineup")}, ` +
    `${plural(report.recordsChecked, "record")}`;
  const found = `${plural(report.errors, "error")}, ${plural(report.warnings, "warning")}`;
  await ctx.say(
    `${range.leagueKey}, ${report.start} to ${report.end}: ${report.valid ? "valid" : "not valid"}; ${found} in ${checked}`,
  );
  await ctx.emit({ result: report });
  return report.valid ? EXIT.ok : EXIT.failed;
}
