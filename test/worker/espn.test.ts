import { describe, expect, it } from "vitest";
import { MEMBER, madeEspnSeason } from "../support/espn.ts";
import { KEY, withEspn } from "../support/espnLedger.ts";

describe("ESPN league", () => {
  it("is collected with a member's cookies if it is private, and the cookies never appear in the job or the log", async () => {
    const { s2 = "", swid = "" } = /espn_s2=(?<s2>[^;]+); SWID=(?<swid>.+)/.exec(MEMBER)?.groups ?? {};
    const seasons = [madeEspnSeason({ isPrivate: true })];
    const { ledger: public_ } = await withEspn(seasons);
    const refused = await public_.start("2025-04-01", "2025-04-01", { leagueKey: KEY });
    await public_.work();
    expect(await public_.job(refused)).toMatchObject({ status: "FAILED", error: { code: "LEAGUE_PRIVATE" } });
    const { espn, ledger } = await withEspn(seasons, { ESPN_S2: s2, ESPN_SWID: swid });
    const id = await ledger.start("2025-04-01", "2025-04-02", { leagueKey: KEY });
    espn.fault = (path) =>
      path.includes("scoringPeriodId=15") ? { status: 500, body: `{"messages":["${s2} ${swid} and so on"]}` } : null;
    await ledger.work();
    const job = await ledger.job(id);
    expect(job).toMatchObject({ status: "FAILED", progress: { datesCompleted: 1 } });
    expect(JSON.stringify([job, ledger.logged])).not.toMatch(/canary|AAAA-BBBB/);
  });

  it("has calendar days that follow Eastern time", async () => {
    const { espn, ledger } = await withEspn([madeEspnSeason({ finalPeriod: 250 })]);
    const plan = async (end: string) =>
      ledger.ask("query ($i: StartCollectionInput!) { collectionPlan(input: $i) { requests } }", {
        i: { leagueKey: KEY, start: "2025-10-01", end },
      });
    // 03:00 in New York. ESPN still shows the day before.
    ledger.clock.set(Date.parse("2025-10-03T07:00:00Z"));
    espn.latest = 199;
    expect(await plan("2025-10-03")).toMatchObject({
      errors: [{ message: expect.stringContaining("Today is 2025-10-02 in the league's calendar (Eastern time") }],
    });
    const id = await ledger.start("2025-10-01", "2025-10-02", { leagueKey: KEY });
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
    // 07:00 in New York.
    ledger.clock.set(Date.parse("2025-10-03T11:00:00Z"));
    expect((await plan("2025-10-03")).errors).toBeUndefined();
  });
});
