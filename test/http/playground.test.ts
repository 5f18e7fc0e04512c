import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { storeDemoLeague } from "../../src/leagues/demo.ts";
import { makeFolder, openLedger } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";

/** As much of a browser as the tests touch within it. */
type Storage = { localStorage: Record<string, string> };

const CHROMIUM = "/usr/bin/chromium";

describe("the playground's page", () => {
  it("is served to browsers, holds all it needs, and opens on ready tabs", async () => {
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
    expect((await ledger.ask(defaultTabs[6].query, {}, {}, "Enable")).data?.updateSchedule.schedule.enabled).toBe(true);
    expect((await ledger.ask(defaultTabs[6].query, {}, {}, "Decisions")).data?.schedules).toHaveLength(1);
    for (const { query } of defaultTabs.slice(2, 5)) expect((await ledger.ask(query)).errors).toBeUndefined();
    expect((await ledger.ask(defaultTabs[0].query)).data?.startCollection.job.status).toBe("QUEUED");
    const home = await ledger.server.fetch(new Request("http://localhost/"));
    expect([home.status, home.headers.get("location")]).toEqual([302, "/graphql"]);
  });
});

describe.skipIf(!existsSync(CHROMIUM))("the playground in Chromium, without a network", () => {
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

  it("asks for the token as a password, starts the demo collection with one click, and shows its progress up to COMPLETED in the next tab", async () => {
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
    /** GraphiQL notices a new tab's query a moment late on a busy machine: then it is pressed once more, as a person would. */
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

  it("says today's dates on a later visit in tabs that nobody has changed, and leaves the others as they are", async () => {
    const server = await startServer({ DATABASE_URL: `file:${join(makeFolder(), "demo.db")}` });
    onTestFinished(async () => void (await server.kill("SIGKILL")));
    const context = await browser.newContext();
    const first = await context.newPage();
    await first.goto(server.url);
    await first.locator(".graphiql-query-editor").getByText("startCollection").first().waitFor();
    /** What the browser keeps is GraphiQL's own affair: the test reads and writes it as the page does. */
    const kept = (page: Page): Promise<{ tabs: { query: string }[] } | null> =>
      page.evaluate(() => JSON.parse((globalThis as unknown as Storage).localStorage["graphiql:tabState"] ?? "null"));
    await first.getByRole("tab", { name: "Day" }).click();
    await expect.poll(async () => (await kept(first))?.tabs.length).toBe(7);
    const state = await kept(first);
    const today = state?.tabs.map(({ query }) => query) ?? [];
    await first.close();
    // The next visit finds what one of years ago has left, and a first tab that somebody has written in.
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
    expect(today[4]).toMatch(/start: "\d{4}-\d\d-\d\d"/);
    await context.close();
  });
});
