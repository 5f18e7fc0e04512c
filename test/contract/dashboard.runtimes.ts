import { expect, it, onTestFinished } from "vitest";
import { inChromium, LONG } from "../support/browser.ts";
import { WORKER_TOKEN } from "../support/process.ts";
import { TARGETS } from "./targets.ts";

// Opens the same page from every runtime in a real browser. Part of `npm run test:runtimes`.
inChromium("dashboard", ({ open }) => {
  it.each(Object.keys(TARGETS))("collects dates and shows their lineups when it is served by %s", async (name) => {
    const target = await TARGETS[name]?.();
    if (!target) throw new Error(`There is no target ${name}`);
    onTestFinished(() => target.remove());
    const server = await target.start({ LEASE_SECONDS: "1" });
    onTestFinished(async () => void (await server.kill("SIGKILL")));
    const { page, faults } = await open(server);
    if (target.wantsToken) {
      await page.getByLabel("Token").fill(WORKER_TOKEN);
      await page.getByRole("button", { name: "Log in" }).click();
      // The browser reports the 401 that made the page ask for a token.
      faults.length = 0;
    }
    // A Worker does not add the demo league to the list by itself.
    const begin = page.getByRole("button", { name: "Add the demo league" });
    await begin.or(page.locator(".calendar")).waitFor(LONG);
    if (await begin.isVisible()) await begin.click();
    const first = page.locator(".cell[tabindex='0']");
    await first.waitFor(LONG);
    await first.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByText("2 dates to collect, 2 requests").waitFor(LONG);
    await page.getByRole("button", { name: "Collect dates", exact: true }).click();
    await page.getByRole("heading", { name: "Events" }).waitFor(LONG);
    await target.nudge(server);
    await page.locator(".state .badge.COMPLETED").waitFor(LONG);
    await page.getByRole("link", { name: "Lineups", exact: true }).click();
    await page.locator(".team").first().waitFor(LONG);
    expect(await page.locator(".team").count()).toBe(12);
    expect(faults).toEqual([]);
  });
});
