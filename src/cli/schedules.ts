import { type Command, Option } from "commander";
import { plural } from "../text.ts";
import { type Context, leagueOf } from "./context.ts";
import { namedOrThrow } from "./find.ts";
import { stayWith } from "./follow.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { type CommandFactory, command, firstOption, group, wholeNumber } from "./options.ts";
import { idCell, instant, instantCell } from "./text.ts";

type AddOptions = {
  name?: string;
  verify?: boolean;
  mend?: boolean;
  timezone: string;
  days: number;
  disabled?: boolean;
  overlap: string;
  catchUp: string;
};

/** Adds `schedules list`, `add`, `enable`, `disable`, `remove`, `run` and `decisions`. */
export function scheduleCommands(program: Command, does: CommandFactory): void {
  const schedules = group(program, "schedules", "Show and edit schedules");
  command(schedules, "list", "List schedules and their next runs")
    .addHelpText("after", "\nExamples:\n  lineups schedules list\n")
    .action(does(list));
  command(schedules, "add", "Update or verify a league automatically, at the times of a cron pattern")
    .argument("<cron>", "minute, hour, day of the month, month, day of the week, such as '0 6,13,22 * * *'")
    .option("--name <text>", "name of the schedule (default: the league key)")
    .option("--timezone <zone>", "the pattern's time zone", "America/New_York")
    .option("--days <n>", "days back from the day of the run, 1 to 30", wholeNumber(1, 30), 7)
    .option("--verify", "verify the stored records of the league instead of updating it")
    .option("--mend", "with --verify: mark damaged dates as unknown, so the next update collects them again")
    .option("--disabled", "add the schedule without enabling it")
    .addOption(
      new Option("--overlap <policy>", "what to do while a job is in the way")
        .choices(["skip", "queue"])
        .default("skip"),
    )
    .addOption(
      new Option("--catch-up <policy>", "which missed run to start after a downtime")
        .choices(["latest", "none"])
        .default("latest"),
    )
    .addHelpText("after", "\nExamples:\n  lineups schedules add '0 6,13,22 * * *' --league demo.l.1 --name thrice\n")
    .action(does(add));
  for (const [name, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    command(schedules, name, `${enabled ? "Enable" : "Disable"} a schedule`)
      .argument("<schedule>", "name, id, or the last six digits of the id")
      .addHelpText("after", `\nExamples:\n  lineups schedules ${name} schedule_demo\n`)
      .action(does((ctx: Context, _: unknown, which: string) => enable(ctx, which, enabled)));
  }
  command(schedules, "remove", "Remove a schedule; its jobs continue")
    .argument("<schedule>", "name, id, or the last six digits of the id")
    .addHelpText("after", "\nExamples:\n  lineups schedules remove thrice\n")
    .action(does(remove));
  command(schedules, "run", "Run a schedule now, and follow the job")
    .argument("<schedule>", "name, id, or the last six digits of the id")
    .option("--detach", "leave the work to a running server")
    .option(
      "--max-wait <seconds>",
      "stop following when the source asks for a longer wait",
      wholeNumber(0, 1_000_000),
      900,
    )
    .addHelpText("after", "\nExamples:\n  lineups schedules run schedule_demo\n")
    .action(does(runNow));
  firstOption(command(schedules, "decisions", "Show the decisions about the due times of a schedule, newest first"), 20)
    .argument("<schedule>", "name, id, or the last six digits of the id")
    .addHelpText("after", "\nExamples:\n  lineups schedules decisions schedule_demo\n")
    .action(does(decisions));
}

const FIELDS =
  "id name kind mend leagueKey environment cron timezone lookbackDays enabled overlap catchUp lastRunAt queuedFor nextRuns(first: 3)";
type Schedule = {
  id: string;
  name: string;
  leagueKey: string;
  cron: string;
  timezone: string;
  enabled: boolean;
  lastRunAt: string | null;
  nextRuns: string[];
};

const all = async ({ api, options }: Context): Promise<Schedule[]> =>
  (
    await api.ask<{ schedules: Schedule[] }>(
      `query ($environment: Environment!) { schedules(environment: $environment) { ${FIELDS} } }`,
      {
        environment: options.env,
      },
    )
  ).schedules;

const find = async (ctx: Context, which: string): Promise<Schedule> =>
  namedOrThrow("schedule", { all: await all(ctx), which });

async function list(ctx: Context): Promise<Exit> {
  const schedules = await all(ctx);
  await ctx.show(
    ["Schedule", "Name", "League", "Pattern", "Zone", "Next run", "Last run"],
    schedules.map((s) => [
      idCell(s.id),
      s.name,
      s.leagueKey,
      s.cron,
      s.timezone,
      s.enabled ? instantCell(s.nextRuns[0]) : "disabled",
      instantCell(s.lastRunAt),
    ]),
  );
  await ctx.say(plural(schedules.length, "schedule"));
  await ctx.emit({ result: schedules });
  return EXIT.ok;
}

const told = (s: Schedule) =>
  s.enabled ? `next runs ${s.nextRuns.map(instant).join(", ")}; a running server or worker starts them` : "disabled";

async function add(ctx: Context, options: AddOptions, cron: string): Promise<Exit> {
  if (options.mend && !options.verify)
    throw usage("Cannot use --mend without --verify: only a verification marks damage");
  const leagueKey = await leagueOf(ctx);
  const input = {
    name: options.name ?? leagueKey,
    kind: options.verify ? "VERIFY" : "UPDATE",
    mend: options.mend ?? false,
    leagueKey,
    environment: ctx.options.env,
    cron,
    timezone: options.timezone,
    lookbackDays: options.days,
    enabled: !options.disabled,
    overlap: options.overlap.toUpperCase(),
    catchUp: options.catchUp.toUpperCase(),
  };
  const mutation = `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { ${FIELDS} } } }`;
  const { schedule } = (await ctx.api.ask<{ createSchedule: { schedule: Schedule } }>(mutation, { input }))
    .createSchedule;
  await ctx.say(`${schedule.id}, ${schedule.name}: ${told(schedule)}`);
  await ctx.emit({ result: schedule });
  return EXIT.ok;
}

async function enable(ctx: Context, which: string, enabled: boolean): Promise<Exit> {
  const { id } = await find(ctx, which);
  const mutation = `mutation ($input: UpdateScheduleInput!) { updateSchedule(input: $input) { schedule { ${FIELDS} } } }`;
  const { schedule } = (
    await ctx.api.ask<{ updateSchedule: { schedule: Schedule } }>(mutation, { input: { id, enabled } })
  ).updateSchedule;
  await ctx.say(`${schedule.id}, ${schedule.name}: ${told(schedule)}`);
  await ctx.emit({ result: schedule });
  return EXIT.ok;
}

async function remove(ctx: Context, _: unknown, which: string): Promise<Exit> {
  const { id, name } = await find(ctx, which);
  await ctx.api.ask("mutation ($id: ID!) { deleteSchedule(id: $id) { deletedId } }", { id });
  await ctx.say(`${id}, ${name}, is removed`);
  await ctx.emit({ result: { deletedId: id } });
  return EXIT.ok;
}

async function runNow(
  ctx: Context,
  { detach = false, maxWait }: { detach?: boolean; maxWait: number },
  which: string,
): Promise<Exit> {
  const { id } = await find(ctx, which);
  const mutation = "mutation ($id: ID!) { triggerSchedule(id: $id) { job { id } } }";
  const begin = async () => {
    const { triggerSchedule } = await ctx.api.ask<{ triggerSchedule: { job: { id: string } } }>(mutation, { id });
    return { ids: [triggerSchedule.job.id] };
  };
  return stayWith(ctx, begin, { detach, maxWait });
}

type Decision = {
  scheduledFor: string;
  scheduledUntil: string | null;
  decidedAt: string;
  outcome: string;
  trigger: string;
  jobId: string | null;
  reason: string;
};

async function decisions(ctx: Context, { first }: { first: number }, which: string): Promise<Exit> {
  const { id, name } = await find(ctx, which);
  const query = `query ($id: ID!, $first: Int!) { schedule(id: $id) { decisions(first: $first) { scheduledFor scheduledUntil trigger decidedAt outcome jobId reason } } }`;
  const { schedule } = await ctx.api.ask<{ schedule: { decisions: Decision[] } }>(query, { id, first });
  await ctx.show(
    ["Due", "Decided", "Outcome", "Job", "Reason"],
    schedule.decisions.map((d) => [
      instantCell(d.scheduledFor),
      instantCell(d.decidedAt),
      d.outcome,
      idCell(d.jobId),
      d.reason,
    ]),
  );
  if (schedule.decisions.length === 0) await ctx.say(`${name} has no decisions yet`);
  await ctx.emit({ result: schedule.decisions });
  return EXIT.ok;
}
