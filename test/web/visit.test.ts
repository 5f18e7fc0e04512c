import { expect, it } from "vitest";
import { inChromium, jobCompleted, violations } from "../support/browser.ts";

inChromium("the dashboard", ({ start, open, newContext }) => {
  it("leads from a first visit to a season, its jobs and its lineups, each without a barrier, in light and dark", async () => {
    const server = await start();
    const { page, faults } = await open(server);
    await page.getByRole("button", { name: "Collect the demo season so far" }).click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    await jobCompleted(page);
    await page.getByText(/Completed: /).waitFor();
    const views = [
      ["Jobs", page.getByRole("heading", { name: "Durations" })],
      ["Players", page.locator(".list a")],
      ["Teams", page.locator(".data a")],
      ["Schedules", page.getByRole("heading", { name: "Demo league" })],
      ["Sources", page.getByText("What was found")],
      ["Season", page.getByText("A range of dates")],
      ["Lineups", page.locator(".team").first()],
    ] as const;
    const check = async (view: string) => {
      expect(await violations(page), `${view}, light`).toEqual([]);
      // The other colours are all that is different.
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
    // The newest day that has lineups is shown; a day back by the keyboard, and the address says so.
    const day = await page.getByRole("heading", { level: 1 }).innerText();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).not.toBe(day);
    expect(new URL(page.url()).pathname).toMatch(/^\/lineups\/\d{4}-\d\d-\d\d$/);
    await page.locator(".team h2 a").first().click();
    await page.getByText("Each slot through the season").waitFor();
    await check("a team");
    expect(faults).toEqual([]);
  });

  it("is worked by the keyboard alone, from a first visit to a job that has ended", async () => {
    const server = await start();
    const { page, faults } = await open(server);
    const button = page.getByRole("button", { name: "Collect the demo season so far" });
    await button.waitFor();
    /** Goes on by the Tab key until it is there. */
    const tabTo = async (isThere: () => Promise<boolean>) => {
      for (let presses = 0; presses < 60; presses++) {
        if (await isThere()) return;
        await page.keyboard.press("Tab");
      }
      throw new Error("the Tab key never came there");
    };
    const focused = (selector: string) => () =>
      page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    // A range of three dates in the calendar: its plan, and its start.
    await tabTo(focused(".cell"));
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByText("3 dates to collect, 3 requests").waitFor();
    expect(new URL(page.url()).searchParams.get("from")).toMatch(/^\d{4}-\d\d-\d\d$/);
    await tabTo(() => page.evaluate(() => document.activeElement?.textContent === "Collect"));
    await page.keyboard.press("Enter");
    await jobCompleted(page);
    const { jobs } = await server.data("{ jobs { nodes { status kind progress { datesCompleted } } } }");
    expect(jobs.nodes).toEqual([{ status: "COMPLETED", kind: "COLLECTION", progress: { datesCompleted: 3 } }]);
    // Back to the season by the navigation, which the focus is moved to from the page's beginning.
    await page.keyboard.press("Control+Home");
    await tabTo(() => page.evaluate(() => document.activeElement?.textContent === "Season"));
    await page.keyboard.press("Enter");
    await page.getByText("3 complete").waitFor();
    expect(faults).toEqual([]);
  });

  it("says of a range outside of the season why there is nothing to collect", async () => {
    const server = await start();
    const { page } = await open(server, "/season?from=2020-01-01&to=2020-01-03");
    await page.getByText("0 dates to collect").waitFor();
    await page.getByText(/leave out Jan 1 – 3, 2020 \(3 dates\): Outside the season of \d{4}/).waitFor();
    expect(await page.getByRole("button", { name: "Collect", exact: true }).isDisabled()).toBe(true);
  });

  it("asks for a token, shows a viewer what an operator does and nothing that only an operator may do", async () => {
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
    await page.getByText("Nothing was collected yet").waitFor();
    for (const [view, shown] of [
      ["Season", "A range of dates"],
      ["Schedules", "Demo league"],
      ["Sources", "What was found"],
    ] as const) {
      await page.getByRole("link", { name: view, exact: true }).click();
      await page.getByRole("heading", { name: shown }).waitFor();
      const acts = page.getByRole("button", { name: /Collect|Waive|Choose|Add|Enable|Run now|Change|Delete|Log in/ });
      expect(await acts.count(), view).toBe(0);
    }
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Token").waitFor();
    await enter("operator-token-0123");
    await page.getByRole("heading", { name: "What was found" }).waitFor();
    await page.getByRole("button", { name: "Add the league" }).waitFor();
  });
});
