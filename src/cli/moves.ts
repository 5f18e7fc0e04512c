import type { Command } from "commander";
import { attribute, type Context, rangeOf, tellUnknown } from "./context.ts";
import { teamOf } from "./find.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated, firstOption, severalOf } from "./options.ts";
import { shownFirst } from "./text.ts";

const KINDS = ["in", "out", "moved"];

/** Adds `moves`. */
export function movesCommand(program: Command, does: CommandFactory): void {
  firstOption(
    dated(command(program, "moves", "Show who came in, went out or moved from day to day, for one team or all")),
    50,
  )
    .argument("[team]", "its key, its number in the league, or a part of its name (default: all teams)")
    .option("--kind <kinds>", `only these, comma-separated: ${KINDS.join(", ")}`, severalOf("--kind", KINDS))
    .addHelpText(
      "after",
      "\nExamples:\n  lineups moves 3 --start 7d --end yesterday --league demo.l.1\n  lineups moves --kind in,out --start yesterday --league demo.l.1\n",
    )
    .action(does(moves));
}

type Move = {
  date: string;
  previousDate: string;
  kind: string;
  team: { name: string };
  player: { name: string };
  fromPosition: string | null;
  toPosition: string | null;
  otherTeam: { name: string } | null;
};
type Moves = { nodes: Move[]; pageInfo: { hasNextPage: boolean } };

const MOVES = `query ($leagueKey: String!, $teamKey: String, $start: Date!, $end: Date!, $kind: [RosterMoveKind!], $team: ID!, $environment: Environment!, $first: Int!) {
  rosterMoves(leagueKey: $leagueKey, teamKey: $teamKey, start: $start, end: $end, kind: $kind, environment: $environment, first: $first) {
    pageInfo { hasNextPage } nodes { date previousDate kind team { key name } player { id: sourceId name } fromPosition toPosition otherTeam { key name } } }
  node(id: $team) { ... on Team { name } } }`;

async function moves(
  ctx: Context,
  { first, kind, ...given }: DateOptions & { first: number; kind?: string[] },
  which?: string,
): Promise<Exit> {
  const { name, leagueKey, ...range } = await rangeOf(ctx, given);
  const teamKey = which === undefined ? null : await teamOf(ctx, which);
  const variables = {
    leagueKey,
    teamKey,
    team: teamKey ?? "",
    ...range,
    kind: kind ?? null,
    environment: ctx.options.env,
    first,
  };
  const { rosterMoves: page, node: team } = await ctx.api.ask<{ rosterMoves: Moves; node: { name: string } | null }>(
    MOVES,
    variables,
  );
  const ofAll = teamKey === null ? ["Team"] : [];
  await ctx.show(
    ["Date", ...ofAll, "Player", "Move", "From", "To"],
    page.nodes.map((move) => [
      move.date,
      ...(teamKey === null ? [move.team.name] : []),
      move.player.name,
      move.kind,
      move.fromPosition ?? move.otherTeam?.name,
      move.toPosition ?? move.otherTeam?.name,
    ]),
  );
  const whose = teamKey === null ? name : (team?.name ?? teamKey);
  await ctx.say(
    `${whose}, ${range.start} to ${range.end}: ${shownFirst(page.nodes.length, page.pageInfo.hasNextPage, "move")}`,
  );
  await tellUnknown(ctx, { leagueKey, ...range });
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: page });
  return EXIT.ok;
}
