import type { Command } from "commander";
import { addDays, daysBetween } from "../calendar.ts";
import { type Context, dateIn, leagueOf, seasonOf } from "./context.ts";
import { DATE_FORMS } from "./dates.ts";
import { idOf, newestResumable } from "./find.ts";
import { type FollowOptions, stayWith } from "./follow.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { followed } from "./jobOptions.ts";
import { type CommandFactory, command, concurrency, wholeNumber } from "./options.ts";
import { PLAN, type Plan, tellPlan } from "./plan.ts";
import { resume } from "./resume.ts";

type CollectOptions = FollowOptions & {
  start?: string;
  end?: string;
  onlyMissing?: boolean;
  concurrency?: number;
  dryRun?: boolean;
  resume?: string | true;
};
type UpdateOptions = FollowOptions & { days?: number; sinceLast?: boolean; date?: string };

/** Adds `collect` and `update`. */
export function collectCommands(program: Command, does: CommandFactory): void {
  followed(command(program, "collect", "Collect a range of dates, or resume a job"))
    .option("--start <date>", `first date, required without --resume: ${DATE_FORMS}`)
    .option("--end <date>", "last date (default: today)")
    .option("--only-missing", "collect only missing, partial, provisional or failed dates")
    .option("--concurrency <n>", "concurrent requests, 1 to 4 (default: CONCURRENCY)", concurrency)
    .option("--dry-run", "show what would be done, and do nothing")
    .option("--resume [job]", "resume a job (without an id: the newest that is not completed or cancelled)")
    .addHelpText("after", EXAMPLES.collect)
    .action(does(collect));
  followed(
    command(
      program,
      "update",
      "Collect recent dates that are missing or provisional, and recheck the last two final dates",
    ),
  )
    .option("--days <n>", "days back from today, 1 to 30 (default: 7)", wholeNumber(1, 30))
    .option("--since-last", "go back to the last complete date")
    .option("--date <date>", "collect this one date again")
    .addHelpText("after", EXAMPLES.update)
    .action(does(update));
}

const START = `mutation ($input: StartCollectionInput!) { startCollection(input: $input) { created job { id } } }`;
const UPDATE = `mutation ($input: StartUpdateInput!) { startUpdate(input: $input) { created job { id } } }`;

async function collect(ctx: Context, options: CollectOptions): Promise<Exit> {
  if (options.resume !== undefined) {
    const other = (["start", "end", "onlyMissing", "dryRun", "concurrency"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (other)
      throw usage("Cannot combine --resume with dates or settings: a resumed job keeps its dates and settings");
    return resume(ctx, options.resume === true ? await newestResumable(ctx) : await idOf(ctx, options.resume), options);
  }
  if (options.start === undefined)
    throw usage("Cannot collect without a first date: give --start YYYY-MM-DD, or resume a job with --resume");
  const input = {
    leagueKey: await leagueOf(ctx),
    start: await dateIn(ctx, options.start),
    end: await dateIn(ctx, options.end ?? "today"),
    environment: ctx.options.env,
    onlyMissing: options.onlyMissing ?? false,
    concurrency: options.concurrency ?? null,
    idempotencyKey: options.key ?? null,
  };
  if (options.dryRun) {
    const query = `query ($input: StartCollectionInput!) { collectionPlan(input: $input) ${PLAN} }`;
    const { collectionPlan } = await ctx.api.ask<{ collectionPlan: Plan }>(query, { input });
    await tellPlan(ctx, input.leagueKey, collectionPlan);
    await ctx.emit({ result: collectionPlan });
    return EXIT.ok;
  }
  const begin = async () => {
    const { startCollection } = await ctx.api.ask<{ startCollection: Started }>(START, { input });
    return { ids: [startCollection.job.id] };
  };
  return stayWith(ctx, begin, options);
}

type Started = { created: boolean; job: { id: string } };

async function update(ctx: Context, options: UpdateOptions): Promise<Exit> {
  const given = (["days", "sinceLast", "date"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) throw usage("Cannot combine --days, --since-last and --date: give only one of them");
  if (options.date !== undefined) {
    const { date, ...rest } = options;
    return collect(ctx, { ...rest, start: date, end: date });
  }
  const leagueKey = await leagueOf(ctx);
  const lookbackDays = options.sinceLast
    ? await daysSinceLast({ ...ctx, options: { ...ctx.options, league: leagueKey } })
    : options.days;
  const input = {
    leagueKey,
    environment: ctx.options.env,
    lookbackDays: lookbackDays ?? 7,
    idempotencyKey: options.key ?? null,
  };
  const begin = async () => {
    const { startUpdate } = await ctx.api.ask<{ startUpdate: Started }>(UPDATE, { input });
    return { ids: [startUpdate.job.id] };
  };
  return stayWith(ctx, begin, options);
}

/** Returns the number of days since the last complete date, but at least 1. Throws a usage error if the result would be more than 30. */
async function daysSinceLast(ctx: Context): Promise<number> {
  const { key, startDate, endDate } = await seasonOf(ctx);
  const query = `query ($key: String!, $environment: Environment!) { league(key: $key) { coverage(environment: $environment) { ranges { end state } } } }`;
  const { league } = await ctx.api.ask<{ league: { coverage: { ranges: { end: string; state: string }[] } } }>(query, {
    key,
    environment: ctx.options.env,
  });
  const last = league.coverage.ranges.filter(({ state }) => state === "COMPLETE").at(-1)?.end ?? addDays(startDate, -1);
  // If the season's last day is complete, there is nothing newer to collect.
  const days = last >= endDate ? 1 : daysBetween(last, ctx.today) - 1;
  if (days <= 30) return Math.max(1, days);
  throw usage(
    `Cannot update: the last complete date, ${last}, is ${days} days ago, and an update goes back at most 30 days. ` +
      `Use \`lineups backfill --league ${key}${ctx.hint}\``,
  );
}

const EXAMPLES = {
  collect: `
Examples:
  lineups collect --league demo.l.1 --start 7d
  lineups collect --league demo.l.1 --start 30d --end yesterday --only-missing --dry-run
  lineups collect --resume
`,
  update: `
Examples:
  lineups update --league demo.l.1
  lineups update --league demo.l.1 --since-last --quiet
  lineups update --league demo.l.1 --date yesterday
`,
};
