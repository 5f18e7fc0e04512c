import { expect, it, onTestFinished } from "vitest";
import { inChromium, jobCompleted, LONG, violations } from "../support/browser.ts";
import { madeSeason } from "../support/season.ts";
import { startYahoo, yahooEnv } from "../support/yahoo.ts";

const NAMES = [
  "<img src=x onerror=alert(1)>",
  "N".repeat(200),
  "\u202eآمنة القحطاني\u202c",
  "👨‍👩‍👧‍👦 & \"Söhne\" 'Łódź'",
];

inChromium("leagues in the dashboard", ({ start, open, newContext }) => {
  it("can be added by the address of their page or from the account's list, and collected with one button", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const server = await start({ ...yahooEnv(yahoo), REQUESTS_PER_SECOND: "50", REQUESTS_PER_WINDOW: "400" });
    const { page, faults } = await open(server);
    await page.getByText("Or add your own league").click();
    const address = page.getByLabel("League key, or address of the league's page");
    await address.fill("not a league");
    await page.getByRole("button", { name: "Add the league" }).click();
    await page.getByRole("alert").waitFor();
    await address.fill("https://baseball.fantasysports.yahoo.com/b1/100");
    await page.getByRole("button", { name: "Add the league" }).click();
    await page.getByRole("heading", { name: "Made League" }).waitFor();
    expect(new URL(page.url()).searchParams.get("league")).toBe("458.l.100");
    expect(await page.locator("header select option:checked").first().innerText()).toContain("Made");
    await page.getByRole("button", { name: /Choose \d+ missing dates?/ }).click();
    await page.getByText(/^\d+ dates to collect/).waitFor();

    await page.getByRole("link", { name: "Sources", exact: true }).click();
    await page
      .locator("meter + span")
      .getByText(/^\d+ of 400 requests in 15 minutes$/)
      .waitFor();
    await page.getByText(/^Lineup Ledger \d+\.\d+\.\d+$/).waitFor();
    await page.getByRole("button", { name: "List my leagues at Yahoo" }).click();
    await page.getByRole("button", { name: "Add Made League 2025" }).click();
    await page.getByRole("button", { name: "Collect the season so far" }).click();
    await jobCompleted(page);
    expect(faults).toEqual([]);
  });

  it("have a search that finds a player by any part of the name and shows the player's season", async () => {
    const server = await start();
    await server.data('mutation { startBackfill(input: { leagueKey: "demo.l.1" }) { job { id } } }');
    await expect
      .poll(async () => (await server.data('{ job(id: "latest") { status } }')).job.status, LONG)
      .toBe("COMPLETED");
    const { page, faults } = await open(server, "/players");
    await page.getByLabel("Any part of a name").fill("garcia, adr");
    await page.getByText("No players found.").waitFor();
    await page.getByLabel("Any part of a name").fill("adrián garc");
    await page.getByRole("link", { name: "Adrián García" }).click();
    await page.getByText(/^Started on \d+ days? of \d+/).waitFor();
    expect(await page.locator(".strip .use").count()).toBeGreaterThan(60);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("show names unchanged, whatever characters the names contain, and fit on a phone even with 30 teams of 40 players", async () => {
    const season = madeSeason();
    const teams = Array.from({ length: 30 }, (_, i) => ({
      key: `458.l.100.t.${i + 1}`,
      name: NAMES[i % NAMES.length] ?? "",
    }));
    const yahoo = await startYahoo({
      league: { ...season.league, name: NAMES[0] ?? "", teams },
      lineups: (date) => {
        const [pattern] = season.lineups(date);
        if (!pattern) return [];
        return teams.map(({ key, name }, t) => ({
          ...pattern,
          teamKey: key,
          teamName: name,
          slots: Array.from({ length: 40 }, (_, i) => ({
            ...(pattern.slots[i % pattern.slots.length] as (typeof pattern.slots)[number]),
            playerId: String(10_000 + t * 40 + i),
            playerName: NAMES[i % NAMES.length] ?? "",
          })),
        }));
      },
    });
    onTestFinished(() => yahoo.close());
    const server = await start(yahooEnv(yahoo));
    const { startCollection } = await server.data(
      'mutation { startCollection(input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02" }) { job { id } } }',
    );
    const id = startCollection.job.id;
    await expect
      .poll(async () => (await server.data(`{ job(id: "${id}") { status } }`)).job.status, LONG)
      .toBe("COMPLETED");
    const context = await newContext({ viewport: { width: 390, height: 800 } });
    const { page, faults } = await open(server, "/", context);
    for (const path of [
      "season",
      "jobs",
      `jobs/${id}`,
      "lineups/2025-04-01",
      "players",
      "players/10001",
      "teams",
      "teams/458.l.100.t.2",
      "schedules",
      "sources",
    ]) {
      await page.goto(new URL(`/${path}?league=458.l.100`, server.url).href);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator("[aria-busy]").waitFor({ state: "detached" });
      expect(await page.locator("main img").count(), path).toBe(0);
      expect(await page.getByRole("alert").count(), path).toBe(0);
      const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect(wide, path).toBeLessThanOrEqual(0);
    }
    await page.goto(new URL("/lineups/2025-04-01?league=458.l.100", server.url).href);
    await page.locator(".team").first().waitFor();
    expect(await page.locator(".team").count()).toBe(30);
    expect(await page.locator(".team tbody tr").count()).toBe(1_200);
    expect(faults).toEqual([]);
  });
});
