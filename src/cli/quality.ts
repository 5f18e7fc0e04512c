import { open as openFile, rename } from "node:fs/promises";
import { type Command, Option } from "commander";
import { type Context, rangeOf } from "./context.ts";
import { CliError, EXIT, type Exit, type Io } from "./io.ts";
import { command, type Does, wholeNumber } from "./options.ts";
import { count, instant } from "./text.ts";

type Range = { start?: string; end?: string };

/** validate, missing, changes and export. */
export function qualityCommands(program: Command, does: Does, io: Io): void {
  const ranged = (name: string, description: string) =>
    command(program, name, description)
      .option("--start <date>", "first date (default: the season's first)")
      .option("--end <date>", "last date (default: today, or the season's last)");
  ranged("validate", "Check what the ledger holds: gaps, duplicates, odd slots; exit code 1 when something is wrong")
    .option("--first <n>", "show so many findings", wholeNumber(1, 100), 20)
    .addHelpText("after", "\nExamples:\n  lineups validate --league demo.l.1 --start 7d --end yesterday\n")
    .action(does(validate));
  ranged("missing", "Dates that are missing, partial or failed, one a line")
    .addHelpText("after", "\nExamples:\n  lineups missing --league demo.l.1\n")
    .action(does(missing));
  ranged("changes", "What changed in line-ups after they were first collected, newest first")
    .option("--first <n>", "how many", wholeNumber(1, 100), 50)
    .addHelpText("after", "\nExamples:\n  lineups changes --league demo.l.1\n")
    .action(does(changes));
  ranged("export", "Every record of a range, as CSV or NDJSON")
    .addOption(new Option("--format <name>", "csv or ndjson").choices(["csv", "ndjson"]).default("csv"))
    .option("--team <key>", "of this team only")
    .option("--out <file>", "write to a file (default: standard output)")
    .addHelpText("after", "\nExamples:\n  lineups export --league demo.l.1 --start 7d --out lineups.csv\n")
    .action(does((ctx: Context, options: ExportOptions) => exportAll(ctx, options, io)));
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

async function validate(ctx: Context, { first, ...given }: Range & { first: number }): Promise<Exit> {
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
  const checked = `${count(report.datesChecked, "date")}, ${count(report.teamDaysChecked, "team-day")}, ${count(report.recordsChecked, "record")}`;
  const found = `${count(report.errors, "error")}, ${count(report.warnings, "warning")}`;
  await ctx.say(
    `${range.leagueKey}, ${report.start} to ${report.end}: ${report.valid ? "valid" : "not valid"}; ${found} in ${checked}`,
  );
  await ctx.emit({ result: report });
  return report.valid ? EXIT.ok : EXIT.failed;
}

type Coverage = {
  missingDates: string[];
  percent: number;
  ranges: { start: string; end: string; state: string; reason: string | null }[];
};

async function missing(ctx: Context, given: Range): Promise<Exit> {
  const { leagueKey, start, end } = await rangeOf(ctx, given);
  const query = `query ($key: String!, $start: Date!, $end: Date!, $environment: Environment!) { league(key: $key) {
    coverage(start: $start, end: $end, environment: $environment) { percent missingDates ranges { start end state reason } } } }`;
  const variables = { key: leagueKey, start, end, environment: ctx.options.env };
  const { coverage } = (await ctx.api.ask<{ league: { coverage: Coverage } }>(query, variables)).league;
  const stateOf = (date: string) => coverage.ranges.find((range) => range.start <= date && date <= range.end);
  await ctx.show(
    ["Date", "State", "Reason"],
    coverage.missingDates.map((date) => [date, stateOf(date)?.state, stateOf(date)?.reason]),
  );
  const known = `${coverage.percent.toFixed(1)} % of the dates that are due are known`;
  await ctx.say(`${leagueKey}, ${start} to ${end}: ${count(coverage.missingDates.length, "date")} missing; ${known}`);
  await ctx.emit({ result: coverage });
  return EXIT.ok;
}

type Change = {
  date: string;
  kind: string;
  team: { name: string };
  player: { name: string };
  fromPosition: string | null;
  toPosition: string | null;
  detectedAt: string;
  jobId: string;
};

async function changes(ctx: Context, { first, start, end }: Range & { first: number }): Promise<Exit> {
  const range = await rangeOf(ctx, { ...(start ? { start } : {}), ...(end ? { end } : {}) });
  const query = `query ($leagueKey: String!, $start: Date, $end: Date, $environment: Environment!, $first: Int!) {
    lineupChanges(leagueKey: $leagueKey, start: $start, end: $end, environment: $environment, first: $first) { hasMore changes {
      date kind team { key name } player { id name } fromPosition toPosition detectedAt previousJobId jobId } } }`;
  const variables = {
    leagueKey: range.leagueKey,
    start: range.start,
    end: range.end,
    environment: ctx.options.env,
    first,
  };
  const { lineupChanges: page } = await ctx.api.ask<{ lineupChanges: { hasMore: boolean; changes: Change[] } }>(
    query,
    variables,
  );
  await ctx.show(
    ["Date", "Team", "Player", "Kind", "From", "To", "Seen"],
    page.changes.map((c) => [
      c.date,
      c.team.name,
      c.player.name,
      c.kind,
      c.fromPosition,
      c.toPosition,
      instant(c.detectedAt),
    ]),
  );
  await ctx.say(`${count(page.changes.length, "change")}${page.hasMore ? "; --first shows more" : ""}`);
  await ctx.emit({ result: page });
  return EXIT.ok;
}

type ExportOptions = Range & { format: "csv" | "ndjson"; team?: string; out?: string };

/** With --json and no file, the records themselves are the lines of JSON. */
async function exportAll(ctx: Context, { format, team, out, ...given }: ExportOptions, io: Io): Promise<Exit> {
  const { leagueKey, start, end } = await rangeOf(ctx, given);
  const kind = ctx.options.json && out === undefined ? "ndjson" : format;
  const query = new URLSearchParams({
    league: leagueKey,
    start,
    end,
    environment: ctx.options.env,
    ...(team ? { team } : {}),
  });
  const body = await ctx.api.download(`/export/lineups.${kind}?${query}`);
  const file =
    out === undefined
      ? null
      : await openFile(`${out}.part`, "w").catch((error: Error) => {
          throw new CliError(`--out ${out} cannot be written: ${error.message}`, {
            exit: EXIT.usage,
            code: "BAD_USER_INPUT",
          });
        });
  const decoder = new TextDecoder();
  let [lines, last] = [0, ""];
  try {
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      lines += text.split("\n").length - 1;
      last = (last + text).slice(-2_000);
      if (file) await file.write(text);
      else await io.out(text);
    }
  } finally {
    await file?.close();
  }
  // The body says in its own format where it broke off.
  const broken = /(?:^|\n)(?:# error: (.+)|\{"error":\{"message":"(.+)"\}\})\r?\n$/.exec(last);
  if (broken) throw new CliError(`The export broke off: ${broken[1] ?? broken[2]}`);
  // Only a whole one takes the place of an earlier one.
  if (out !== undefined) await rename(`${out}.part`, out);
  const records = lines - (kind === "csv" ? 1 : 0);
  if (file) await ctx.say(`${count(records, "record")} of ${leagueKey}, ${start} to ${end}, in ${out}`);
  await ctx.emit({ result: { records, format: kind, ...(out === undefined ? {} : { out }) } });
  return EXIT.ok;
}
