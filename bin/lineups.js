#!/usr/bin/env node
// Starts the command line, which is TypeScript without a build, with a Node that can run it: this one, or the one that `npm ci` installed.
// This file itself runs on every Node with ES modules, however old.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
const main = new URL("../src/cli/main.ts", import.meta.url);
const pinned = fileURLToPath(
  new URL(`../node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`, import.meta.url),
);
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

if (runsTypeScript) {
  // Before the first TypeScript file: with a cached one, Node need not load its type stripper.
  nodeModule.enableCompileCache?.();
  import(main.href).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal's Ctrl+C also reaches the child directly, which counts two signals at once as one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("exit", (code, signal) => process.exit(code === null ? 128 + (SIGNALS[signal] || 0) : code));
} else {
  process.stderr.write(
    `lineups requires Node 22.18 or newer (of 23: 23.6), which runs TypeScript directly; this one is ${process.versions.node}.\n` +
      "Run `npm ci` in its folder, which installs one there, or install a newer Node.\n",
  );
  process.exit(1);
}
