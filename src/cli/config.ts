import { Argument, type Command } from "commander";
import type { Io } from "./io.ts";
import { readSettings, SETTINGS, type Settings, settingsPath, writeSettings } from "./settings.ts";
import { table } from "./text.ts";

/** config list, set and unset: what is kept for all commands of a person. */
export function configCommands(program: Command, io: Io): void {
  const config = program
    .command("config")
    .description("What counts for all commands where nothing else is said: league, env, url");
  const names = Object.keys(SETTINGS);
  const json = "a line of JSON";
  config
    .command("list")
    .description("What is set, and where that is kept")
    .option("--json", json)
    .addHelpText("after", "\nExamples:\n  lineups config list\n")
    .action(async (options: { json?: boolean }) => list(io, options));
  config
    .command("set")
    .description("Set one of them")
    .addArgument(new Argument("<name>", "which").choices(names))
    .argument("<value>", "its value")
    .option("--json", json)
    .addHelpText("after", "\nExamples:\n  lineups config set league demo.l.1\n")
    .action(async (name: keyof Settings, value: string, options: { json?: boolean }) => {
      await writeSettings(io.env, { ...(await readSettings(io.env)), [name]: SETTINGS[name].check(value) });
      await list(io, options);
    });
  config
    .command("unset")
    .description("Set one of them no longer")
    .addArgument(new Argument("<name>", "which").choices(names))
    .option("--json", json)
    .addHelpText("after", "\nExamples:\n  lineups config unset league\n")
    .action(async (name: keyof Settings, options: { json?: boolean }) => {
      await writeSettings(io.env, { ...(await readSettings(io.env)), [name]: undefined });
      await list(io, options);
    });
}

async function list(io: Io, { json }: { json?: boolean }): Promise<void> {
  const settings = await readSettings(io.env);
  const path = settingsPath(io.env);
  if (json) return io.out(`${JSON.stringify({ result: { settings, path } })}\n`);
  const rows = Object.entries(SETTINGS).map(([name, { what }]) => [name, settings[name as keyof Settings] ?? "", what]);
  await io.out(table(["Name", "Value", "What it is"], rows, { isBold: io.hasColor, width: io.width() }));
  await io.out(path === null ? "kept nowhere: HOME is not set\n" : `kept in ${path}\n`);
}
