import type { Command } from "commander";
import { attribute, type Context, rangeOf } from "./context.ts";
import { teamOf } from "./find.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated, firstOption } from "./options.ts";
import { dateCell, instantCell, shownFirst } from "./text.ts";

/** Adds `corrections`. */
export function correctionsCommand(program: Command, does: CommandFactory): void {
  const what =
    "Show the corrections that the source made after a date was first collected, newest first (for managers' moves, use `moves`)";
  firstOption(dated(command(program, "corrections", what)), 50)
    .option("--team <team>", "only this team: its key, its number, or a part of its name")
    .addHelpText("after", "\nExamples:\n  lineups corrections --league demo.l.1\n")
    .action(does(corrections));
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

async function corrections(
  ctx: Context,
  { first, team, ...given }: DateOptions & { first: number; team?: string },
): Promise<Exit> {
  const range = await rangeOf(ctx, given);
  const query = `query ($leagueKey: String!, $teamKey: String, $start: Date, $end: Date, $environment: Environment!, $first: Int!) {
    lineupChanges(leagueKey: $leagueKey, teamKey: $teamKey, start: $start, end: $end, environment: $environment, first: $first) { hasMore changes {
      date kind team { key name } player { id: sourceId name } fromPosition toPosition detectedAt previousJobId jobId } } }`;
  const variables = {
    leagueKey: range.leagueKey,
    teamKey: team === undefined ? null : await teamOf(ctx, team),
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
      dateCell(c.date, c.detectedAt),
      c.team.name,
      c.player.name,
      c.kind,
      c.fromPosition,
      c.toPosition,
      instantCell(c.detectedAt),
    ]),
  );
  await ctx.say(shownFirst(page.changes.length, page.hasMore, "correction"));
  await attribute(ctx, range.leagueKey);
  await ctx.emit({ result: page });
  return EXIT.ok;
}
