import type { Command } from "commander";
import { plural } from "../text.ts";
import { attribute, type Context, rangeOf } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated, wholeNumber } from "./options.ts";
import { instant } from "./text.ts";

/** changes */
export function changesCommand(program: Command, does: CommandFactory): void {
  dated(command(program, "changes", "What changed in lineups after they were first collected, newest first"))
    .option("--first <n>", "how many", wholeNumber(1, 100), 50)
    .addHelpText("after", "\nExamples:\n  lineups changes --league demo.l.1\n")
    .action(does(changes));
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

async function changes(ctx: Context, { first, start, end }: DateOptions & { first: number }): Promise<Exit> {
  const range = await rangeOf(ctx, { ...(start ? { start } : {}), ...(end ? { end } : {}) });
  const query = `query ($leagueKey: String!, $start: Date, $end: Date, $environment: Environment!, $first: Int!) {
    lineupChanges(leagueKey: $leagueKey, start: $start, end: $end, environment: $environment, first: $first) { hasMore changes {
      date kind team { key name } player { id: sourceId name } fromPosition toPosition detectedAt previousJobId jobId } } }`;
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
  await ctx.say(`${plural(page.changes.length, "change")}${page.hasMore ? "; --first shows more" : ""}`);
  await attribute(ctx, range.leagueKey);
  await ctx.emit({ result: page });
  return EXIT.ok;
}
