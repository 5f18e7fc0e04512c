import type { Command } from "commander";
import { type Context, leagueOf } from "./context.ts";
import { type FollowOptions, stayWith } from "./follow.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { followed } from "./jobOptions.ts";
import { type CommandFactory, command, concurrency, wholeNumber, years } from "./options.ts";
import { PLAN, type Plan, tellPlan } from "./plan.ts";
import { plain } from "./text.ts";

type BackfillOptions = FollowOptions & {
  season?: number;
  seasons?: number[];
  allSeasons?: boolean;
  concurrency?: number;
  workers?: number;
  dryRun?: boolean;
};

/** Adds `backfill`. */
export function backfillCommand(program: Command, does: CommandFactory): void {
  followed(command(program, "backfill", "Collect the missing dates of whole seasons, one job per season"))
    .option("--season <year>", "year of the season (default: the season of the league key)", wholeNumber(1990, 2100))
    .option("--seasons <years>", "several years, such as 2023,2024", years)
    .option("--all-seasons", "every season that the source links to the league")
    .option("--concurrency <n>", "concurrent requests, 1 to 4 (default: CONCURRENCY)", concurrency)
    .option("--workers <n>", "same as --concurrency; the name in the Python tools", concurrency)
    .option("--dry-run", "show what would be done, and do nothing")
    .addHelpText("after", EXAMPLES.backfill)
    .action(does(backfill));
}

/** Adds `demo`. */
export function demoCommand(program: Command, does: CommandFactory): void {
  followed(command(program, "demo", "Collect the demo league's season so far, without an account or a network"))
    .addHelpText("after", EXAMPLES.demo)
    .action(does(demo));
}

const BACKFILL = `mutation ($input: StartBackfillInput!) { startBackfill(input: $input) { created jobs { id } refused { leagueKey code message } } }`;

async function backfill(ctx: Context, options: BackfillOptions): Promise<Exit> {
  const given = (["season", "seasons", "allSeasons"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) throw usage("Cannot combine --season, --seasons and --all-seasons: give only one of them");
  const input = {
    leagueKey: await leagueOf(ctx),
    environment: ctx.options.env,
    seasons: options.seasons ?? (options.season === undefined ? null : [options.season]),
    allSeasons: options.allSeasons ?? false,
    concurrency: options.concurrency ?? options.workers ?? null,
    idempotencyKey: options.key ?? null,
  };
  if (options.dryRun) {
    const query = `query ($input: StartBackfillInput!) { backfillPlan(input: $input) { seasons { leagueKey season start end plan ${PLAN} }
      refused { leagueKey code message } } }`;
    type SeasonPlan = { leagueKey: string; season: number; plan: Plan };
    type BackfillPlan = { seasons: SeasonPlan[]; refused: { message: string }[] };
    const { backfillPlan } = await ctx.api.ask<{ backfillPlan: BackfillPlan }>(query, { input });
    for (const { leagueKey, season, plan } of backfillPlan.seasons)
      await tellPlan(ctx, `${leagueKey}, season of ${season}`, plan);
    for (const { message } of backfillPlan.refused) await ctx.say(plain(message));
    await ctx.emit({ result: backfillPlan });
    return backfillPlan.refused.length > 0 ? EXIT.partly : EXIT.ok;
  }
  type Started = { jobs: { id: string }[]; refused: { leagueKey: string; code: string; message: string }[] };
  let refused: Started["refused"] = [];
  const begin = async () => {
    const { startBackfill } = await ctx.api.ask<{ startBackfill: Started }>(BACKFILL, { input });
    refused = startBackfill.refused;
    for (const { code, message } of refused) ctx.io.err(`${code}: ${plain(message)}. The other seasons continue\n`);
    return { ids: startBackfill.jobs.map(({ id }) => id) };
  };
  const exit = await stayWith(ctx, begin, options);
  return exit === EXIT.ok && refused.length > 0 ? EXIT.partly : exit;
}

async function demo(ctx: Context, options: FollowOptions): Promise<Exit> {
  const exit = await backfill({ ...ctx, options: { ...ctx.options, league: "demo.l.1" } }, options);
  if (exit === EXIT.ok && !options.detach)
    await ctx.say(`See a lineup with: npx lineups lineup 1 yesterday --league demo.l.1${ctx.hint}`);
  return exit;
}

const EXAMPLES = {
  backfill: `
Examples:
  lineups backfill --league demo.l.1
  lineups backfill --league demo.l.1 --all-seasons --dry-run
`,
  demo: `
Examples:
  lineups demo
`,
};
