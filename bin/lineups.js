#!/usr/bin/env node
// Starts the command line, which is unbuilt TypeScript, with a Node that runs it: this one, or the one that `npm ci` brought.
// This file itself is for any Node, however old.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const pinned = fileURLToPath(
  new URL(`../node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`, import.meta.url),
);

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(main);
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal's Ctrl+C reaches both processes by itself; passed on, it would count twice.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once("exit", (code, signal) => process.exit(code === null ? 128 + (signal === "SIGKILL" ? 9 : 15) : code));
} else {
  process.stderr.write(
    `lineups wants Node 22.18 or newer, which runs TypeScript as it is; this one is ${process.versions.node}.\n` +
      "Run `npm ci` in its folder, which brings one along, or install a newer Node.\n",
  );
  process.exit(1);
}
