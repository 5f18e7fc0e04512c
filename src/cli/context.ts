import { rangeFault } from "../calendar.ts";
import type { Environment } from "../db/tables/values.ts";
import { attributionOf, calendarOf } from "../source/leagueKey.ts";
import { plural } from "../text.ts";
import { type Api, local, remote } from "./api.ts";
import { dateOf, OPENING_DAY } from "./dates.ts";
import { CliError, EXIT, type Io, usage } from "./io.ts";
import { readSettings } from "./settings.ts";
import { type Cell, details, plain, table } from "./text.ts";

/** Options that every command has. */
type Common = {
  url?: string;
  token?: string;
  env: Environment;
  league?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
};

/** The common options as the user typed them. An option that is left out may be set by an environment variable or in the settings. */
export type Given = Omit<Common, "env"> & { env?: string };

/** The ledger, the options and the output functions that a command works with. */
export type Context = {
  io: Io;
  api: Api;
  options: Common;
  /** The league to use without --league: LINEUPS_LEAGUE, or the league of `config set league`. */
  defaultLeague: string | undefined;
  /** Today, in the league's calendar. */
  today: string;
  /** Options that a printed command needs to reach the same ledger. The token itself is never included. */
  hint: string;
  /** Prints text on standard output, for people to read; prints nothing with --json or --quiet. */
  say(text: string): Promise<void>;
  /** Prints a table for people. */
  show(headings: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void>;
  /** Prints a title, and the facts about one thing below the title. */
  details(title: string, rows: readonly (readonly [string, Cell])[]): Promise<void>;
  /** Prints a line for programs to read; prints nothing without --json. */
  emit(line: Record<string, unknown>): Promise<void>;
};

/** Prints the attribution that a source requires beside the data of a league. */
export async function attribute(ctx: Context, leagueKey: string): Promise<void> {
  const attribution = attributionOf(leagueKey);
  if (attribution !== null) await ctx.say(`\n${attribution}`);
}

/** Opens the ledger that the options name, and returns the command's context. */
export async function open(io: Io, given: Given): Promise<Context> {
  for (const name of ["url", "league", "token"] as const) {
    if (given[name]?.trim() === "") throw usage(`--${name} is empty. Give it a value, or leave it out`);
  }
  const settings = await readSettings(io.env);
  const options: Common = { ...given, env: (given.env ?? settings.env) === "test" ? "TEST" : "PRODUCTION" };
  const url = options.url ?? (io.env.LINEUPS_URL || settings.url);
  const defaultLeague = io.env.LINEUPS_LEAGUE || settings.league;
  const api = url
    ? remote(url, options.token ?? (io.env.LINEUPS_TOKEN || undefined))
    : await local(io, options.verbose === true);
  const isForPeople = !options.json && !options.quiet;
  const write = async (text: string) =>
    void (isForPeople && text && (await io.out(text.endsWith("\n") ? text : `${text}\n`)));
  const say = (text: string) => write(text.split("\n").map(plain).join("\n"));
  return {
    io,
    api,
    options,
    hint: [
      options.env === "TEST" ? " --env test" : "",
      options.url ? ` --url ${options.url}` : "",
      options.token ? " --token …" : "",
    ].join(""),
    defaultLeague,
    today: calendarOf(options.league ?? defaultLeague ?? "").dateAt(io.clock.now()),
    say,
    show: (headings, rows) => write(table(headings, rows, { isBold: io.hasColor, width: io.width() })),
    details: (title, rows) => write(details(title, rows, { isBold: io.hasColor, width: io.width() })),
    emit: async (line) => void (options.json && (await io.out(`${JSON.stringify(line)}\n`))),
  };
}

/** Returns the date that a text names in one of `DATE_FORMS`. Throws a usage error if the text names no date. */
export async function dateIn(ctx: Context, text: string): Promise<string> {
  return text.trim().toLowerCase() === OPENING_DAY ? (await seasonOf(ctx)).startDate : dateOf(text, ctx.today);
}

/** Returns the key of the league to use: --league, the default, or the only league in the ledger besides the demo league. */
export async function leagueOf({ api, options, defaultLeague }: Context): Promise<string> {
  const given = options.league ?? defaultLeague;
  if (given) return given;
  type Known = { leagues: { key: string; source: string; production: Jobs; test: Jobs }[] };
  type Jobs = { nodes: unknown[] };
  const jobs = (environment: Environment) => `jobs(environment: ${environment}, first: 1) { nodes { id } }`;
  const known = await api.ask<Known>(
    `{ leagues { key source production: ${jobs("PRODUCTION")} test: ${jobs("TEST")} } }`,
  );
  const own = known.leagues.filter(({ source }) => source !== "DEMO");
  // The demo league is stored at the first start. The demo league is chosen by default only after somebody has collected it.
  const isDemoMeant =
    own.length === 0 && known.leagues.some(({ production, test }) => production.nodes.length + test.nodes.length > 0);
  const leagues = isDemoMeant ? known.leagues : own;
  const [only, another] = leagues;
  if (only && !another) return only.key;
  throw usage(
    only
      ? `The ledger has ${leagues.length} leagues. Choose a league with --league or LINEUPS_LEAGUE: ${leagues.map(({ key }) => key).join(", ")}`
      : "The ledger has no league yet. Name a league, such as --league demo.l.1 or --league 458.l.6966",
  );
}

/** Returns the season of the league to use. Throws a usage error when the ledger does not know the league. */
export async function seasonOf(
  ctx: Context,
): Promise<{ key: string; name: string; startDate: string; endDate: string }> {
  const key = await leagueOf(ctx);
  const { league } = await askOfLeague<{
    league: { key: string; name: string; startDate: string; endDate: string } | null;
  }>(ctx, "query ($key: String!) { league(key: $key) { key name startDate endDate } }", { key });
  if (league) return league;
  throw unknownLeague(key);
}

/** Sends a query about a league. When the ledger does not know the league, throws a usage error that says what to do. */
export async function askOfLeague<T>(
  ctx: Context,
  query: string,
  variables: { key: string } & Record<string, unknown>,
): Promise<T> {
  try {
    return await ctx.api.ask<T>(query, variables);
  } catch (error) {
    if (error instanceof CliError && error.code === "NOT_FOUND") throw unknownLeague(variables.key);
    throw error;
  }
}

const unknownLeague = (key: string): CliError =>
  new CliError(
    `The ledger does not know league ${key} yet. \`lineups leagues list\` shows the ledger's leagues; \`lineups collect\` adds a league`,
    { exit: EXIT.usage, code: "NOT_FOUND" },
  );

/** Prints how many dates of a range are missing or incomplete, because a table of results does not show them. */
export async function tellUnknown(
  ctx: Context,
  { leagueKey, start, end }: { leagueKey: string; start: string; end: string },
): Promise<void> {
  const query = `query ($key: String!, $start: Date!, $end: Date!, $environment: Environment!) { league(key: $key) {
    coverage(start: $start, end: $end, environment: $environment) { missingDates } } }`;
  const { league } = await askOfLeague<{ league: { coverage: { missingDates: string[] } } | null }>(ctx, query, {
    key: leagueKey,
    start,
    end,
    environment: ctx.options.env,
  });
  const dates = league?.coverage.missingDates ?? [];
  if (dates.length > 0)
    await ctx.say(
      `Missing or incomplete: ${plural(dates.length, "date")}. \`lineups missing --start ${start} --end ${end}${ctx.hint}\` shows why dates are missing or incomplete`,
    );
}

/** Returns the league and the range of dates to use. A missing start or end is taken from the season so far. */
export async function rangeOf(
  ctx: Context,
  { start, end }: { start?: string; end?: string },
): Promise<{ leagueKey: string; name: string; start: string; end: string }> {
  const season = await seasonOf(ctx);
  const last = season.endDate < ctx.today ? season.endDate : ctx.today;
  const inSeason = async (text: string) =>
    text.trim().toLowerCase() === OPENING_DAY ? season.startDate : dateOf(text, ctx.today);
  const range = {
    start: start === undefined ? season.startDate : await inSeason(start),
    end: end === undefined ? last : await inSeason(end),
  };
  const fault = rangeFault(range);
  if (fault !== null) throw usage(`--${fault}`);
  return { leagueKey: season.key, name: season.name, ...range };
}
