import { expect, it } from "vitest";
import { inChromium, jobCompleted, violations } from "../support/browser.ts";

const SCHEDULES = "{ schedules { name kind cron enabled lookbackDays mend } }";

inChromium("schedules in the dashboard", ({ start, open }) => {
  it("can be created from chosen hours of the day, and can be changed, run and deleted", async () => {
    const server = await start();
    const named = async (name: string) =>
      (await server.data(SCHEDULES)).schedules.find((schedule: { name: string }) => schedule.name === name);
    const { page, faults } = await open(server, "/schedules");
    await page.getByText("Add a schedule for this league").click();
    await page.getByText("Every day at 6:00, 13:00 and 22:00").waitFor();
    await page.getByLabel("13:00").uncheck();
    await page.getByLabel("Name").fill("twice a day");
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Add schedule" }).click();
    await page.getByRole("heading", { name: "twice a day" }).waitFor();
    const added = { name: "twice a day", kind: "UPDATE", cron: "0 6,22 * * *", enabled: true };
    expect(await named("twice a day")).toMatchObject({ ...added, lookbackDays: 7 });

    await page.getByRole("button", { name: "Edit schedule: twice a day" }).click();
    await page.getByLabel("Days back").nth(1).fill("3");
    await page.getByLabel("Minute").nth(1).fill("30");
    await page.getByLabel("Minute").nth(1).blur();
    await page.getByText("Every day at 6:30 and 22:30").waitFor();
    await page.getByRole("button", { name: "Save schedule" }).click();
    await page.getByText("Every day at 6:30 and 22:30, in America/New_York").waitFor();
    expect(await named("twice a day")).toMatchObject({ ...added, cron: "30 6,22 * * *", lookbackDays: 3 });

    await page.getByRole("button", { name: "Run schedule now: twice a day" }).click();
    await jobCompleted(page);
    await page.getByRole("link", { name: "Schedules", exact: true }).click();
    await page.getByText(/: started/).waitFor();
    await page.getByRole("button", { name: "Delete schedule: twice a day" }).click();
    expect(await named("twice a day")).toBeDefined();
    await page.getByRole("button", { name: "Confirm deletion: twice a day" }).click();
    await page.getByRole("heading", { name: "twice a day" }).waitFor({ state: "detached" });
    expect(await named("twice a day")).toBeUndefined();
    expect(faults).toEqual([]);
  });

  it("can verify lineups at the times of a custom cron pattern, and the form keeps its values if the pattern is invalid", async () => {
    const server = await start();
    const { page } = await open(server, "/schedules");
    // Text that is typed before the list has loaded is not lost.
    const list = Promise.withResolvers<void>();
    await page.route("**/graphql*", async (route) => {
      if (/query Schedules\b/.test(route.request().postData() ?? "")) await list.promise;
      await route.continue();
    });
    await page.reload();
    await page.getByText("Add a schedule for this league").click();
    await page.getByLabel("Name").fill("sundays");
    list.resolve();
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    await page.getByLabel("What it runs").selectOption("a verification of stored lineups");
    await page.getByLabel("Collect damaged dates again").check();
    await page.getByLabel("Custom cron pattern").check();
    const pattern = page.getByLabel("Minute, hour, day of the month");
    await pattern.fill("0 0 4 * * 0");
    await page.getByRole("button", { name: "Add schedule" }).click();
    await page
      .getByRole("alert")
      .getByText(/0 0 4 \* \* 0/)
      .waitFor();
    await pattern.fill("0 4 * * 0");
    await page.getByRole("button", { name: "Add schedule" }).click();
    await page.getByRole("heading", { name: "sundays" }).waitFor();
    const { schedules } = await server.data(SCHEDULES);
    expect(schedules).toContainEqual({
      ...{ name: "sundays", kind: "VERIFY", cron: "0 4 * * 0", enabled: true },
      ...{ lookbackDays: 7, mend: true },
    });
  });
});
