import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { newKey } from "../../src/source/credentials/seal.ts";
import { madeEspnSeason, startEspn } from "../support/espn.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { ANSWERS } from "../support/yahoo.ts";

const HEALTH = "query ($probe: Boolean!) { health(probe: $probe) { status checks { name status message remedy at } } }";
type Check = { name: string; status: string; message: string; remedy: string | null; at: string };
const healthOf = async (ledger: Ledger, probe = false): Promise<{ status: string; checks: Check[] }> =>
  (await ledger.data(HEALTH, { probe })).health;
const checkIn = ({ checks }: { checks: Check[] }, name: string) => checks.find((check) => check.name === name);

async function withSources(env: Record<string, string> = {}) {
  const espn = await startEspn(madeEspnSeason());
  onTestFinished(() => espn.close());
  const ledger = await openLedger({ env: { ESPN_BASE_URL: espn.baseUrl, ENCRYPTION_KEY: newKey(), ...env } });
  return { espn, ledger };
}

describe("health", () => {
  it("reports the state of each part and the result of each source's last probe, without a request to a source", async () => {
    const { espn, ledger } = await withSources();
    const quiet = await healthOf(ledger);
    expect(quiet.status).toBe("OK");
    expect(quiet.checks.map(({ name, status }) => [name, status])).toEqual(
      ["clock", "database", "migrations", "workers", "yahoo"].map((name) => [name, "OK"]),
    );
    expect(checkIn(quiet, "database")?.message).toMatch(/^writable in \d+ ms, (WAL|delete), \d+\.\d MB$/);
    expect([espn.requests, ledger.yahoo.requests]).toEqual([[], []]);

    const probed = await healthOf(ledger, true);
    expect(checkIn(probed, "yahoo answers")).toMatchObject({
      status: "OK",
      message: expect.stringContaining("is approved"),
    });
    expect(checkIn(probed, "espn answers")).toMatchObject({
      message: expect.stringContaining("current season is 2026 (public leagues only)"),
    });
    await ledger.clock.advance(60_000);
    const later = await healthOf(ledger);
    expect(checkIn(later, "espn answers")).toEqual(checkIn(probed, "espn answers"));
    expect([espn.requests.length, ledger.yahoo.requests.length]).toEqual([1, 1]);
  });

  it("reports what is wrong with each source and how to fix it", async () => {
    const { espn, ledger } = await withSources();
    ledger.yahoo.fault = () => ANSWERS.appNotApproved;
    espn.fault = () => ({ status: 403, body: "" });
    const health = await healthOf(ledger, true);
    expect(health.status).toBe("FAILURE");
    expect(checkIn(health, "yahoo answers")).toMatchObject({
      status: "FAILURE",
      remedy: "ask for access at https://sports.yahoo.com/developer/access/",
    });
    expect(checkIn(health, "espn answers")?.message).toContain("ESPN_BASE_URL");
  });

  it("distinguishes a refused login, a Yahoo account without a login, and a configuration without a Yahoo account", async () => {
    const { ledger } = await withSources({ YAHOO_REFRESH_TOKEN: "" });
    expect(checkIn(await healthOf(ledger, true), "yahoo")).toMatchObject({
      status: "WARNING",
      remedy: "npx lineups login yahoo",
    });
    expect(ledger.yahoo.requests).toEqual([]);
    const { ledger: refused } = await withSources({ YAHOO_REFRESH_TOKEN: "wrong" });
    await healthOf(refused, true);
    expect(checkIn(await healthOf(refused), "yahoo")).toMatchObject({
      status: "FAILURE",
      message: expect.stringContaining("refuses YAHOO_REFRESH_TOKEN (invalid_grant)"),
    });
    const { ledger: none } = await withSources({
      YAHOO_REFRESH_TOKEN: "",
      YAHOO_CLIENT_ID: "",
      YAHOO_CLIENT_SECRET: "",
    });
    expect(checkIn(await healthOf(none), "yahoo")).toMatchObject({ status: "OK" });
  });

  it("reports how much of the request budget is spent and for how long Yahoo accepts no requests", async () => {
    const { ledger } = await withSources({ REQUESTS_PER_WINDOW: "40", REQUESTS_PER_SECOND: "10" });
    await ledger.start("2025-04-01", "2025-04-03");
    await ledger.work();
    expect(checkIn(await healthOf(ledger), "yahoo budget")).toMatchObject({
      status: "OK",
      message: "5 of 40 requests in 15 minutes",
    });
    const BUDGETS = "{ health { version budgets { source blockedUntil windows { minutes requests made } } } }";
    const espn = { source: "ESPN", blockedUntil: null, windows: [] };
    const windows = [{ minutes: 15, requests: 40, made: 5 }];
    expect((await ledger.data(BUDGETS)).health).toEqual({
      version: packageJson.version,
      budgets: [{ source: "YAHOO", blockedUntil: null, windows }, espn],
    });
    ledger.yahoo.fault = () => ANSWERS.rateLimited;
    await ledger.start("2025-04-04", "2025-04-04");
    await ledger.work();
    expect(checkIn(await healthOf(ledger), "yahoo budget")).toMatchObject({
      status: "WARNING",
      message: "Yahoo accepts no requests for 15 minutes",
    });
    const { budgets } = (await ledger.data(BUDGETS)).health;
    expect(Date.parse(budgets[0].blockedUntil) - ledger.clock.now()).toBe(15 * 60_000);
    await ledger.db.write([sql`drop table source_budgets`]);
    expect((await ledger.data(BUDGETS)).health.budgets).toBeNull();
  });

  it("reports a missing migration, a database that cannot be written, and unfinished jobs without a running worker", async () => {
    const { ledger } = await withSources();
    await ledger.start("2025-04-01", "2025-04-03");
    expect(checkIn(await healthOf(ledger), "workers")).toMatchObject({
      status: "WARNING",
      message: "No worker is running: 1 unfinished job, 0 enabled schedules",
    });
    await ledger.db.write([
      sql`delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)`,
    ]);
    expect(checkIn(await healthOf(ledger), "migrations")).toMatchObject({ status: "FAILURE" });
    await ledger.db.write([
      sql`create trigger no_writes before delete on source_logins begin select raise(abort, 'read only'); end`,
      sql`insert into source_logins values ('a', 'b', 'c', 0, 0)`,
    ]);
    const broken = await healthOf(ledger);
    expect(checkIn(broken, "database")).toMatchObject({
      status: "FAILURE",
      message: expect.stringContaining("read only"),
    });
    expect(checkIn(broken, "clock")).toMatchObject({ status: "OK" });
  });

  it("still reports all other checks if the stored probe results cannot be read or written", async () => {
    const { ledger } = await withSources();
    await ledger.db.write([sql`drop table source_probes`]);
    const health = await healthOf(ledger, true);
    expect(checkIn(health, "espn answers")).toMatchObject({ status: "OK" });
    expect(checkIn(await healthOf(ledger), "database")).toMatchObject({ status: "OK" });
  });

  it("warns if tokens are kept only in memory, and reports FAILURE if tokens were encrypted with another key", async () => {
    const { ledger } = await withSources({ ENCRYPTION_KEY: "" });
    expect(checkIn(await healthOf(ledger), "yahoo")).toMatchObject({
      status: "WARNING",
      message: expect.stringContaining("Set ENCRYPTION_KEY"),
    });
    const { ledger: one } = await withSources();
    await one.start("2025-04-01", "2025-04-01");
    await one.work();
    const other = await openLedger({ url: one.url, env: { ENCRYPTION_KEY: newKey() } });
    expect(checkIn(await healthOf(other), "yahoo")).toMatchObject({
      status: "FAILURE",
      message: expect.stringContaining("sealed with another key"),
    });
  });

  it("counts a request in the budget only if it was actually sent", async () => {
    const { ledger } = await withSources({ YAHOO_REFRESH_TOKEN: "", REQUESTS_PER_WINDOW: "40" });
    for (let day = 1; day < 6; day++) await ledger.start(`2025-04-0${day}`, `2025-04-0${day}`);
    await ledger.work();
    expect(checkIn(await healthOf(ledger), "yahoo budget")?.message).toBe("0 of 40 requests in 15 minutes");
  });

  it("allows only operators to request a probe", async () => {
    const { ledger } = await withSources({ API_TOKENS: "v:viewer:0123456789abcdef" });
    const as = (probe: boolean) => ledger.ask(HEALTH, { probe }, { authorization: "Bearer 0123456789abcdef" });
    expect(await as(true)).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    expect((await as(false)).data?.health.status).toBe("OK");
  });
});
