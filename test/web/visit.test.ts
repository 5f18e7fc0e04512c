import { expect, it } from "vitest";
import { inChromium, jobCompleted } from "../support/browser.ts";

// This is the short test of the dashboard. The dashboard's other tests are in *.long.test.ts.
inChromium("dashboard", ({ start, open }) => {
  it("can be used with the keyboard alone, from the first visit to a completed job", async () => {
    const server = await start();
    const { page, faults } = await open(server);
    const button = page.getByRole("button", { name: "Collect the demo season so far" });
    await button.waitFor();
    /** Presses Tab until the condition holds. */
    const tabTo = async (isThere: () => Promise<boolean>) => {
      for (let presses = 0; presses < 60; presses++) {
        if (await isThere()) return;
        await page.keyboard.press("Tab");
      }
      throw new Error("60 presses of Tab did not get there");
    };
    const focused = (selector: string) => () =>
      page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    // Choose a range of three dates in the calendar, see its plan, and start it.
    await tabTo(focused(".cell"));
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByText("3 dates to collect, 3 requests").waitFor();
    expect(new URL(page.url()).searchParams.get("from")).toMatch(/^\d{4}-\d\d-\d\d$/);
    await tabTo(() => page.evaluate(() => document.activeElement?.textContent === "Collect dates"));
    await page.keyboard.press("Enter");
    await jobCompleted(page);
    const { jobs } = await server.data("{ jobs { nodes { status kind progress { datesCompleted } } } }");
    expect(jobs.nodes).toEqual([{ status: "COMPLETED", kind: "COLLECTION", progress: { datesCompleted: 3 } }]);
    // From the beginning of the page, press Tab until the link to the season has the focus, and open the link.
    await page.keyboard.press("Control+Home");
    await tabTo(() => page.evaluate(() => document.activeElement?.textContent === "Season"));
    await page.keyboard.press("Enter");
    await page.getByText("3 complete").waitFor();
    expect(faults).toEqual([]);
  });
});
