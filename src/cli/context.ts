import { addDays, isDate, rangeFault } from "../calendar.ts";
import type { Environment } from "../db/tables/values.ts";
import { attributionOf, calendarOf } from "../source/leagueKey.ts";
import { type Api, local, remote } from "./api.ts";
import { type Io, usage } from "./io.ts";
import { type Cell, details, plain, table } from "./text.ts";

/** Options that every command has. */
export type Common = {
  url?: string;
  token?: string;
  env: Environment;
  league?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
};

/** What a command works with. */
export type Context = {
  io: Io;
  api: Api;
  options: Common;
  /** Today, in the league's calendar. */
  today: string;
  /** What a printed command needs besides, to reach the same: never the token itself. */
  hint: string;
  /** Words for people, on standard output; nothing with --json or --quiet. */
  say(text: string): Promise<void>;
  /** A table for people. */
  show(headings: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void>;
  /** What is known of one thing, under its name. */
  details(title: string, rows: readonly (readonly [string, Cell])[]): Promise<void>;
  /** A line for programs; nothing without --json. */
  emit(line: Record<string, unknown>): Promise<void>;
};

/** Says what the source of a league wants to stand wherever its data is shown. */
export async function attribute(ctx: Context, leagueKey: string): Promise<void> {
  const attribution = attributionOf(leagueKey);
  if (attribution !== null) await ctx.say(`\n${attribution}`);
}

/** Opens the ledger that the options name. */
export async function open(io: Io, options: Common): Promise<Context> {
  for (const name of ["url", "league", "token"] as const) {
    if (options[name]?.trim() === "") throw usage(`--${name} is empty: leave it out, or say which`);
  }
  const url = options.url ?? (io.env.LINEUPS_URL || undefined);
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
    today: calendarOf(options.league ?? (io.env.LINEUPS_LEAGUE || "")).dateAt(io.clock.now()),
    say,
    show: (headings, rows) => write(table(headings, rows, io.hasColor)),
    details: (title, rows) => write(details(title, rows, io.hasColor)),
    emit: async (line) => void (options.json && (await io.out(`${JSON.stringify(line)}\n`))),
  };
}

/** The date that somebody means: YYYY-MM-DD, `today`, `yesterday`, or `7d` for seven days ago. */
export function dateOf(text: string, today: string): string {
  if (isDate(text)) return text;
  const back =
    text === "today" ? 0 : text === "yesterday" ? 1 : /^\d{1,4}d$/.test(text) ? Number.parseInt(text, 10) : null;
  if (back !== null) return addDays(today, -back);
  throw usage(`${JSON.stringify(text)} is not a date; allowed: YYYY-MM-DD, today, yesterday, or 7d for seven days ago`);
}

/** The league that is meant: --league, LINEUPS_LEAGUE, or the only one in the ledger beside the demo league. */
export async function leagueOf({ api, io, options }: Context): Promise<string> {
  const given = options.league ?? io.env.LINEUPS_LEAGUE;
  if (given) return given;
  type Known = { leagues: { key: string; source: string }[] } & Record<"production" | "test", { totalCount: number }>;
  const demoJobs = (environment: Environment) =>
    `jobs(environment: ${environment}, leagueKey: "demo.l.1", first: 1) { totalCount }`;
  const known = await api.ask<Known>(
    `{ leagues { key source } production: ${demoJobs("PRODUCTION")} test: ${demoJobs("TEST")} }`,
  );
  const own = known.leagues.filter(({ source }) => source !== "DEMO");
  // The demo league is known from the first start, and meant only by somebody who has collected it.
  const isDemoMeant = own.length === 0 && known.production.totalCount + known.test.totalCount > 0;
  const leagues = isDemoMeant ? known.leagues : own;
  const [only, another] = leagues;
  if (only && !another) return only.key;
  throw usage(
    only
      ? `The ledger has ${leagues.length} leagues: say which with --league, or LINEUPS_LEAGUE: ${leagues.map(({ key }) => key).join(", ")}`
      : "The ledger has no league yet: say which with --league, as --league demo.l.1 or --league 458.l.6966",
  );
}

/** The season of a league that the ledger knows. */
export async function seasonOf(
  ctx: Context,
): Promise<{ key: string; name: string; startDate: string; endDate: string }> {
  const key = await leagueOf(ctx);
  const { league } = await ctx.api.ask<{
    league: { key: string; name: string; startDate: string; endDate: string } | null;
  }>("query ($key: String!) { league(key: $key) { key name startDate endDate } }", { key });
  if (league) return league;
  throw usage(
    `The ledger does not know the league ${key} yet; \`lineups leagues list\` shows those it knows, \`lineups collect\` adds one`,
  );
}

/** The range that is meant: what is given, else the season so far. */
export async function rangeOf(
  ctx: Context,
  { start, end }: { start?: string; end?: string },
): Promise<{ leagueKey: string; name: string; start: string; end: string }> {
  const season = await seasonOf(ctx);
  const last = season.endDate < ctx.today ? season.endDate : ctx.today;
  const range = {
    start: start === undefined ? season.startDate : dateOf(start, ctx.today),
    end: end === undefined ? last : dateOf(end, ctx.today),
  };
  const fault = rangeFault(range);
  if (fault !== null) throw usage(`--${fault}`);
  return { leagueKey: season.key, name: season.name, ...range };
}
