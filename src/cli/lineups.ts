import type { Command } from "commander";
import { foldName, plural } from "../text.ts";
import { attribute, type Context, dateOf, rangeOf, seasonOf } from "./context.ts";
import { leagueIn, teamOf } from "./find.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command } from "./options.ts";
import { instant } from "./text.ts";

/** lineup, lineups and player. */
export function lineupCommands(program: Command, does: CommandFactory): void {
  command(program, "lineup", "One team's lineup of a date")
    .argument("<team>", "its key (458.l.6966.t.3), its number in the league (3), or a part of its name")
    .argument("<date>", "YYYY-MM-DD, today, yesterday, or 7d for seven days ago")
    .addHelpText(
      "after",
      "\nExamples:\n  lineups lineup 3 yesterday --league demo.l.1\n  lineups lineup 'café' 2d --league demo.l.1\n",
    )
    .action(does(lineup));
  command(program, "lineups", "Every team's lineup of a date")
    .argument("<date>", "YYYY-MM-DD, today, yesterday, or 7d for seven days ago")
    .addHelpText("after", "\nExamples:\n  lineups lineups yesterday --league demo.l.1\n")
    .action(does(lineups));
  command(program, "player", "Find players by a part of their name; of one alone, his start and sit history")
    .argument("<name>", "a part of the name; case and accents do not matter")
    .option("--start <date>", "first date of the history (default: the season's first)")
    .option("--end <date>", "last date of the history (default: today, or the season's last)")
    .addHelpText("after", "\nExamples:\n  lineups player garc --league demo.l.1\n")
    .action(does(player));
}

const LINEUP = `attribution date provisional collectedAt jobId team { key name } slots { selectedPosition player { id: sourceId name } positionType eligiblePositions
  playerTeam playerStatus observedSameDay jobId }`;

type Lineup = {
  attribution: string | null;
  date: string;
  provisional: boolean;
  collectedAt: string;
  jobId: string;
  team: { key: string; name: string };
  slots: {
    selectedPosition: string;
    player: { id: string; name: string };
    eligiblePositions: string[];
    playerTeam: string | null;
    playerStatus: string | null;
  }[];
};

async function lineup(ctx: Context, _: unknown, which: string, day: string): Promise<Exit> {
  const date = dateOf(day, ctx.today);
  const teamKey = await teamOf(ctx, which);
  const query = `query ($teamKey: String!, $date: Date!, $environment: Environment!) { lineup(teamKey: $teamKey, date: $date, environment: $environment) { ${LINEUP} } }`;
  const { lineup: found } = await ctx.api.ask<{ lineup: Lineup | null }>(query, {
    teamKey,
    date,
    environment: ctx.options.env,
  });
  if (!found) {
    throw new CliError(
      `The ledger has no lineup of team ${teamKey} on ${date}: \`lineups collect --league ${leagueIn(teamKey)} --start ${date} --end ${date}\` asks for it`,
      { code: "NOT_FOUND" },
    );
  }
  await tell(ctx, found);
  await attribute(ctx, leagueIn(teamKey));
  await ctx.emit({ result: found });
  return EXIT.ok;
}

/** As a manager reads a roster: those who play, by their slots, then the bench, then the injured. */
function inOrder(slots: Lineup["slots"]): Lineup["slots"] {
  const rank = (slot: string) => {
    if (slot === "BN" || slot === "BE") return 100;
    if (/^(IL|IR|DL|NA)/.test(slot)) return 101;
    const place = SLOTS.indexOf(slot);
    return place < 0 ? 99 : place;
  };
  return slots.toSorted((a, b) => rank(a.selectedPosition) - rank(b.selectedPosition));
}
const SLOTS = ["C", "1B", "2B", "3B", "SS", "CI", "MI", "IF", "LF", "CF", "RF", "OF", "Util", "UTIL", "SP", "RP", "P"];

async function tell(ctx: Context, { team, date, slots, provisional, collectedAt, jobId }: Lineup): Promise<void> {
  await ctx.say(
    `${team.name} (${team.key}), ${date}${provisional ? ", provisional: it could still change when it was collected" : ""}`,
  );
  await ctx.show(
    ["Slot", "Player", "Id", "Eligible", "Club", "Status"],
    inOrder(slots).map((s) => [
      s.selectedPosition,
      s.player.name,
      s.player.id,
      s.eligiblePositions.join(","),
      s.playerTeam,
      s.playerStatus,
    ]),
  );
  await ctx.say(`collected ${instant(collectedAt)} by ${jobId}`);
}

async function lineups(ctx: Context, _: unknown, day: string): Promise<Exit> {
  const date = dateOf(day, ctx.today);
  const { key: leagueKey } = await seasonOf(ctx);
  const query = `query ($leagueKey: String!, $date: Date!, $environment: Environment!, $after: String) {
    lineups(leagueKey: $leagueKey, start: $date, end: $date, environment: $environment, first: 50, after: $after) {
      nodes { ${LINEUP} } pageInfo { hasNextPage endCursor } } }`;
  const all: Lineup[] = [];
  type Page = { lineups: { nodes: Lineup[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
  for (let after: string | null = null, goesOn = true; goesOn; ) {
    const page: Page = await ctx.api.ask<Page>(query, { leagueKey, date, environment: ctx.options.env, after });
    all.push(...page.lineups.nodes);
    ({ hasNextPage: goesOn, endCursor: after } = page.lineups.pageInfo);
  }
  for (const each of all) {
    await tell(ctx, each);
    await ctx.say("\n");
  }
  await ctx.say(`${plural(all.length, "lineup")} of ${leagueKey} on ${date}`);
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: all });
  return EXIT.ok;
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

async function player(ctx: Context, options: { start?: string; end?: string }, name: string): Promise<Exit> {
  const { leagueKey, start, end } = await rangeOf(ctx, options);
  const environment = ctx.options.env;
  const search = `query ($leagueKey: String!, $name: String!, $environment: Environment!) {
    players(leagueKey: $leagueKey, search: $name, environment: $environment, first: 50) { id: sourceId name } }`;
  const { players } = await ctx.api.ask<{ players: { id: string; name: string }[] }>(search, {
    leagueKey,
    name,
    environment,
  });
  const exact = players.filter((each) => foldName(each.name) === foldName(name) || each.id === name);
  const [only] = exact.length === 1 ? exact : players.length === 1 ? players : [];
  if (!only) {
    if (players.length === 0)
      throw new CliError(`${leagueKey} never had a player named like ${JSON.stringify(name)}`, { code: "NOT_FOUND" });
    await ctx.show(
      ["Id", "Name"],
      players.map((each) => [each.id, each.name]),
    );
    await ctx.say(`${plural(players.length, "player")}; a name that is one player's alone shows his history`);
    await ctx.emit({ result: { players } });
    return EXIT.ok;
  }
  const query = `query ($leagueKey: String!, $playerId: String!, $start: Date!, $end: Date!, $environment: Environment!) {
    playerUsage(leagueKey: $leagueKey, playerId: $playerId, start: $start, end: $end, environment: $environment) {
      player { id: sourceId name } daysRostered daysStarted daysBenched daysInactive startPercent byPosition { position days } eligiblePositions
      timeline { date state position team { name } } } }`;
  const variables = { leagueKey, playerId: only.id, start, end, environment };
  const { playerUsage: usage } = await ctx.api.ask<{ playerUsage: Usage | null }>(query, variables);
  if (!usage) throw new CliError(`${leagueKey} never had ${only.name}`, { code: "NOT_FOUND" });
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
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: { usage } });
  return EXIT.ok;
}

/** Days in a row that are alike, as one row. */
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
