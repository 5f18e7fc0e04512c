import { open as openFile, rename } from "node:fs/promises";
import { type Command, Option } from "commander";
import { plural } from "../text.ts";
import { type Context, rangeOf } from "./context.ts";
import { teamOf } from "./find.ts";
import { CliError, EXIT, type Exit, type Io } from "./io.ts";
import { type CommandFactory, command, type DateOptions, dated } from "./options.ts";

/** Adds `export`. */
export function exportCommand(program: Command, does: CommandFactory, io: Io): void {
  dated(command(program, "export", "Export every record of a range, as CSV or NDJSON"))
    .addOption(new Option("--format <name>", "format of the records").choices(["csv", "ndjson"]).default("csv"))
    .option("--team <team>", "only this team: its key, its number, or a part of its name")
    .option("--out <file>", "write to a file (default: standard output)")
    .addHelpText("after", "\nExamples:\n  lineups export --league demo.l.1 --start 7d --out lineups.csv\n")
    .action(does((ctx: Context, options: ExportOptions) => exportAll(ctx, options, io)));
}

type ExportOptions = DateOptions & { format: "csv" | "ndjson"; team?: string; out?: string };

/** Exports the records. With --json but without --out, prints the records themselves as lines of JSON. */
async function exportAll(ctx: Context, { format, team, out, ...given }: ExportOptions, io: Io): Promise<Exit> {
  const { leagueKey, start, end } = await rangeOf(ctx, given);
  const kind = ctx.options.json && out === undefined ? "ndjson" : format;
  const query = new URLSearchParams({
    league: leagueKey,
    start,
    end,
    environment: ctx.options.env,
    ...(team === undefined ? {} : { team: await teamOf(ctx, team) }),
  });
  const body = await ctx.api.download(`/export/lineups.${kind}?${query}`);
  const file =
    out === undefined
      ? null
      : await openFile(`${out}.part`, "w").catch((error: Error) => {
          throw new CliError(`Cannot write --out ${out}: ${error.message}`, {
            exit: EXIT.usage,
            code: "BAD_USER_INPUT",
          });
        });
  const decoder = new TextDecoder();
  let [lines, last] = [0, ""];
  try {
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      lines += text.split("\n").length - 1;
      last = (last + text).slice(-2_000);
      if (file) await file.write(text);
      else await io.out(text);
    }
  } finally {
    await file?.close();
  }
  // An export that failed midway says so in its last line.
  const broken = /(?:^|\n)(?:# error: (.+)|\{"error":\{"message":"(.+)"\}\})\r?\n$/.exec(last);
  if (broken) throw new CliError(`The export is incomplete: ${broken[1] ?? broken[2]}`);
  // Only a complete export replaces an earlier file.
  if (out !== undefined) await rename(`${out}.part`, out);
  const records = lines - (kind === "csv" ? 1 : 0);
  if (file) await ctx.say(`${plural(records, "record")} of ${leagueKey}, ${start} to ${end}, in ${out}`);
  if (records === 0 && !ctx.options.quiet && !ctx.options.json)
    ctx.io.err(
      `No records of ${leagueKey} are stored for ${start} to ${end}. ` +
        `\`lineups missing${ctx.hint}\` shows why dates are missing, and \`lineups collect${ctx.hint}\` collects the missing dates\n`,
    );
  await ctx.emit({ result: { records, format: kind, ...(out === undefined ? {} : { out }) } });
  return EXIT.ok;
}
