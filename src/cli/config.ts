import { Argument, type Command } from "commander";
import type { Io } from "./io.ts";
import { readSettings, SETTINGS, type Settings, settingsPath, writeSettings } from "./settings.ts";
import { table } from "./text.ts";

/** Adds `config list`, `set` and `unset`, which manage a person's defaults for all commands. */
export function configCommands(program: Command, io: Io): void {
  const config = program.command("config").description("Show and set the defaults of all commands: league, env, url");
  const names = Object.keys(SETTINGS);
  const json = "print a line of JSON";
  config
    .command("list")
    .description("Show the defaults, and the file that keeps them")
    .option("--json", json)
    .addHelpText("after", "\nExamples:\n  lineups config list\n")
    .action(async (options: { json?: boolean }) => list(io, options));
  config
    .command("set")
    .description("Set a default")
    .addArgument(new Argument("<name>", "name of the default").choices(names))
    .argument("<value>", "its new value")
    .option("--json", json)
    .addHelpText("after", "\nExamples:\n  lineups config set league demo.l.1\n")
    .action(async (name: keyof Settings, value: string, options: { json?: boolean }) => {
      await writeSettings(io.env, { ...(await readSettings(io.env)), [name]: SETTINGS[name].check(value) });
      await list(io, options);
    });
  config
    .command("unset")
    .description("Remove a default")
    .addArgument(new Argument("<name>", "name of the default").choices(names))
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
  await io.out(path === null ? "not kept: neither HOME nor XDG_CONFIG_HOME is set\n" : `kept in ${path}\n`);
}
