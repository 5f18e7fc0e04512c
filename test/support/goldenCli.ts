import { terminal } from "../../src/cli/terminal.ts";
import { startQuickly } from "../../src/runtimes/quickStart.ts";

// Runs commands one after another in one process, on its real terminal or pipe. test/cli/golden.long.test.ts compares the output.
// The clock stands still during each command. Each command is printed as typed, before its output and its exit code.

startQuickly();
const { run } = await import("../../src/cli/run.ts");
const { hurriedClock, NOW } = await import("./cli.ts");

const io = terminal();
const { commands, more } = JSON.parse(process.env.COMMANDS ?? "") as { commands: string[][]; more: string[] };
for (const [i, argv] of commands.entries()) {
  const typed = argv.map((word) => (/^[\w.,:/-]+$/.test(word) ? word : `'${word}'`)).join(" ");
  await io.out(`$ lineups ${typed}\n`);
  const exit = await run([...argv, ...more], { ...io, clock: hurriedClock(NOW + i * 1_000) });
  await io.out(`(exit code ${exit})\n\n`);
}
process.exit(0);
