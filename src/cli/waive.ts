import type { Command } from "commander";
import { datesBetween, rangeFault } from "../calendar.ts";
import { plural } from "../text.ts";
import { askOfLeague, type Context, dateIn, seasonOf } from "./context.ts";
import { DATE_FORMS } from "./dates.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { type CommandFactory, command } from "./options.ts";

/** Adds `waive`. */
export function waiveCommand(program: Command, does: CommandFactory): void {
  command(program, "waive", "Waive a date or all missing dates of a range; updates leave out waived dates")
    .argument("<first>", DATE_FORMS)
    .argument("[last]", "last date of a range; only the missing, partial and failed dates of the range are waived")
    .requiredOption("--reason <text>", "why the date is not needed; shown wherever the date is shown")
    .addHelpText("after", "\nExamples:\n  lineups waive yesterday --reason 'all-star break' --league demo.l.1\n")
    .action(does(waive));
}

async function waive(ctx: Context, { reason }: { reason: string }, first: string, last?: string): Promise<Exit> {
  const { key } = await seasonOf(ctx);
  const [start, end] = [await dateIn(ctx, first), await dateIn(ctx, last ?? first)];
  const fault = rangeFault({ start, end });
  if (fault !== null) throw usage(fault);
  const dates = last === undefined ? [start] : await missing(ctx, { key, start, end });
  if (dates.length > 0) {
    const mutation = `mutation ($leagueKey: String!, $dates: [Date!]!, $reason: String!, $environment: Environment!) {
      waiveDates(leagueKey: $leagueKey, dates: $dates, reason: $reason, environment: $environment) { coverage { percent } } }`;
    await ctx.api.ask(mutation, { leagueKey: key, dates, reason, environment: ctx.options.env });
  }
  const left = datesBetween(start, end).length - dates.length;
  await ctx.say(
    `${plural(dates.length, "date")} of ${key} waived${left > 0 ? `; ${plural(left, "date")} of ${start} to ${end} ${left === 1 ? "is" : "are"} not missing` : ""}`,
  );
  await ctx.emit({ result: { leagueKey: key, dates, reason } });
  return EXIT.ok;
}

async function missing(
  ctx: Context,
  { key, start, end }: { key: string; start: string; end: string },
): Promise<string[]> {
  const query = `query ($key: String!, $start: Date!, $end: Date!, $environment: Environment!) { league(key: $key) {
    coverage(start: $start, end: $end, environment: $environment) { missingDates } } }`;
  const { league } = await askOfLeague<{ league: { coverage: { missingDates: string[] } } }>(ctx, query, {
    key,
    start,
    end,
    environment: ctx.options.env,
  });
  return league.coverage.missingDates;
}
