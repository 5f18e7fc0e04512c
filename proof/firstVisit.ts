import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { freePort, killGroup } from "../test/support/ports.ts";

// Measures how long a newcomer waits from `git clone` to the first calendar and the first lineup, and what the first view costs. Needs
// Chromium and the npm registry.
//
//   node proof/firstVisit.ts

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-first-"));
const clone = join(folder, "lineup-ledger");
const port = String(await freePort());
const begun = performance.now();
const since = (from: number) => ((performance.now() - from) / 1000).toFixed(1);
const say = (text: string) => console.log(`${since(begun).padStart(6)} s  ${text}`);

execFileSync("git", ["clone", "--quiet", ROOT, clone]);
say("git clone");
const server = spawn("bash", ["-c", "npm ci --silent && exec npm start"], {
  cwd: clone,
  env: { ...process.env, PORT: port },
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  await new Promise<void>((resolve) =>
    server.stdout.on("data", (chunk) => String(chunk).includes("/graphql") && resolve()),
  );
  say("npm ci && npm start: the server listens");
  const page = await browser.newPage();
  let [requests, bytes] = [0, 0];
  let script: Uint8Array = new Uint8Array();
  page.on("response", async (response) => {
    requests++;
    if (response.url().includes("subscription")) return;
    const body = await response.body().catch(() => Buffer.alloc(0));
    bytes += body.length;
    if (response.url().endsWith(".js")) script = body;
  });
  const opened = performance.now();
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator(".calendar .cell.MISSING").first().waitFor();
  const first = `${Math.round(performance.now() - opened)} ms, ${requests} requests, ${(bytes / 1000).toFixed(0)} kB; script ${(script.length / 1000).toFixed(0)} kB, ${(gzipSync(script).length / 1000).toFixed(0)} kB compressed`;
  say(`open the page: the calendar is shown (${first})`);
  const again = performance.now();
  await page.reload();
  await page.locator(".calendar .cell.MISSING").first().waitFor();
  say(`reload the page: ${Math.round(performance.now() - again)} ms`);
  const pressed = performance.now();
  await page.getByRole("button", { name: "Collect the demo season so far" }).click();
  await page.getByRole("heading", { name: "Events" }).waitFor();
  for (;;) {
    await page.getByRole("link", { name: "Season", exact: true }).click();
    await page.locator(".calendar").waitFor();
    await page.getByRole("link", { name: "Lineups", exact: true }).click();
    await page.locator(".team, main .note:not([aria-busy])").first().waitFor();
    if ((await page.locator(".team").count()) > 0) break;
  }
  say(`press Collect, then Lineups: the first lineup is shown (${since(pressed)} s)`);
  await page.goto(`http://127.0.0.1:${port}/jobs`);
  await page.locator(".job .badge.COMPLETED").waitFor({ timeout: 120_000 });
  say(`the season so far is collected (${since(pressed)} s)`);
} finally {
  await browser.close();
  killGroup(server, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
