import type { Command } from "commander";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group } from "./options.ts";

/** leagues list and show. */
export function leagueCommands(program: Command, does: CommandFactory): void {
  const leagues = group(program, "leagues", "Look at the leagues that were collected");
  command(leagues, "list", "All of them, by name")
    .addHelpText("after", "\nExamples:\n  lineups leagues list\n")
    .action(does(list));
  command(leagues, "show", "One of them: its teams, and how well its season is known")
    .argument("<key>", "its key, as 458.l.6966")
    .addHelpText("after", "\nExamples:\n  lineups leagues show demo.l.1\n")
    .action(does(show));
}

type League = {
  key: string;
  name: string;
  source: string;
  sport: string;
  season: number;
  startDate: string;
  endDate: string;
};
type LeagueAndAll = League & {
  previousSeasonKey: string | null;
  teams: { key: string; name: string }[];
  coverage: { percent: number; counts: { state: string; dates: number }[]; missingDates: string[] };
};

const FIELDS = "key name source sport season startDate endDate";

async function list(ctx: Context): Promise<Exit> {
  const { leagues } = await ctx.api.ask<{ leagues: League[] }>(`{ leagues { ${FIELDS} } }`);
  await ctx.show(
    ["League", "Name", "Source", "Sport", "Season", "From", "To"],
    leagues.map((l) => [l.key, l.name, l.source, l.sport, l.season, l.startDate, l.endDate]),
  );
  await ctx.say(plural(leagues.length, "league"));
  await ctx.emit({ result: leagues });
  return EXIT.ok;
}

async function show(ctx: Context, _: unknown, key: string): Promise<Exit> {
  const query = `query ($key: String!, $environment: Environment!) { league(key: $key) { ${FIELDS} previousSeasonKey teams { key name }
    coverage(environment: $environment) { percent counts { state dates } missingDates } } }`;
  const { league } = await ctx.api.ask<{ league: LeagueAndAll | null }>(query, { key, environment: ctx.options.env });
  if (!league)
    throw new CliError(`The ledger does not know the league ${key}; \`lineups leagues list\` shows those it knows`, {
      code: "NOT_FOUND",
    });
  const { coverage } = league;
  await ctx.details(`${league.name}, ${league.key}`, [
    ["Source", `${league.source}, ${league.sport}`],
    ["Season", `${league.season}, ${league.startDate} to ${league.endDate}`],
    ["Season before", league.previousSeasonKey ?? "none"],
    ["Known", `${coverage.percent.toFixed(1)} % of the dates that are due`],
    ["Dates", coverage.counts.map(({ state, dates }) => `${dates} ${state}`).join(", ")],
  ]);
  await ctx.say("\n");
  await ctx.show(
    ["Team", "Name"],
    league.teams.map((team) => [team.key, team.name]),
  );
  await ctx.emit({ result: league });
  return EXIT.ok;
}
