import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { duration } from "./text.ts";

/** A dry run shows these fields of its plan. */
export const PLAN = `{ datesToCollect requests estimatedSeconds dates { date action state reason } }`;

export type Plan = {
  datesToCollect: number;
  requests: number;
  estimatedSeconds: number;
  dates: { date: string; action: string; state: string; reason: string }[];
};

/** Prints a plan. Consecutive dates with the same action and reason share a row. */
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
  await ctx.say(`${what}: ${plural(datesToCollect, "date")} to collect, ${plural(requests, "request")}${time}`);
  await ctx.show(
    ["From", "To", "Days", "Action", "State", "Reason"],
    runs.map((run) => [run.start, run.end, run.days, run.action, run.state, run.reason]),
  );
}
