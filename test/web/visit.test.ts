import { existsSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../support/ledger.ts";
import { freePort } from "../support/ports.ts";
import { type ServerProcess, startServer } from "../support/process.ts";
import { madeSeason } from "../support/season.ts";
import { startYahoo, yahooEnv } from "../support/yahoo.ts";

const CHROMIUM = "/usr/bin/chromium";

describe.skipIf(!existsSync(CHROMIUM))("the dashboard in Chromium, without a network", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    });
  });
  afterAll(() => browser.close());

  /** A page that fails the test at what its console calls an error, and at whatever it asks another host for. */
  async function open(server: ServerProcess, context: BrowserContext): Promise<{ page: Page; faults: string[] }> {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(new URL(server.url).origin)) faults.push(`asked ${request.url()}`);
    });
    await page.goto(new URL("/", server.url).href);
    return { page, faults };
  }

  async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
    const server = await startServer({ DATABASE_URL: `file:${join(makeFolder(), "web.db")}`, ...env });
    onTestFinished(async () => void (await server.kill("SIGKILL")));
    return server;
  }

  async function newContext(options = {}): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    onTestFinished(() => context.close());
    return context;
  }

  /** What axe finds wrong. @param rules Only these; all of them otherwise. */
  const violations = async (page: Page, rules?: string[]): Promise<string[]> => {
    await page.evaluate(axe.source);
    const { violations: found } = await page.evaluate(
      (only) => (globalThis as unknown as { axe: typeof axe }).axe.run(only ? { runOnly: only } : {}),
      rules,
    );
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  };

  it("leads from a first visit to a season, its jobs and its lineups, each without a barrier, in light and dark", async () => {
    const server = await start();
    const { page, faults } = await open(server, await newContext());
    await page.getByRole("button", { name: "Collect the demo season so far" }).click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    await page.locator(".state .badge.COMPLETED").waitFor({ timeout: 60_000 });
    const views = [
      ["Season", page.getByText("A range of dates")],
      ["Jobs", page.locator(".job")],
      ["Players", page.locator(".list a")],
      ["Teams", page.locator(".data a")],
      ["Schedules", page.getByRole("heading", { name: "Demo league" })],
      ["Sources", page.getByText("What was found")],
      ["Lineups", page.locator(".team").first()],
    ] as const;
    for (const [view, shown] of views) {
      await page.getByRole("link", { name: view, exact: true }).click();
      await shown.first().waitFor();
      expect(await violations(page), `${view}, light`).toEqual([]);
      // The other colours are all that is different.
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await violations(page, ["color-contrast"]), `${view}, dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
    }
    // A day back by the keyboard, and the address says so.
    const day = await page.getByRole("heading", { level: 1 }).innerText();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).not.toBe(day);
    expect(new URL(page.url()).pathname).toMatch(/^\/lineups\/\d{4}-\d\d-\d\d$/);
    expect(faults).toEqual([]);
  });

  it("is worked by the keyboard alone: a date, a range, its plan, a start", async () => {
    const server = await start();
    const { page, faults } = await open(server, await newContext());
    const first = page.locator(".cell[tabindex='0']");
    await first.waitFor();
    await first.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByText("3 dates to collect, 3 requests").waitFor();
    expect(new URL(page.url()).searchParams.get("from")).toMatch(/^\d{4}-\d\d-\d\d$/);
    await page.getByRole("button", { name: "Collect", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.locator(".state .badge.COMPLETED").waitFor({ timeout: 60_000 });
    const { jobs } = await server.data("{ jobs { nodes { status kind progress { datesCompleted } } } }");
    expect(jobs.nodes).toEqual([{ status: "COMPLETED", kind: "COLLECTION", progress: { datesCompleted: 3 } }]);
    expect(faults).toEqual([]);
  });

  it("asks for a token, shows a viewer what an operator does and nothing that only an operator may do", async () => {
    const server = await start({ API_TOKENS: "ann:operator:operator-token-0123,vic:viewer:viewer-token-012345" });
    const context = await newContext();
    const { page } = await open(server, context);
    const enter = async (token: string) => {
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Log in" }).click();
    };
    await page.getByLabel("Token").waitFor();
    expect(await violations(page)).toEqual([]);
    await enter("nothing-of-the-kind");
    await page.getByText("The server does not know that token").waitFor();
    await enter("viewer-token-012345");
    await page.getByText("Nothing was collected yet").waitFor();
    expect(await page.getByRole("button", { name: /Collect|Waive/ }).count()).toBe(0);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Token").waitFor();
    await enter("operator-token-0123");
    await page.getByRole("button", { name: "Collect the demo season so far" }).waitFor();
  });

  it("says that it is offline while the server is gone, and goes on with the right numbers once it is back", async () => {
    const port = String(await freePort());
    const database = `file:${join(makeFolder(), "web.db")}`;
    const env = { DATABASE_URL: database, PORT: port, REQUESTS_PER_SECOND: "20", LEASE_SECONDS: "5" };
    const server = await start(env);
    const { page } = await open(server, await newContext());
    await page.getByRole("button", { name: "Collect the demo season so far" }).click();
    await page.locator(".state").waitFor();
    await server.kill("SIGKILL");
    await page.getByText("offline: the server cannot be reached").waitFor();
    const again = await start(env);
    await page.getByText("live", { exact: true }).waitFor({ timeout: 30_000 });
    await page.locator(".state .badge.COMPLETED").waitFor({ timeout: 60_000 });
    const { job } = await again.data('{ job(id: "latest") { progress { datesCompleted datesTotal } } }');
    expect(await page.locator(".state").innerText()).toContain(
      `${job.progress.datesCompleted} of ${job.progress.datesTotal} dates`,
    );
  });

  it("has one stream however many tabs are open, and each tab hears of what happens", async () => {
    const server = await start();
    const context = await newContext();
    const tabs: Page[] = [];
    let streams = 0;
    context.on("request", (request) => {
      if (request.url().includes("subscription")) streams++;
    });
    for (let n = 0; n < 8; n++) {
      const { page } = await open(server, context);
      await page.getByRole("link", { name: "Jobs", exact: true }).click();
      await page.getByText("There is no such job.").waitFor();
      tabs.push(page);
    }
    await server.data('mutation { startUpdate(input: { leagueKey: "demo.l.1", lookbackDays: 2 }) { created } }');
    for (const page of tabs) await page.locator(".job .badge.COMPLETED").waitFor({ timeout: 60_000 });
    expect(streams).toBe(1);
    // The next tab takes over where the one with the stream is closed.
    await tabs[0]?.close();
    await expect.poll(() => streams, { timeout: 30_000 }).toBe(2);
  });

  it("creates a schedule by the hours of the day, runs it, and looks a player up", async () => {
    const server = await start();
    const { page, faults } = await open(server, await newContext());
    await page.getByRole("link", { name: "Schedules", exact: true }).click();
    await page.getByText("Add a schedule for this league").click();
    await page.getByText("Every day at 6:00, 13:00 and 22:00").waitFor();
    await page.getByLabel("13:00").uncheck();
    await page.getByLabel("Name").fill("twice a day");
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByRole("heading", { name: "twice a day" }).waitFor();
    const { schedules } = await server.data("{ schedules { name cron enabled } }");
    expect(schedules).toContainEqual({ name: "twice a day", cron: "0 6,22 * * *", enabled: true });
    await page.getByRole("button", { name: "Run now: twice a day" }).click();
    await page.locator(".state .badge.COMPLETED").waitFor({ timeout: 60_000 });
    await page.getByRole("link", { name: "Players", exact: true }).click();
    await page.getByLabel("Any part of a name").fill("garcia, adr");
    await page.getByText("The league never had such a player.").waitFor();
    await page.getByLabel("Any part of a name").fill("adrián garc");
    await page.getByRole("link", { name: "Adrián García" }).click();
    await page.getByText(/^Started on \d+ days? of \d+/).waitFor();
    expect(await page.locator(".strip .use").count()).toBeGreaterThan(60);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("shows names as they are, whatever they hold, and no view breaks on a phone", async () => {
    const season = madeSeason();
    const names = [
      "<img src=x onerror=alert(1)>",
      "N".repeat(200),
      "\u202eآمنة القحطاني\u202c",
      "👨‍👩‍👧‍👦 & \"Söhne\" 'Łódź'",
    ];
    const yahoo = await startYahoo({
      league: {
        ...season.league,
        name: names[0] ?? "",
        teams: season.league.teams.map((team, i) => ({ ...team, name: names[i % names.length] ?? "" })),
      },
      lineups: (date) =>
        season.lineups(date).map((team) => ({
          ...team,
          slots: team.slots.map((slot, i) => ({ ...slot, playerName: names[i % names.length] ?? "" })),
        })),
    });
    onTestFinished(() => yahoo.close());
    const server = await start(yahooEnv(yahoo));
    const { startCollection } = await server.data(
      'mutation { startCollection(input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02" }) { job { id } } }',
    );
    await expect
      .poll(async () => (await server.data(`{ job(id: "${startCollection.job.id}") { status } }`)).job.status, {
        timeout: 60_000,
      })
      .toBe("COMPLETED");
    const { page, faults } = await open(server, await newContext({ viewport: { width: 390, height: 800 } }));
    page.on("dialog", (dialog) => faults.push(`dialog ${dialog.message()}`));
    const team = "458.l.100.t.2";
    for (const path of [
      "season",
      "jobs",
      `jobs/${startCollection.job.id}`,
      "lineups/2025-04-01",
      "players",
      "teams",
      `teams/${team}`,
      "schedules",
      "sources",
    ]) {
      await page.goto(new URL(`/${path}?league=458.l.100`, server.url).href);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator("[aria-busy]").waitFor({ state: "detached" });
      expect(await page.locator("main img").count(), path).toBe(0);
      const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect(wide, path).toBeLessThanOrEqual(0);
    }
    expect(faults).toEqual([]);
  });

  it("pauses all jobs that run, and shows the seasons before as bars of what is known", async () => {
    const made = madeSeason();
    const yahoo = await startYahoo(made);
    const before = madeSeason("431.l.7", { startDate: "2024-03-28", endDate: "2024-09-30" });
    yahoo.seasons = [made, { ...before, league: { ...before.league, season: 2024, previousKey: null } }];
    yahoo.delayMs = 200;
    onTestFinished(() => yahoo.close());
    const server = await start(yahooEnv(yahoo));
    await server.data(
      'mutation { startBackfill(input: { leagueKey: "458.l.100", previousSeasons: 1 }) { jobs { id } } }',
    );
    const { page } = await open(server, await newContext());
    await page.goto(new URL("/jobs?league=458.l.100&all=1", server.url).href);
    await page.getByRole("button", { name: "Pause all 2" }).click();
    await expect
      .poll(async () => (await server.data("{ jobs(status: [PAUSED]) { totalCount } }")).jobs.totalCount, {
        timeout: 30_000,
      })
      .toBe(2);
    await page.goto(new URL("/season?league=458.l.100", server.url).href);
    await page.getByRole("heading", { name: "Seasons before" }).waitFor();
    expect(await page.locator("svg.season rect").count()).toBeGreaterThan(0);
    expect(await violations(page)).toEqual([]);
  });
});
