import type { Command } from "commander";
import { daysBetween } from "../calendar.ts";
import { plural } from "../text.ts";
import { askOfLeague, type Context, rangeOf } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated } from "./options.ts";

/** Adds `missing`. */
export function missingCommand(program: Command, does: CommandFactory): void {
  dated(command(program, "missing", "Show dates that are missing, partial or failed, and why"))
    .option("--dates", "print one date per line and nothing else, for scripts")
    .addHelpText(
      "after",
      "\nExamples:\n  lineups missing --league demo.l.1\n  lineups missing --dates --league demo.l.1\n",
    )
    .action(does(missing));
}

type Coverage = {
  missingDates: string[];
  percent: number;
  ranges: { start: string; end: string; state: string; reason: string | null }[];
};

/** States of dates that still have to be collected. */
const MISSING = ["MISSING", "PARTIAL", "FAILED"];

async function missing(ctx: Context, { dates, ...given }: DateOptions & { dates?: true }): Promise<Exit> {
  const { leagueKey, start, end } = await rangeOf(ctx, given);
  const query = `query ($key: String!, $start: Date!, $end: Date!, $environment: Environment!) { league(key: $key) {
    coverage(start: $start, end: $end, environment: $environment) { percent missingDates ranges { start end state reason } } } }`;
  const variables = { key: leagueKey, start, end, environment: ctx.options.env };
  const { coverage } = (await askOfLeague<{ league: { coverage: Coverage } }>(ctx, query, variables)).league;
  if (dates) {
    await ctx.say(coverage.missingDates.join("\n"));
  } else {
    await ctx.show(
      ["From", "To", "Days", "State", "Reason"],
      coverage.ranges
        .filter(({ state }) => MISSING.includes(state))
        .map((range) => [range.start, range.end, daysBetween(range.start, range.end), range.state, range.reason]),
    );
    const known = `${coverage.percent.toFixed(1)} % of the dates that are due are known`;
    await ctx.say(
      `${leagueKey}, ${start} to ${end}: ${plural(coverage.missingDates.length, "date")} missing; ${known}`,
    );
  }
  await ctx.emit({ result: coverage });
  return EXIT.ok;
}
