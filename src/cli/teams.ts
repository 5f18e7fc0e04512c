import type { Command } from "commander";
import { plural } from "../text.ts";
import { attribute, type Context, rangeOf } from "./context.ts";
import { teamOf } from "./find.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated } from "./options.ts";
import type { Cell } from "./text.ts";

/** Adds `team` and `summary`. */
export function teamCommands(program: Command, does: CommandFactory): void {
  const slot = "only these slots, comma-separated, such as C or BN,IL";
  dated(
    command(
      program,
      "team",
      "Show a team's season by slot: which player was in each slot, when, and how many days he was healthy or injured",
    ),
  )
    .argument("<team>", "its key, its number in the league, or a part of its name")
    .option("--slot <slots>", slot, (text: string) =>
      text
        .toUpperCase()
        .split(",")
        .map((each) => each.trim()),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  lineups team 3 --start 7d --league demo.l.1\n  lineups team 3 --slot BN --start 7d --league demo.l.1\n  lineups team 3 --slot IL --league demo.l.1\n",
    )
    .action(does(team));
  dated(
    command(
      program,
      "summary",
      "Show the numbers of lineup changes, players and moves, for one team or for every team",
    ),
  )
    .argument("[team]", "its key, its number in the league, or a part of its name (default: all teams)")
    .option("--by-date", "show each date of the league in numbers instead")
    .addHelpText(
      "after",
      "\nExamples:\n  lineups summary --league demo.l.1\n  lineups summary 3 --start 3w --league demo.l.1\n  lineups summary --by-date --start 7d --league demo.l.1\n",
    )
    .action(does(summary));
}

type Stretch = {
  start: string;
  end: string;
  days: number;
  state: "FILLED" | "EMPTY" | "UNKNOWN";
  player: { id: string; name: string } | null;
  daysHealthy: number;
  daysInjured: number;
  daysNotSeen: number;
};
type Row = { position: string; number: number; use: string; stretches: Stretch[] };
type Grid = { team: { key: string; name: string }; start: string; end: string; rows: Row[] };

const GRID = `query ($teamKey: String!, $start: Date!, $end: Date!, $environment: Environment!) {
  teamGrid(teamKey: $teamKey, start: $start, end: $end, environment: $environment) { team { key name } start end
    rows { position number use stretches { start end days state player { id: sourceId name } daysHealthy daysInjured daysNotSeen } } } }`;

async function team(ctx: Context, { slot, ...given }: DateOptions & { slot?: string[] }, which: string): Promise<Exit> {
  const { leagueKey, name: _, ...range } = await rangeOf(ctx, given);
  const variables = { teamKey: await teamOf(ctx, which), ...range, environment: ctx.options.env };
  const { teamGrid } = await ctx.api.ask<{ teamGrid: Grid }>(GRID, variables);
  const known = [...new Set(teamGrid.rows.map(({ position }) => position))];
  const isWanted = ({ position }: Row) => !slot || slot.includes(position.toUpperCase());
  const rows = teamGrid.rows.filter(isWanted);
  if (rows.length === 0)
    throw usage(`--slot is ${JSON.stringify(slot?.join(",") ?? "")}; allowed: ${known.join(", ") || "none yet"}`);
  // Show an empty slot only if it is a starting slot.
  const told = [...Map.groupBy(rows, ({ position }) => position).values()].flatMap((same) =>
    same
      .flatMap(({ position, use, stretches }) =>
        stretches.filter(({ state }) => state !== "EMPTY" || use === "STARTED").map((each) => ({ position, ...each })),
      )
      .toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)),
  );
  await ctx.say(`${teamGrid.team.name} (${teamGrid.team.key}), ${range.start} to ${range.end}`);
  await ctx.show(
    ["Slot", "Player", "From", "To", "Days", "Healthy", "Injured", "Not seen"],
    told.map(({ position, player, state, ...each }) => [
      position,
      player?.name ?? (state === "EMPTY" ? "(nobody)" : "(not collected)"),
      each.start,
      each.end,
      each.days,
      ...(player ? [each.daysHealthy, each.daysInjured, each.daysNotSeen] : [null, null, null]),
    ]),
  );
  await ctx.say(
    "A day counts as healthy or injured only if the source showed the player's status on that day itself. " +
      "A day that was collected only after it had ended counts as not seen, because the source keeps no history of a player's status",
  );
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: { ...teamGrid, rows } });
  return EXIT.ok;
}

type Summary = {
  team: { key: string; name: string };
  daysCollected: number;
  distinctLineups: number;
  lineupChanges: number;
  playersUsed: number;
  playersAdded: number;
  playersDropped: number;
  playersHeldUnderAWeek: number;
  benchDaysByPosition: { position: string; days: number }[];
};
const HABITS = `team { key name } daysCollected distinctLineups lineupChanges playersUsed playersAdded playersDropped playersHeldUnderAWeek
  benchDaysByPosition { position days }`;

async function summary(
  ctx: Context,
  { byDate, ...given }: DateOptions & { byDate?: true },
  which?: string,
): Promise<Exit> {
  const { leagueKey, name, ...range } = await rangeOf(ctx, given);
  const scope = { ...range, environment: ctx.options.env };
  if (byDate) {
    if (which !== undefined) throw usage("Cannot combine --by-date with a team: --by-date shows the whole league");
    return dates(ctx, { leagueKey, name, scope });
  }
  if (which !== undefined) return one(ctx, { teamKey: await teamOf(ctx, which), leagueKey, scope });
  const query = `query ($leagueKey: String!, $start: Date!, $end: Date!, $environment: Environment!) {
    teamSummaries(leagueKey: $leagueKey, start: $start, end: $end, environment: $environment) { ${HABITS} } }`;
  const { teamSummaries } = await ctx.api.ask<{ teamSummaries: Summary[] }>(query, { leagueKey, ...scope });
  await ctx.show(
    ["Team", "Days", "Changed", "Used", "Added", "Dropped", "Under a week"],
    teamSummaries.map((s) => [
      s.team.name,
      s.daysCollected,
      s.lineupChanges,
      s.playersUsed,
      s.playersAdded,
      s.playersDropped,
      s.playersHeldUnderAWeek,
    ]),
  );
  await ctx.say(`${name}, ${scope.start} to ${scope.end}: ${plural(teamSummaries.length, "team")}`);
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: teamSummaries });
  return EXIT.ok;
}

type Scope = { start: string; end: string; environment: string };

async function one(
  ctx: Context,
  { teamKey, leagueKey, scope }: { teamKey: string; leagueKey: string; scope: Scope },
): Promise<Exit> {
  const query = `query ($teamKey: String!, $start: Date!, $end: Date!, $environment: Environment!) {
    teamSummary(teamKey: $teamKey, start: $start, end: $end, environment: $environment) { ${HABITS} } }`;
  const { teamSummary: s } = await ctx.api.ask<{ teamSummary: Summary }>(query, { teamKey, ...scope });
  await ctx.details(`${s.team.name} (${s.team.key})`, [
    ["Dates", `${scope.start} to ${scope.end}, ${plural(s.daysCollected, "day")} collected`],
    [
      "Lineups",
      `${s.distinctLineups} different ones; changed from the day before on ${plural(s.lineupChanges, "day")}`,
    ],
    ["Players", `${s.playersUsed} used, ${s.playersHeldUnderAWeek} of them for less than a week`],
    ["Moves", `${s.playersAdded} added, ${s.playersDropped} dropped`],
    ["Benched", s.benchDaysByPosition.map(({ position, days }) => `${position} ${days}`).join(", ")],
  ]);
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: s });
  return EXIT.ok;
}

type Day = {
  date: string;
  teams: number;
  players: number;
  started: number;
  benched: number;
  inactive: number;
  provisional: boolean;
};

async function dates(
  ctx: Context,
  { leagueKey, name, scope }: { leagueKey: string; name: string; scope: Scope },
): Promise<Exit> {
  const query = `query ($leagueKey: String!, $start: Date!, $end: Date!, $environment: Environment!) {
    dailySummaries(leagueKey: $leagueKey, start: $start, end: $end, environment: $environment) {
      date teams players started benched inactive provisional byPosition { position days } } }`;
  const { dailySummaries } = await ctx.api.ask<{ dailySummaries: Day[] }>(query, { leagueKey, ...scope });
  await ctx.show(
    ["Date", "Teams", "Players", "Started", "Benched", "Inactive", ""],
    dailySummaries.map((d): Cell[] => [
      d.date,
      d.teams,
      d.players,
      d.started,
      d.benched,
      d.inactive,
      d.provisional ? "provisional" : "",
    ]),
  );
  await ctx.say(`${name}, ${scope.start} to ${scope.end}: ${plural(dailySummaries.length, "date")} collected`);
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: dailySummaries });
  return EXIT.ok;
}
