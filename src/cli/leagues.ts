import type { Command } from "commander";
import { addDays } from "../calendar.ts";
import type { MyLeague, MyLeaguesFault } from "../source/yahoo/myLeagues.ts";
import { plural } from "../text.ts";
import { askOfLeague, attribute, type Context } from "./context.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group, years } from "./options.ts";

/** Adds `leagues list`, `show`, `mine`, `add` and `remove`. */
export function leagueCommands(program: Command, does: CommandFactory): void {
  const leagues = group(program, "leagues", "Show, add and remove leagues");
  command(leagues, "list", "List all leagues, by name")
    .addHelpText("after", "\nExamples:\n  lineups leagues list\n")
    .action(does(list));
  command(leagues, "show", "Show a league: its teams, and how much of its season is known")
    .argument("<key>", "league key, such as 458.l.6966")
    .addHelpText("after", "\nExamples:\n  lineups leagues show demo.l.1\n")
    .action(does(show));
  command(leagues, "mine", "List the leagues of your Yahoo account; first log in with `login yahoo`")
    .option("--seasons <years>", "years, such as 2025,2024 (default: this year and the previous one)", years)
    .addHelpText("after", "\nExamples:\n  lineups leagues mine\n")
    .action(does(mine));
  command(leagues, "add", "Add a league to the list without collecting it")
    .argument("<key>", "league key, or the address of the league's page")
    .addHelpText("after", "\nExamples:\n  lineups leagues add espn.flb.2025.12345\n")
    .action(does(add));
  command(leagues, "remove", "Remove a league from the list; collected data is kept")
    .argument("<key>", "league key")
    .addHelpText("after", "\nExamples:\n  lineups leagues remove 458.l.6966\n")
    .action(does(remove));
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
  const query = `query ($key: String!, $environment: Environment!) { league(key: $key) { ${FIELDS} attribution previousSeasonKey teams { key name }
    coverage(environment: $environment) { percent counts { state dates } missingDates } } }`;
  const { league } = await askOfLeague<{ league: LeagueAndAll | null }>(ctx, query, {
    key,
    environment: ctx.options.env,
  });
  if (!league)
    throw new CliError(`The ledger has no record of league ${key} from its source yet`, { code: "NOT_FOUND" });
  const { coverage } = league;
  await ctx.details(`${league.name}, ${league.key}`, [
    ["Source", `${league.source}, ${league.sport}`],
    ["Season", `${league.season}, ${league.startDate} to ${league.endDate}`],
    ["Previous season", league.previousSeasonKey ?? "none"],
    ["Known", `${coverage.percent.toFixed(1)} % of the dates that are due`],
    ["Dates", coverage.counts.map(({ state, dates }) => `${dates} ${state}`).join(", ")],
  ]);
  await ctx.say("\n");
  await ctx.show(
    ["Team", "Name"],
    league.teams.map((team) => [team.key, team.name]),
  );
  await attribute(ctx, league.key);
  await ctx.emit({ result: league });
  return EXIT.ok;
}

type Mine = { leagues: MyLeague[]; faults: MyLeaguesFault[] };

async function mine(ctx: Context, { seasons }: { seasons?: number[] }): Promise<Exit> {
  const { myLeagues } = await ctx.api.ask<{ myLeagues: Mine }>(
    "query ($seasons: [Int!]) { myLeagues(seasons: $seasons) { leagues { key name sport season teams startDate endDate } faults { sport season code message } } }",
    { seasons: seasons ?? null },
  );
  await ctx.show(
    ["League", "Name", "Sport", "Season", "Teams", "From", "To"],
    myLeagues.leagues.map((l) => [l.key, l.name, l.sport, l.season, l.teams, l.startDate, l.endDate]),
  );
  await ctx.say(plural(myLeagues.leagues.length, "league"));
  for (const { sport, season, message } of myLeagues.faults) await ctx.say(`${sport} of ${season}: ${message}`);
  await ctx.emit({ result: myLeagues });
  return myLeagues.faults.length > 0 ? EXIT.partly : EXIT.ok;
}

async function add(ctx: Context, _: unknown, key: string): Promise<Exit> {
  const { addLeague } = await ctx.api.ask<{ addLeague: League }>(
    `mutation ($key: String!) { addLeague(key: $key) { ${FIELDS} } }`,
    { key },
  );
  await ctx.say(
    `${addLeague.name}, ${addLeague.key}, season of ${addLeague.season}: ${addLeague.startDate} to ${addLeague.endDate}`,
  );
  const { key: league, startDate, endDate } = addLeague;
  const week = addDays(endDate, -6) < startDate ? startDate : addDays(endDate, -6);
  const range = endDate < ctx.today ? `--start ${week} --end ${endDate}` : "--start 7d";
  await ctx.say(
    startDate > ctx.today
      ? `The season of the league begins on ${startDate}`
      : `Collect the league with: npx lineups collect --league ${league} ${range}${ctx.hint}`,
  );
  await ctx.emit({ result: addLeague });
  return EXIT.ok;
}

async function remove(ctx: Context, _: unknown, key: string): Promise<Exit> {
  const { removeLeague } = await ctx.api.ask<{ removeLeague: League }>(
    `mutation ($key: String!) { removeLeague(key: $key) { ${FIELDS} } }`,
    { key },
  );
  await ctx.say(`${removeLeague.name}, ${removeLeague.key}, is removed from the list; collected data is kept`);
  await ctx.emit({ result: removeLeague });
  return EXIT.ok;
}
