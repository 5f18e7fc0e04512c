import { expect, it } from "vitest";
import { inChromium, jobCompleted, violations } from "../support/browser.ts";

inChromium("dashboard", ({ start, open, newContext }) => {
  it("leads a first visitor to every view, and no view has accessibility violations in light or dark mode", async () => {
    const server = await start();
    const { page, faults } = await open(server);
    await page.getByRole("button", { name: "Collect the demo season so far" }).click();
    await page.getByRole("heading", { name: "Events" }).waitFor();
    await jobCompleted(page);
    await page.getByText(/Completed: /).waitFor();
    const views = [
      ["Jobs", page.getByRole("heading", { name: "Durations" })],
      ["Players", page.locator(".list a")],
      ["Teams", page.locator(".data a")],
      ["Schedules", page.getByRole("heading", { name: "Demo league" })],
      ["Sources", page.getByText("Health checks")],
      ["Season", page.getByText("A range of dates")],
      ["Lineups", page.locator(".team").first()],
    ] as const;
    const check = async (view: string) => {
      expect(await violations(page), `${view}, light`).toEqual([]);
      // The dark page differs from the light page only in its colours.
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await violations(page, ["color-contrast"]), `${view}, dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
    };
    await check("a job");
    for (const [view, shown] of views) {
      await page.getByRole("link", { name: view, exact: true }).click();
      await shown.first().waitFor();
      await check(view);
    }
    // The newest day with lineups is shown. The left arrow key goes back a day and changes the URL.
    const day = await page.getByRole("heading", { level: 1 }).innerText();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).not.toBe(day);
    expect(new URL(page.url()).pathname).toMatch(/^\/lineups\/\d{4}-\d\d-\d\d$/);
    await page.locator(".team h2 a").first().click();
    await page.getByText("Each slot through the season").waitFor();
    await check("a team");
    expect(faults).toEqual([]);
  });

  it("says why a range of dates outside the season has nothing to collect", async () => {
    const server = await start();
    const { page } = await open(server, "/season?from=2020-01-01&to=2020-01-03");
    await page.getByText("0 dates to collect").waitFor();
    await page.getByText(/skip Jan 1 – 3, 2020 \(3 dates\): Outside the season of \d{4}/).waitFor();
    expect(await page.getByRole("button", { name: "Collect dates", exact: true }).isDisabled()).toBe(true);
  });

  it("asks for a token, and shows viewers every view without the buttons for operators", async () => {
    const server = await start({ API_TOKENS: "ann:operator:operator-token-0123,vic:viewer:viewer-token-012345" });
    const context = await newContext();
    const { page } = await open(server, "/", context);
    const enter = async (token: string) => {
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Log in" }).click();
    };
    await page.getByLabel("Token").waitFor();
    expect(await violations(page)).toEqual([]);
    await enter("nothing-of-the-kind");
    await page.getByText("The server does not know that token").waitFor();
    await enter("viewer-token-012345");
    await page.getByText("Nothing collected yet").waitFor();
    for (const [view, shown] of [
      ["Season", "A range of dates"],
      ["Schedules", "Demo league"],
      ["Sources", "Health checks"],
    ] as const) {
      await page.getByRole("link", { name: view, exact: true }).click();
      await page.getByRole("heading", { name: shown }).waitFor();
      const acts = page.getByRole("button", {
        name: /Collect|Waive|Choose|Add|Enable|Run schedule now|Edit|Delete|Log in/,
      });
      expect(await acts.count(), view).toBe(0);
    }
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Token").waitFor();
    await enter("operator-token-0123");
    await page.getByRole("heading", { name: "Health checks" }).waitFor();
    await page.getByRole("button", { name: "Add the league" }).waitFor();
  });
});
