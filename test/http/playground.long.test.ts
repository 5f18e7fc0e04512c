import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { storeDemoLeague } from "../../src/leagues/demo.ts";
import { makeFolder, openLedger } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";

/** The part of the browser's globals that the tests use. */
type Storage = { localStorage: Record<string, string> };

const CHROMIUM = "/usr/bin/chromium";

describe("playground page", () => {
  it("loads nothing from other servers, and opens with prepared queries in its tabs", async () => {
    const ledger = await openLedger();
    await storeDemoLeague(ledger);
    const response = await ledger.server.fetch(
      new Request("http://localhost/graphql", { headers: { accept: "text/html" } }),
    );
    const page = await response.text();
    expect(response.headers.get("content-type")).toMatch(/text\/html/);
    expect(page.slice(0, 300)).toContain("<title>Lineup Ledger</title>");
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
    const { defaultTabs } = JSON.parse(
      /renderYogaGraphiQL\(\s*window\.document\.querySelector\('#root'\),\s*(\{.*?\}),\s*\);\s*<\/script>/s.exec(
        page,
      )?.[1] ?? "{}",
    );
    expect(defaultTabs).toHaveLength(7);
    expect(
      (await ledger.ask(defaultTabs[6].query, {}, {}, "EnableUpdates")).data?.updateSchedule.schedule.enabled,
    ).toBe(true);
    expect((await ledger.ask(defaultTabs[6].query, {}, {}, "Decisions")).data?.schedules).toHaveLength(1);
    for (const { query } of defaultTabs.slice(2, 5)) expect((await ledger.ask(query)).errors).toBeUndefined();
    expect((await ledger.ask(defaultTabs[0].query)).data?.startCollection.job.status).toBe("QUEUED");
    const home = await ledger.server.fetch(new Request("http://localhost/"));
    expect([home.status, home.headers.get("location")]).toEqual([302, "/graphql"]);
  });
});

describe.skipIf(!existsSync(CHROMIUM))("playground in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  afterAll(() => browser.close());

  it("accepts the token as a password, starts the demo collection with one click, and shows its progress in another tab", async () => {
    const server = await startServer({
      DATABASE_URL: `file:${join(makeFolder(), "demo.db")}`,
      REQUESTS_PER_SECOND: "0",
      API_TOKENS: "me:operator:0123456789abcdef",
    });
    onTestFinished(async () => void (await server.kill("SIGKILL")));
    const newPage = (password: string) =>
      browser.newPage({ viewport: { width: 1400, height: 900 }, httpCredentials: { username: "anybody", password } });
    const stranger = await newPage("0123456789abcdeX");
    expect((await stranger.goto(server.url))?.status()).toBe(401);
    await stranger.close();
    const page = await newPage("0123456789abcdef");
    const elsewhere: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(new URL(server.url).origin) && !/^(blob|data):/.test(request.url()))
        elsewhere.push(request.url());
    });
    await page.goto(server.url);
    expect(await page.title()).toBe("Lineup Ledger");
    const play = page.getByRole("button", { name: /execute query/i });
    const result = page.locator(".result-window");
    await page.locator(".graphiql-query-editor").getByText("startCollection").first().waitFor();
    /** Presses play again when GraphiQL has not noticed a new tab's query yet, as happens on a busy machine. */
    const playUntil = async (shown: string) => {
      for (let press = 1; ; press++) {
        await play.click();
        try {
          return await result.getByText(shown).first().waitFor({ timeout: 8_000 });
        } catch (error) {
          if (press === 4) throw error;
        }
      }
    };
    await playUntil("lineup_collection_production");
    await page.getByRole("tab", { name: "Watch" }).click();
    await page.locator(".graphiql-query-editor").getByText("jobProgress").first().waitFor();
    await playUntil('"COMPLETED"');
    expect(elsewhere).toEqual([]);
    const folder = process.env.SCREENSHOTS;
    if (folder) await page.screenshot({ path: join(folder, "playground.png") });
    await page.close();
  });

  it("updates the dates in unedited tabs on a later visit, and leaves edited tabs as they are", async () => {
    const server = await startServer({ DATABASE_URL: `file:${join(makeFolder(), "demo.db")}` });
    onTestFinished(async () => void (await server.kill("SIGKILL")));
    const context = await browser.newContext();
    const first = await context.newPage();
    await first.goto(server.url);
    await first.locator(".graphiql-query-editor").getByText("startCollection").first().waitFor();
    /** Reads the tabs that GraphiQL keeps in the browser's storage, where the page reads them too. */
    const kept = (page: Page): Promise<{ tabs: { query: string }[] } | null> =>
      page.evaluate(() => JSON.parse((globalThis as unknown as Storage).localStorage["graphiql:tabState"] ?? "null"));
    await first.getByRole("tab", { name: "Day" }).click();
    await expect.poll(async () => (await kept(first))?.tabs.length).toBe(7);
    const state = await kept(first);
    const today = state?.tabs.map(({ query }) => query) ?? [];
    await first.close();
    // The next visit finds tabs whose dates are years old. The user had edited the first tab.
    const before = today.map((text) => text.replace(/\d{4}-\d\d-\d\d/g, "2020-01-01"));
    const own = "query Mine { viewer { name } } # 2020-01-01";
    const left = { ...state, tabs: state?.tabs.map((tab, i) => ({ ...tab, query: i === 0 ? own : before[i] })) };
    const later = await context.newPage();
    await later.addInitScript(
      ([tabs, given]) => {
        const { localStorage } = globalThis as unknown as Storage;
        localStorage["graphiql:tabState"] = tabs;
        localStorage["lineup-ledger:tabs"] = given;
      },
      [JSON.stringify(left), JSON.stringify(before)] as const,
    );
    await later.goto(server.url);
    await later.locator(".graphiql-query-editor").first().waitFor();
    expect((await kept(later))?.tabs.map(({ query }) => query)).toEqual([own, ...today.slice(1)]);
    expect(today[2]).toMatch(/start: "\d{4}-\d\d-\d\d"/);
    await context.close();
  });
});
