import { startQuickly } from "../runtimes/quickStart.ts";
import { terminal } from "./terminal.ts";

// Listen for Ctrl+C before anything else is loaded.
const io = terminal();
startQuickly();
const { run } = await import("./run.ts");
process.exitCode = await run(process.argv.slice(2), io);
