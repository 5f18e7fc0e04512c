import type { Command } from "commander";
import { plural } from "../text.ts";
import { type Context, dateIn } from "./context.ts";
import { idOf } from "./find.ts";
import { type FollowOptions, stayWith } from "./follow.ts";
import { EXIT, type Exit, usage } from "./io.ts";
import { followed } from "./jobOptions.ts";
import { type CommandFactory, command, type DateOptions, dated, wholeNumber } from "./options.ts";

type VerifyOptions = FollowOptions & DateOptions & { mend?: boolean; report?: string; first: number };

/** Adds `verify`. */
export function verifyCommand(program: Command, does: CommandFactory): void {
  followed(
    dated(
      command(
        program,
        "verify",
        "Run a job that counts and hashes every stored record. The exit code is 1 if damage is found, or 3 if --mend marks or repairs all damage",
      ),
    ),
  )
    .option("--mend", "mark damaged dates as unknown, so the next update collects them again")
    .option("--report <job>", "show the report of an earlier verification; `latest` for the newest")
    .option("--first <n>", "how many findings to show, 1 to 1000", wholeNumber(1, 1_000), 20)
    .addHelpText(
      "after",
      "\nWithout --league, every league is verified. Without --start and --end, every stored date is verified.\n\n" +
        "Examples:\n  lineups verify\n  lineups verify --league demo.l.1 --mend\n  lineups verify --report latest\n",
    )
    .action(does(verify));
}

type Report = {
  valid: boolean;
  errors: number;
  warnings: number;
  datesChecked: number;
  teamDaysChecked: number;
  recordsChecked: number;
  findings: {
    severity: string;
    code: string;
    date: string | null;
    teamKey: string | null;
    message: string;
    isDamage: boolean;
    mended: boolean;
  }[];
};
type Verified = { id: string; status: string; leagueKey: string; report: Report | null };

const START = `mutation ($input: StartVerificationInput!) { startVerification(input: $input) { jobs { id } } }`;
const REPORT = `query ($id: ID!, $first: Int!) { job(id: $id) { id status leagueKey report { valid errors warnings datesChecked teamDaysChecked recordsChecked
  findings(first: $first) { severity code date teamKey playerId message isDamage mended } } } }`;
const NEWEST = `query ($environment: Environment!) { jobs(environment: $environment, kind: [VERIFY], first: 1) { nodes { id } } }`;

async function verify(ctx: Context, options: VerifyOptions): Promise<Exit> {
  if (options.report !== undefined) return tell(ctx, [await verificationOf(ctx, options.report)], options.first);
  const dates = await Promise.all(
    [options.start, options.end].map((text) => (text === undefined ? null : dateIn(ctx, text))),
  );
  const input = {
    leagueKey: ctx.options.league ?? ctx.defaultLeague ?? null,
    environment: ctx.options.env,
    start: dates[0],
    end: dates[1],
    mend: options.mend ?? false,
    idempotencyKey: options.key ?? null,
  };
  let ids: string[] = [];
  const begin = async () => {
    const { startVerification } = await ctx.api.ask<{ startVerification: { jobs: { id: string }[] } }>(START, {
      input,
    });
    ids = startVerification.jobs.map(({ id }) => id);
    return { ids };
  };
  const exit = await stayWith(ctx, begin, options);
  return exit === EXIT.ok && !options.detach ? tell(ctx, ids, options.first) : exit;
}

/** Returns the id of the verification to show: the given one, or the newest for "latest". */
async function verificationOf(ctx: Context, given: string): Promise<string> {
  if (given !== "latest") return idOf(ctx, given);
  const { jobs } = await ctx.api.ask<{ jobs: { nodes: { id: string }[] } }>(NEWEST, { environment: ctx.options.env });
  const [newest] = jobs.nodes;
  if (newest) return newest.id;
  throw usage("There is no verification yet. `lineups verify` starts a verification");
}

/**
 * Prints the reports of verifications. Returns exit code 1 if damage is left, or if there are errors and nothing was mended. Returns exit
 * code 3 if there are errors, no damage is left, and something was mended.
 */
async function tell(ctx: Context, ids: readonly string[], first: number): Promise<Exit> {
  const jobs: Verified[] = [];
  for (const id of ids) jobs.push((await ctx.api.ask<{ job: Verified }>(REPORT, { id, first })).job);
  let exit: Exit = EXIT.ok;
  for (const { id, leagueKey, report } of jobs) {
    if (!report) throw usage(`Cannot show a report of job ${id}: it is not a verification`);
    await ctx.show(
      ["Severity", "Code", "Date", "Team", "Message", "Mended"],
      report.findings.map((f) => [f.severity, f.code, f.date, f.teamKey, f.message, f.mended ? "marked" : ""]),
    );
    const damaged = report.findings.some(({ isDamage, mended }) => isDamage && !mended);
    const checked = `${plural(report.datesChecked, "date")}, ${plural(report.teamDaysChecked, "lineup")}, ${plural(report.recordsChecked, "record")}`;
    await ctx.say(
      `${leagueKey}: ${plural(report.errors, "error")}, ${plural(report.warnings, "warning")} in ${checked}`,
    );
    const isMended = report.findings.some(({ mended }) => mended);
    if (isMended)
      await ctx.say(`Collect the marked dates again with: npx lineups update --league ${leagueKey}${ctx.hint}`);
    const own = damaged || (report.errors > 0 && !isMended) ? EXIT.failed : report.errors > 0 ? EXIT.partly : EXIT.ok;
    if (exit === EXIT.ok || own === EXIT.failed) exit = own;
  }
  await ctx.emit({ result: jobs.length === 1 ? jobs[0] : jobs });
  return exit;
}
