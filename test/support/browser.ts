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
  /** The server in a process of its own, on a database of its own; gone after the test. */
  start(env?: Record<string, string>, how?: Start): Promise<ServerProcess>;
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A page that notes what its console calls an error, and whatever it asks another host for. */
  open(server: ServerProcess, path?: string, context?: BrowserContext): Promise<Visit>;
};

/** Tests in Debian's Chromium; where that is not on the machine they are skipped, and say so. */
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

/** What axe finds wrong. @param rules Only these; all of them otherwise. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(
    (only) => (globalThis as unknown as { axe: typeof axe }).axe.run(only ? { runOnly: only } : {}),
    rules,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

/** The job that the page shows has come to its end. */
export const jobCompleted = (page: Page): Promise<void> => page.locator(".state .badge.COMPLETED").waitFor(LONG);
/** For what a busy machine may take its time for. */
export const LONG = { timeout: 60_000 };
