import { type Context, leagueOf } from "./context.ts";
import { type Follows, stayWith } from "./follow.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { count, duration } from "./text.ts";

type BackfillOptions = Follows & {
  season?: number;
  seasons?: number[];
  allSeasons?: boolean;
  concurrency?: number;
  workers?: number;
  dryRun?: boolean;
};

const BACKFILL = `mutation ($input: StartBackfillInput!) { startBackfill(input: $input) { created jobs { id } } }`;

/** What a dry run asks for. */
export const PLAN = `{ datesToCollect requests estimatedSeconds dates { date action state reason } }`;

export type Plan = {
  datesToCollect: number;
  requests: number;
  estimatedSeconds: number;
  dates: { date: string; action: string; state: string; reason: string }[];
};

/** `lineups backfill` */
export async function backfill(ctx: Context, options: BackfillOptions): Promise<Exit> {
  const given = (["season", "seasons", "allSeasons"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) throw usage("--season, --seasons and --all-seasons exclude each other: give one of them");
  const input = {
    leagueKey: await leagueOf(ctx),
    environment: ctx.options.env,
    seasons: options.seasons ?? (options.season === undefined ? null : [options.season]),
    allSeasons: options.allSeasons ?? false,
    concurrency: options.concurrency ?? options.workers ?? null,
    idempotencyKey: options.key ?? null,
  };
  if (options.dryRun) {
    const query = `query ($input: StartBackfillInput!) { backfillPlan(input: $input) { leagueKey season start end plan ${PLAN} } }`;
    type SeasonPlan = { leagueKey: string; season: number; plan: Plan };
    const { backfillPlan } = await ctx.api.ask<{ backfillPlan: SeasonPlan[] }>(query, { input });
    for (const { leagueKey, season, plan } of backfillPlan)
      await tellPlan(ctx, `${leagueKey}, season of ${season}`, plan);
    await ctx.emit({ result: backfillPlan });
    return EXIT.ok;
  }
  const begin = async () => {
    const { startBackfill } = await ctx.api.ask<{ startBackfill: { jobs: { id: string }[] } }>(BACKFILL, { input });
    return { ids: startBackfill.jobs.map(({ id }) => id) };
  };
  return stayWith(ctx, begin, options);
}

/** `lineups demo` */
export async function demo(ctx: Context, options: Follows): Promise<Exit> {
  const exit = await backfill({ ...ctx, options: { ...ctx.options, league: "demo.l.1" } }, options);
  if (exit === EXIT.ok && !options.detach)
    await ctx.say(`Look at it: npx lineups lineup 1 yesterday --league demo.l.1${ctx.hint}`);
  return exit;
}

/** What would be done: the dates in runs that are treated alike. */
export async function tellPlan(
  ctx: Context,
  what: string,
  { dates, datesToCollect, requests, estimatedSeconds }: Plan,
): Promise<void> {
  const runs: { start: string; end: string; days: number; action: string; state: string; reason: string }[] = [];
  for (const { date, ...each } of dates) {
    const last = runs.at(-1);
    if (last && last.action === each.action && last.reason === each.reason)
      Object.assign(last, { end: date, days: last.days + 1 });
    else runs.push({ start: date, end: date, days: 1, ...each });
  }
  const time = estimatedSeconds > 0 ? `, about ${duration(estimatedSeconds)}` : "";
  await ctx.say(`${what}: ${count(datesToCollect, "date")} to collect, ${count(requests, "request")}${time}`);
  await ctx.show(
    ["From", "To", "Days", "Action", "State", "Reason"],
    runs.map((run) => [run.start, run.end, run.days, run.action, run.state, run.reason]),
  );
}
