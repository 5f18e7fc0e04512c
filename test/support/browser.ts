import { existsSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { makeFolder } from "./ledger.ts";
import { type ServerProcess, type Start, startServer } from "./process.ts";

const CHROMIUM = "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

type Visit = { page: Page; faults: string[] };

export type InBrowser = {
  /** Starts a server process on a new database and stops it after the test. */
  start(env?: Record<string, string>, how?: Start): Promise<ServerProcess>;
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Opens a page and records its errors, dialogs and requests to other hosts. */
  open(server: ServerProcess, path?: string, context?: BrowserContext): Promise<Visit>;
};

/** Defines tests that run in Debian's Chromium. The tests are skipped on machines without Chromium. */
export function inChromium(name: string, tests: (within: InBrowser) => void): void {
  describe.skipIf(!existsSync(CHROMIUM))(name, { timeout: 180_000 }, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    });
    afterAll(() => browser.close());

    const newContext: InBrowser["newContext"] = async (options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      onTestFinished(() => context.close());
      return context;
    };
    tests({
      newContext,
      async start(env = {}, how = startServer) {
        const server = await how({ DATABASE_URL: `file:${join(makeFolder(), "web.db")}`, ...env });
        onTestFinished(async () => void (await server.kill("SIGKILL")));
        return server;
      },
      async open(server, path = "/", context) {
        const page = await (context ?? (await newContext())).newPage();
        const faults: string[] = [];
        page.on("pageerror", (error) => faults.push(error.message));
        page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
        page.on("dialog", (dialog) => faults.push(`dialog ${dialog.message()}`));
        page.on("request", (request) => {
          if (!request.url().startsWith(new URL(server.url).origin)) faults.push(`asked ${request.url()}`);
        });
        await page.goto(new URL(path, server.url).href);
        return { page, faults };
      },
    });
  });
}

/** Returns the violations that axe finds. @param rules Rules to check; all by default. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(
    (only) => (globalThis as unknown as { axe: typeof axe }).axe.run(only ? { runOnly: only } : {}),
    rules,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

/** Waits until the page shows the job as COMPLETED. */
export const jobCompleted = (page: Page): Promise<void> => page.locator(".state .badge.COMPLETED").waitFor(LONG);
/** Timeout for steps that are slow on a busy machine. */
export const LONG = { timeout: 60_000 };
