import { expect, it, onTestFinished } from "vitest";
import { inChromium, jobCompleted, LONG } from "../support/browser.ts";
import { freePort } from "../support/ports.ts";
import { madeSeason } from "../support/season.ts";
import { startYahoo, yahooEnv } from "../support/yahoo.ts";

const UPDATE = (days: number, env = "PRODUCTION") =>
  `mutation { startUpdate(input: { leagueKey: "demo.l.1", lookbackDays: ${days}, environment: ${env} }) { job { id } } }`;

inChromium("dashboard under adverse conditions", ({ start, open, newContext }) => {
  it("explains what is wrong with an unknown address instead of showing another league", async () => {
    const server = await start();
    const { page, faults } = await open(server);
    await page.getByText("Nothing collected yet").waitFor();
    for (const [path, said] of [
      ["/season?league=458.l.9999", "The ledger does not know league 458.l.9999"],
      ["/lineups/2025-13-45", "2025-13-45 is not a date"],
      ["/lineups/foo", "foo is not a date"],
      ["/nonsense", "There is no such page"],
      ["/jobs/nothing", "There is no job nothing"],
      ["/players/%E0%A4%A", "This league has no such player"],
      ["/season/x?from=x&to=y", "A range of dates"],
    ] as const) {
      await page.goto(new URL(path, server.url).href);
      await page.getByRole("heading", { name: said }).waitFor();
    }
    await page.goto(new URL("/season?league=458.l.9999", server.url).href);
    await page.getByRole("link", { name: "Go to a league that it knows" }).click();
    await page.getByRole("heading", { name: "Demo League" }).waitFor();
    // The browser reports the server's 404 responses.
    expect(faults.filter((fault) => !fault.includes("404"))).toEqual([]);
  });

  it("shows a league or a previous season that was added after the page was opened", async () => {
    const made = madeSeason();
    const yahoo = await startYahoo(made);
    const before = madeSeason("431.l.7", { startDate: "2024-03-28", endDate: "2024-04-02" });
    yahoo.seasons = [
      made,
      { ...before, league: { ...before.league, name: "Before", season: 2024, previousKey: null } },
    ];
    onTestFinished(() => yahoo.close());
    const server = await start(yahooEnv(yahoo));
    const { page } = await open(server);
    await page.getByText("Nothing collected yet").waitFor();
    await server.data('mutation { startBackfill(input: { leagueKey: "458.l.100", previousSeasons: 1 }) { created } }');
    await page.evaluate(() => {
      history.pushState(null, "", "/season?league=431.l.7");
      dispatchEvent(new PopStateEvent("popstate"));
    });
    await page.getByRole("heading", { name: /^Before/ }).waitFor();
    await expect.poll(() => page.locator("header select option:checked").first().innerText()).toBe("Before 2024");
  });

  it("stays with its league when a job makes another league known, and shows the first league that is added to an empty ledger", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const COLLECT = `mutation { startCollection(input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01" }) { created } }`;
    const server = await start(yahooEnv(yahoo));
    const { page } = await open(server, "/season");
    await page.getByRole("heading", { name: "Demo League" }).waitFor();
    await server.data(COLLECT);
    await page.locator("option", { hasText: "Made League" }).waitFor({ state: "attached", ...LONG });
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("Demo League");

    const empty = await start(yahooEnv(yahoo));
    await empty.data(
      'mutation { deleteSchedule(id: "schedule_demo") { deletedId } removeLeague(key: "demo.l.1") { key } }',
    );
    const { page: first } = await open(empty, "/season");
    await first.getByRole("heading", { name: "No leagues yet" }).waitFor();
    await empty.data(COLLECT);
    await first.getByRole("heading", { name: "Made League" }).waitFor(LONG);
  });

  it("never shows another league's jobs, even if an answer arrives late", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const server = await start(yahooEnv(yahoo));
    await server.data('mutation { addLeague(key: "458.l.100") { key } }');
    await server.data(UPDATE(3));
    const context = await newContext();
    // All answers about the demo league are late.
    await context.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes('"demo.l.1"')) await new Promise((done) => setTimeout(done, 700));
      await route.continue();
    });
    const { page } = await open(server, "/jobs?league=demo.l.1", context);
    await page.locator(".job").waitFor(LONG);
    await server.data(UPDATE(2, "TEST"));
    await page.locator("header select").first().selectOption("458.l.100");
    await page.getByText("No jobs yet.").waitFor();
    const seen = new Set<string>();
    for (let look = 0; look < 20; look++) {
      for (const text of await page.locator(".job strong").allInnerTexts()) seen.add(text);
      await page.waitForTimeout(100);
    }
    expect([...seen]).toEqual([]);
  });

  it("shows live updates over plain HTTP under a host name, where the browser does not offer locks", async () => {
    const port = await freePort();
    const env = { HOST: "127.0.0.1", PORT: String(port), PUBLIC_URL: `http://ledger.localtest:${port}` };
    const server = await start(env);
    const { chromium } = await import("playwright-core");
    const browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP ledger.localtest 127.0.0.1"],
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`http://ledger.localtest:${port}/`);
    await page.getByRole("button", { name: "Collect the demo season so far" }).click();
    await jobCompleted(page);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await server.kill("SIGKILL");
  });

  it("asks for a token in every tab after a logout in one of them", async () => {
    const server = await start({ API_TOKENS: "ann:operator:operator-token-0123" });
    const context = await newContext();
    const { page } = await open(server, "/", context);
    await page.getByLabel("Token").fill("operator-token-0123");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Nothing collected yet").waitFor();
    const { page: other } = await open(server, "/jobs", context);
    await other.getByText("No jobs yet.").waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Token").waitFor();
    await other.getByLabel("Token").waitFor();
  });

  it("shows the rest of an answer in which one field failed, and reports an unreachable server if only a proxy answers", async () => {
    const server = await start();
    const context = await newContext();
    let isBroken = false;
    await context.route("**/graphql", async (route) => {
      const text = route.request().postData() ?? "";
      if (isBroken) return route.fulfill({ status: 502, contentType: "text/html", body: "<html>Bad Gateway</html>" });
      if (!text.includes("query Sources")) return route.continue();
      const answer = await (await route.fetch()).json();
      answer.data.workers = null;
      answer.errors = [{ message: "The workers cannot be read", path: ["workers"], extensions: { code: "INTERNAL" } }];
      return route.fulfill({ json: answer });
    });
    const { page } = await open(server, "/sources", context);
    await page.getByText("The workers cannot be read").waitFor();
    await page.getByText(/writable in \d+ ms/).waitFor();
    isBroken = true;
    await page.getByRole("button", { name: "Reload checks" }).click();
    await page.getByText("Cannot reach the server").first().waitFor();
    isBroken = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("The workers cannot be read").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
  });

  it("loads a view while a job runs, even if answers take longer than a second", async () => {
    const server = await start();
    const context = await newContext();
    await context.route("**/graphql", async (route) => {
      if (/query Job\b/.test(route.request().postData() ?? "")) await new Promise((done) => setTimeout(done, 1_300));
      await route.continue();
    });
    const { startBackfill } = await server.data(
      'mutation { startBackfill(input: { leagueKey: "demo.l.1" }) { job { id } } }',
    );
    const { page } = await open(server, `/jobs/${startBackfill.job.id}`, context);
    await page.getByRole("heading", { name: "Events" }).waitFor();
    await jobCompleted(page);
  });

  it("accepts a typed date when Enter is pressed, and a range of dates when two dates are tapped", async () => {
    const server = await start();
    const { league } = await server.data('{ league(key: "demo.l.1") { startDate } }');
    const [year, month, day] = league.startDate.split("-");
    const { page } = await open(server, `/season?from=${league.startDate}&to=${league.startDate}`);
    await page.getByText("1 date to collect").waitFor();
    const to = page.getByLabel("To", { exact: true });
    await to.focus();
    await page.keyboard.type(`${month}${String(Number(day) + 2).padStart(2, "0")}${year}`);
    expect(new URL(page.url()).searchParams.get("to")).toBe(league.startDate);
    await page.keyboard.press("Enter");
    await page.getByText("3 dates to collect").waitFor();
    await page.getByRole("button", { name: "Clear range" }).click();
    await page.getByText("Choose dates above").waitFor();

    const phone = await newContext({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
    const { page: small } = await open(server, "/", phone);
    const cells = small.locator(".cell.MISSING");
    await cells.nth(2).tap();
    await small.getByText("1 date to collect").waitFor();
    await cells.nth(8).tap();
    await small.getByText("7 dates to collect").waitFor();
  });

  it("updates the plan of a collection when the coverage changes, and cancels a job only after a confirmation", async () => {
    const server = await start();
    const { league } = await server.data('{ league(key: "demo.l.1") { startDate } }');
    const { page } = await open(server, `/season?from=${league.startDate}&to=${league.startDate}`);
    await page.getByText("1 date to collect").waitFor();
    await page.getByLabel("Why it is not needed").fill("all-star break");
    await page.getByRole("button", { name: "Waive 1 missing date" }).click();
    await page.getByText("0 dates to collect").waitFor();
    await page.getByText("Waived: all-star break").first().waitFor();
    const { startBackfill } = await server.data(
      'mutation { startBackfill(input: { leagueKey: "demo.l.1" }) { job { id } } }',
    );
    await page.goto(new URL(`/jobs/${startBackfill.job.id}`, server.url).href);
    await page.getByRole("button", { name: "Cancel job", exact: true }).dblclick();
    await page.getByRole("button", { name: "Confirm cancellation" }).click();
    await page.locator(".state .badge.CANCELLED").waitFor(LONG);
    await page.getByRole("link", { name: "Choose these dates again" }).click();
    await page.getByText(/^\d+ dates? to collect/).waitFor();
  });

  it("switches to the environment of a job that is opened, and says when a future season begins", async () => {
    const server = await start();
    const { startUpdate } = await server.data(UPDATE(2, "TEST"));
    const { page } = await open(server, `/jobs/${startUpdate.job.id}`);
    await jobCompleted(page);
    await expect.poll(() => new URL(page.url()).searchParams.get("env")).toBe("TEST");
    const season = madeSeason("469.l.5", { startDate: "2099-03-27", endDate: "2099-09-30" });
    const yahoo = await startYahoo({ ...season, league: { ...season.league, season: 2099 } });
    onTestFinished(() => yahoo.close());
    const later = await start(yahooEnv(yahoo));
    await later.data('mutation { addLeague(key: "469.l.5") { key } }');
    const { page: early } = await open(later, "/lineups?league=469.l.5");
    await early.getByRole("heading", { name: "The season begins on 2099-03-27" }).waitFor();
  });
});
