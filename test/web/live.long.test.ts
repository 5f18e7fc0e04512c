import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { addDays } from "../../src/calendar.ts";
import { inChromium, jobCompleted, LONG, violations } from "../support/browser.ts";
import { makeFolder } from "../support/ledger.ts";
import { freePort } from "../support/ports.ts";
import { madeSeason } from "../support/season.ts";
import { ANSWERS, startYahoo, yahooEnv } from "../support/yahoo.ts";

inChromium("jobs in the dashboard", ({ start, open, newContext }) => {
  it("show an offline notice while the server is down, and the right numbers once the server is back", async () => {
    const port = String(await freePort());
    const database = `file:${join(makeFolder(), "web.db")}`;
    const env = { DATABASE_URL: database, PORT: port, REQUESTS_PER_SECOND: "20", LEASE_SECONDS: "5" };
    const server = await start(env);
    const { page } = await open(server);
    await page.getByRole("button", { name: "Collect the demo season so far" }).click();
    await page.locator(".state").waitFor();
    await server.kill("SIGKILL");
    await page.getByText("offline: the server cannot be reached").waitFor();
    const again = await start(env);
    await page.getByText("live", { exact: true }).waitFor(LONG);
    await jobCompleted(page);
    const { job } = await again.data('{ job(id: "latest") { progress { datesCompleted datesTotal } } }');
    expect(await page.locator(".state").innerText()).toContain(
      `${job.progress.datesCompleted} of ${job.progress.datesTotal} dates`,
    );
  });

  it("are shown live after the server comes back with a database that has fewer events than the page has seen", async () => {
    const folder = makeFolder();
    const env = { DATABASE_URL: `file:${join(folder, "web.db")}`, PORT: String(await freePort()) };
    const update = (days: number) =>
      `mutation { startUpdate(input: { leagueKey: "demo.l.1", lookbackDays: ${days} }) { created } }`;
    const server = await start(env);
    const { page } = await open(server, "/jobs");
    await page.getByText("No jobs yet.").waitFor();
    await server.data(update(9));
    await page.locator(".job .badge.COMPLETED").waitFor(LONG);
    await server.kill("SIGKILL");
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    const again = await start(env);
    await page.getByText("No jobs yet.").waitFor(LONG);
    await page.getByText("live", { exact: true }).waitFor(LONG);
    await again.data(update(1));
    await page.locator(".job .badge.COMPLETED").waitFor(LONG);
  });

  it("are updated in every open tab through a single stream", async () => {
    const server = await start();
    const context = await newContext();
    const tabs: Page[] = [];
    let streams = 0;
    context.on("request", (request) => {
      if (request.headers().accept === "text/event-stream") streams++;
    });
    for (let n = 0; n < 8; n++) {
      const { page } = await open(server, "/jobs", context);
      await page.getByText("No jobs yet.").waitFor();
      tabs.push(page);
    }
    await server.data('mutation { startUpdate(input: { leagueKey: "demo.l.1", lookbackDays: 2 }) { created } }');
    for (const page of tabs) await page.locator(".job .badge.COMPLETED").waitFor(LONG);
    expect(streams).toBe(1);
    // Another tab takes over when the tab with the stream is closed.
    await tabs[0]?.close();
    await expect.poll(() => streams, LONG).toBe(2);
  });

  it("are shown as completed even if they complete between the page's first query and the start of its event stream", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const held: (() => void)[] = [];
    yahoo.hold = (_, release) => void held.push(release);
    yahoo.fault = (path) => (path.includes("2025-04-01") ? "hang" : null);
    const server = await start(yahooEnv(yahoo));
    const input = '{ leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01" }';
    await server.data(`mutation { startCollection(input: ${input}) { created } }`);
    const { page } = await open(server, "/jobs/latest?league=458.l.100");
    const stream = Promise.withResolvers<void>();
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("subscription Live")) await stream.promise;
      await route.continue();
    });
    await page.reload();
    await page.locator(".state .badge.RUNNING").waitFor();
    yahoo.fault = () => null;
    for (const release of held) release();
    await expect
      .poll(async () => (await server.data('{ job(id: "latest") { status } }')).job.status, LONG)
      .toBe("COMPLETED");
    expect(await page.locator(".state").innerText()).toMatch(/^RUNNING/i);
    stream.resolve();
    await jobCompleted(page);
  });

  it("are shown before the ledger knows their league, and the season page appears once the league is known", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const held: (() => void)[] = [];
    yahoo.hold = (_, release) => void held.push(release);
    yahoo.fault = () => "hang";
    const server = await start(yahooEnv(yahoo));
    const input = '{ leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01" }';
    await server.data(`mutation { startCollection(input: ${input}) { created } }`);
    const context = await newContext();
    const { page } = await open(server, "/jobs/latest?league=458.l.100", context);
    await page.locator(".state .badge.RUNNING").waitFor();
    const { page: list } = await open(server, "/jobs?league=458.l.100", context);
    await list.locator(".job .badge.RUNNING").waitFor();
    const { page: season } = await open(server, "/season?league=458.l.100", context);
    await season.getByRole("heading", { name: "The ledger does not know league 458.l.100" }).waitFor();
    await expect.poll(() => held.length, LONG).toBeGreaterThan(0);
    yahoo.fault = () => null;
    for (const release of held) release();
    await jobCompleted(page);
    await list.locator(".job .badge.COMPLETED").waitFor(LONG);
    await season.getByRole("heading", { name: /^Made League/ }).waitFor(LONG);
    await expect.poll(() => season.getByRole("combobox").first().inputValue(), LONG).toBe("458.l.100");
  });

  it("are listed in pages, with links to older and newer jobs", async () => {
    const server = await start({ WORKER: "off" });
    const begin = (n: number) =>
      `j${n}: startCollection(input: { leagueKey: "demo.l.1", start: "${addDays("2026-06-01", n)}", end: "${addDays("2026-06-01", n)}" }) { created }`;
    for (const from of [0, 11])
      await server.data(`mutation { ${Array.from({ length: 11 }, (_, i) => begin(from + i)).join(" ")} }`);
    const { page } = await open(server, "/jobs");
    const jobs = page.locator(".job");
    await expect.poll(() => jobs.count(), LONG).toBe(20);
    const newest = await jobs.first().getAttribute("href");
    await page.getByRole("link", { name: "Older" }).click();
    await expect.poll(() => jobs.count(), LONG).toBe(2);
    await page.getByRole("link", { name: "Newer" }).click();
    await expect.poll(() => jobs.count(), LONG).toBe(20);
    expect(await jobs.first().getAttribute("href")).toBe(newest);
  });

  it("can all be paused with one button, and the season page shows the coverage of previous seasons as bars", async () => {
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
    const { page } = await open(server, "/jobs?league=458.l.100&all=1");
    await page.getByRole("button", { name: "Pause all 2 jobs" }).click();
    await expect
      .poll(async () => (await server.data("{ jobs(status: [PAUSED]) { totalCount } }")).jobs.totalCount, LONG)
      .toBe(2);
    await page.goto(new URL("/season?league=458.l.100", server.url).href);
    await page.getByRole("heading", { name: "Previous seasons" }).waitFor();
    expect(await page.locator("svg.season rect").count()).toBeGreaterThan(0);
    expect(await violations(page)).toEqual([]);
  });

  it("show the findings of a verification, the time at which a wait ends, and a retry button for failed dates", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const server = await start({ ...yahooEnv(yahoo), REQUESTS_PER_SECOND: "50" });
    const begin = async (start: string, end: string) => {
      const input = `{ leagueKey: "458.l.100", start: "${start}", end: "${end}" }`;
      return (await server.data(`mutation { startCollection(input: ${input}) { job { id } } }`)).startCollection.job.id;
    };
    yahoo.fault = (path) =>
      path.endsWith("2025-04-02") ? { status: 500, body: "", headers: { "retry-after": "0" } } : null;
    const id = await begin("2025-04-01", "2025-04-03");
    const { page, faults } = await open(server, `/jobs/${id}?league=458.l.100`);
    // Ask the server first, so a failure tells whether the job or the page is wrong.
    await expect
      .poll(async () => (await server.data(`{ job(id: "${id}") { status } }`)).job.status, LONG)
      .toBe("FAILED");
    await page.locator(".state .badge.FAILED").waitFor(LONG);
    await page.getByRole("heading", { name: "Other dates" }).waitFor();
    expect(await page.locator(".dates li").innerText()).toMatch(/^2025-04-02 failed: SOURCE_/);
    expect(await page.getByRole("progressbar").getAttribute("aria-valuetext")).toBe("2 of 3 dates completed, 1 failed");
    yahoo.fault = () => null;
    await page.getByRole("button", { name: "Retry failed dates" }).click();
    await jobCompleted(page);
    expect(await violations(page)).toEqual([]);

    await server.data('mutation { startVerification(input: { leagueKey: "458.l.100" }) { created } }');
    await page.getByRole("link", { name: "Jobs", exact: true }).click();
    await page.getByText("verification").click();
    await page.getByText(/^[\d,]+ records in 36 lineups counted and hashed: \d+ errors?, 0 warnings$/).waitFor(LONG);

    yahoo.fault = () => ANSWERS.rateLimited;
    const waiting = await begin("2025-04-04", "2025-04-04");
    await page.goto(new URL(`/jobs/${waiting}?league=458.l.100`, server.url).href);
    await page.getByText(/resumes on \w+ \d+, \d{4}, \d\d:\d\d \w+/).waitFor(LONG);
    await page.getByRole("link", { name: "Sources", exact: true }).click();
    await page.getByText(new RegExp(`job ${waiting.slice(-6)} of Made League, until \\w+ \\d+`)).waitFor();
    await page.getByText(/Yahoo blocked until/).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
