import type { Command } from "commander";
import { foldName, plural } from "../text.ts";
import { attribute, type Context, rangeOf, tellUnknown } from "./context.ts";
import { teamOf } from "./find.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated, firstOption } from "./options.ts";
import { shownFirst, shownOf } from "./text.ts";

/** Adds `player` and `players`. */
export function playerCommands(program: Command, does: CommandFactory): void {
  const history = "Show a player's start and sit history, or list the players whose names match the argument";
  firstOption(dated(command(program, "player", history)), 50)
    .argument("<player>", "player id, or a part of the name; case and accents do not matter")
    .addHelpText(
      "after",
      "\nExamples:\n  lineups player garc --league demo.l.1\n  lineups player 9002 --start 7d --league demo.l.1\n",
    )
    .action(does(player));
  firstOption(dated(command(program, "players", "Show on how many days each player started, sat or was inactive")), 50)
    .option("--position <slot>", "only players who may play this position or have played it, such as C, SS or SP")
    .option("--team <team>", "only days on this team: its key, its number, or a part of its name")
    .addHelpText("after", "\nExamples:\n  lineups players --position C --league demo.l.1\n")
    .action(does(players));
}

type Usage = {
  player: { id: string; name: string };
  daysRostered: number;
  daysStarted: number;
  daysBenched: number;
  daysInactive: number;
  startPercent: number;
  byPosition: { position: string; days: number }[];
  eligiblePositions: string[];
  timeline: { date: string; state: string; position: string | null; team: { name: string } | null }[];
};

/** Matches a text that identifies one player: an id, or the number that the source uses for the player. */
const BY_NUMBER = /^(player\..+|-?\d+(\.[BP])?)$/i;

async function player(
  ctx: Context,
  { first, ...options }: DateOptions & { first: number },
  name: string,
): Promise<Exit> {
  const { leagueKey, start, end } = await rangeOf(ctx, options);
  const environment = ctx.options.env;
  if (BY_NUMBER.test(name)) return history(ctx, name, { leagueKey, start, end, environment });
  const search = `query ($leagueKey: String!, $name: String!, $environment: Environment!, $first: Int!) {
    playersConnection(leagueKey: $leagueKey, search: $name, environment: $environment, first: $first) { pageInfo { hasNextPage }
      nodes { id: sourceId name club positions seasons } } }`;
  const { playersConnection: found } = await ctx.api.ask<{ playersConnection: Found }>(search, {
    leagueKey,
    name,
    environment,
    first,
  });
  const exact = found.nodes.filter((each) => foldName(each.name) === foldName(name));
  const [only] = exact.length === 1 ? exact : found.nodes.length === 1 ? found.nodes : [];
  if (only) return history(ctx, only.id, { leagueKey, start, end, environment });
  if (found.nodes.length === 0)
    throw new CliError(`No player of ${leagueKey} has a name like ${JSON.stringify(name)}`, { code: "NOT_FOUND" });
  await ctx.show(
    ["Id", "Name", "Club", "Positions", "Seasons"],
    found.nodes.map((each) => [each.id, each.name, each.club, each.positions.join(","), each.seasons.join(", ")]),
  );
  await ctx.say(
    `${shownFirst(found.nodes.length, found.pageInfo.hasNextPage, "player")}. ` +
      "Give an id, or a name that only one player has, to see the history",
  );
  await ctx.emit({ result: { players: found.nodes } });
  return EXIT.ok;
}

type Found = {
  nodes: { id: string; name: string; club: string | null; positions: string[]; seasons: number[] }[];
  pageInfo: { hasNextPage: boolean };
};
type Place = { leagueKey: string; start: string; end: string; environment: string };

/** Prints one player's start and sit history. */
async function history(ctx: Context, playerId: string, place: Place): Promise<Exit> {
  const { leagueKey, start, end } = place;
  const query = `query ($leagueKey: String!, $playerId: String!, $start: Date!, $end: Date!, $environment: Environment!) {
    playerUsage(leagueKey: $leagueKey, playerId: $playerId, start: $start, end: $end, environment: $environment) {
      player { id: sourceId name } daysRostered daysStarted daysBenched daysInactive startPercent byPosition { position days } eligiblePositions
      timeline { date state position team { name } } } }`;
  const { playerUsage: usage } = await ctx.api.ask<{ playerUsage: Usage | null }>(query, {
    ...place,
    playerId,
  });
  if (!usage) throw new CliError(`No player of ${leagueKey} has the id ${playerId}`, { code: "NOT_FOUND" });
  await ctx.details(`${usage.player.name}, id ${usage.player.id}`, [
    ["Dates", `${start} to ${end}`],
    ["On a team", plural(usage.daysRostered, "day")],
    ["Started", `${plural(usage.daysStarted, "day")}, ${usage.startPercent.toFixed(1)} %`],
    ["Benched", plural(usage.daysBenched, "day")],
    ["Inactive", plural(usage.daysInactive, "day")],
    ["Slots", usage.byPosition.map(({ position, days }) => `${position} ${days}`).join(", ")],
    ["Eligible", usage.eligiblePositions.join(", ")],
  ]);
  await ctx.say("\n");
  await ctx.show(["From", "To", "Days", "State", "Slot", "Team"], stretches(usage.timeline));
  await tellUnknown(ctx, place);
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: { usage } });
  return EXIT.ok;
}

/** Merges consecutive days with the same state, slot and team into one row. */
function stretches(timeline: Usage["timeline"]): [string, string, number, string, string | null, string | null][] {
  const rows: [string, string, number, string, string | null, string | null][] = [];
  for (const { date, state, position, team } of timeline) {
    const last = rows.at(-1);
    if (last && last[3] === state && last[4] === position && last[5] === (team?.name ?? null)) {
      last[1] = date;
      last[2]++;
    } else rows.push([date, date, 1, state, position, team?.name ?? null]);
  }
  return rows;
}

type Usages = {
  totalCount: number;
  nodes: (Omit<Usage, "timeline"> & { player: { id: string; name: string; club: string | null } })[];
};

async function players(
  ctx: Context,
  { first, position, team, ...given }: DateOptions & { first: number; position?: string; team?: string },
): Promise<Exit> {
  const { leagueKey, name, ...range } = await rangeOf(ctx, given);
  const query = `query ($leagueKey: String!, $start: Date!, $end: Date!, $position: String, $teamKey: String, $environment: Environment!, $first: Int!) {
    playerUsages(leagueKey: $leagueKey, start: $start, end: $end, position: $position, teamKey: $teamKey, environment: $environment, first: $first) {
      totalCount nodes { player { id: sourceId name club } daysRostered daysStarted daysBenched daysInactive startPercent byPosition { position days } eligiblePositions } } }`;
  const { playerUsages } = await ctx.api.ask<{ playerUsages: Usages }>(query, {
    leagueKey,
    ...range,
    position: position ?? null,
    teamKey: team === undefined ? null : await teamOf(ctx, team),
    environment: ctx.options.env,
    first,
  });
  const { totalCount, nodes } = playerUsages;
  await ctx.show(
    ["Player", "Club", "Days", "Started", "Benched", "Inactive", "Slots"],
    nodes.map((usage) => [
      usage.player.name,
      usage.player.club,
      usage.daysRostered,
      usage.daysStarted,
      usage.daysBenched,
      usage.daysInactive,
      usage.byPosition.map((slot) => `${slot.position} ${slot.days}`).join(", "),
    ]),
  );
  await ctx.say(`${name}, ${range.start} to ${range.end}: ${shownOf(nodes.length, totalCount, "player")}`);
  await tellUnknown(ctx, { leagueKey, ...range });
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: playerUsages });
  return EXIT.ok;
}
