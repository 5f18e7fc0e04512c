import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startServer } from "../test/support/process.ts";

// Takes the screenshots that README and docs show (docs/pictures): the dashboard with the demo league. Needs Chromium.
//
//   node scripts/pictures.ts

const FOLDER = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** The path of each view, and a text that appears once the view has loaded. */
const VIEWS = [
  ["season", "A range of dates"],
  ["lineups", "Download CSV"],
  ["teams/demo.l.1.t.3", "Each slot through the season"],
] as const;

const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-pictures-"));
const server = await startServer({ DATABASE_URL: `file:${join(folder, "demo.db")}` });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
try {
  mkdirSync(FOLDER, { recursive: true });
  await server.data('mutation { startBackfill(input: { leagueKey: "demo.l.1" }) { job { id } } }');
  const page = await browser.newPage({ viewport: { width: 1200, height: 640 }, colorScheme: "light" });
  await page.goto(new URL("/jobs", server.url).href);
  await page.locator(".job .badge.COMPLETED").waitFor({ timeout: 120_000 });
  for (const [view, shown] of VIEWS) {
    await page.goto(new URL(`/${view}`, server.url).href);
    await page.getByText(shown).first().waitFor();
    await page.locator("[aria-busy]").waitFor({ state: "detached" });
    await page.screenshot({ path: join(FOLDER, `${view.replace(/s\/.*/, "")}.png`) });
  }
} finally {
  await browser.close();
  await server.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
