import type { Command } from "commander";
import { plural } from "../text.ts";
import { type Context, rangeOf } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated } from "./options.ts";

/** missing */
export function missingCommand(program: Command, does: CommandFactory): void {
  dated(command(program, "missing", "Dates that are missing, partial or failed, one a line"))
    .addHelpText("after", "\nExamples:\n  lineups missing --league demo.l.1\n")
    .action(does(missing));
}

type Coverage = {
  missingDates: string[];
  percent: number;
  ranges: { start: string; end: string; state: string; reason: string | null }[];
};

async function missing(ctx: Context, given: DateOptions): Promise<Exit> {
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
  await ctx.say(`${leagueKey}, ${start} to ${end}: ${plural(coverage.missingDates.length, "date")} missing; ${known}`);
  await ctx.emit({ result: coverage });
  return EXIT.ok;
}
