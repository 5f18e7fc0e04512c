import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";

const KEY = "458.l.100";

const start = async ({ data }: Ledger, more = "") =>
  (
    await data(
      `mutation { startVerification(input: { leagueKey: "${KEY}" ${more} }) { created job { id kind status startDate endDate } jobs { leagueKey } } }`,
    )
  ).startVerification;
const reportOf = async ({ data }: Ledger, id: string) =>
  (
    await data(
      `{ job(id: "${id}") { status requests recordsProcessed recordsUnchanged progress { datesCompleted datesTotal percent itemsProcessed } checkpoint { currentDate }
         report { valid errors warnings datesChecked teamDaysChecked recordsChecked findings { code date } } } }`,
    )
  ).job;

async function collected(): Promise<Ledger> {
  const ledger = await openLedger();
  await ledger.start("2025-04-01", "2025-04-06");
  await ledger.work();
  ledger.yahoo.requests.length = 0;
  return ledger;
}
const lose = ({ db }: Ledger, date: string) =>
  db.write([sql`delete from daily_lineups where date = ${date} and team_key = ${`${KEY}.t.2`}`]);

describe("verification", () => {
  it("checks every record without a request to the source, and its report does not change when records are damaged later", async () => {
    const ledger = await collected();
    const { job } = await start(ledger);
    expect(job).toMatchObject({ kind: "VERIFY", status: "QUEUED", startDate: "2025-04-01", endDate: "2025-04-06" });
    expect(job.id).toMatch(/^lineup_verification_production_\d{8}_\d{6}_[0-9a-f]{6}$/);
    await ledger.work();
    const done = await reportOf(ledger, job.id);
    const [row] = await ledger.db.orm.all<{ n: number }>(sql`select count(*) as n from daily_lineups`);
    expect(done).toMatchObject({
      status: "COMPLETED",
      requests: 0,
      recordsProcessed: row?.n,
      progress: { datesCompleted: 6, percent: 100, itemsProcessed: 72 },
      report: {
        valid: true,
        errors: 0,
        warnings: 0,
        datesChecked: 6,
        teamDaysChecked: 72,
        recordsChecked: row?.n,
        findings: [],
      },
    });
    expect(ledger.yahoo.requests).toEqual([]);
    const { jobEvents } = await ledger.data(`{ jobEvents(jobId: "${job.id}") { events { message } } }`);
    expect(jobEvents.events.map(({ message }: { message: string }) => message)).toEqual([
      "Queued: 458.l.100, 2025-04-01 to 2025-04-06, 6 dates to verify",
      expect.any(String),
      ...["1", "2", "3", "4", "5", "6"].map((d) => `2025-04-0${d}: 12 lineups, 312 records; nothing is wrong`),
      "Verified: 1,872 records of 6 dates; 0 errors, 0 warnings",
    ]);
    // Later damage does not change an earlier report.
    await lose(ledger, "2025-04-03");
    expect((await reportOf(ledger, job.id)).report.valid).toBe(true);
  });

  it("stops when its budget is spent, and resumes at its checkpoint", async () => {
    const ledger = await collected();
    await lose(ledger, "2025-04-02");
    const { job } = await start(ledger);
    const { tick } = ledger.server;
    await ledger.clock.drive(tick({ budgetMs: 1_000_000, maxDates: 4 }));
    expect(await reportOf(ledger, job.id)).toMatchObject({
      status: "RUNNING",
      progress: { datesCompleted: 4, datesTotal: 6 },
      checkpoint: { currentDate: "2025-04-05" },
      report: { datesChecked: 4, errors: 1, findings: [{ code: "RECORDS_DAMAGED", date: "2025-04-02" }] },
    });
    await ledger.data(`mutation { pauseCollection(jobId: "${job.id}") { job { status } } }`);
    await ledger.data(`mutation { resumeCollection(jobId: "${job.id}") { job { status } } }`);
    await ledger.work();
    expect(await reportOf(ledger, job.id)).toMatchObject({
      status: "COMPLETED",
      report: { datesChecked: 6, errors: 1, findings: [{ code: "RECORDS_DAMAGED", date: "2025-04-02" }] },
    });
  });

  it("can run at the same time as a collection of the same dates, but not at the same time as another verification", async () => {
    const ledger = await collected();
    const id = await ledger.start("2025-04-01", "2025-04-06");
    const first = await start(ledger);
    await expect(start(ledger)).rejects.toThrow(
      /Cannot start a verification of 2025-04-01 to 2025-04-06: job lineup_verification_/,
    );
    await ledger.work();
    expect((await ledger.job(id)).status).toBe("COMPLETED");
    expect((await reportOf(ledger, first.job.id)).report).toMatchObject({ valid: true, datesChecked: 6 });
  });

  it("starts a job for each league, and is refused if the league is unknown or nothing is stored", async () => {
    const ledger = await collected();
    const { startVerification } = await ledger.data("mutation { startVerification(input: {}) { jobs { leagueKey } } }");
    expect(startVerification.jobs).toEqual([{ leagueKey: KEY }]);
    const refused = async (input: string) =>
      (await ledger.ask(`mutation { startVerification(input: ${input}) { created } }`)).errors?.[0];
    expect(await refused('{ leagueKey: "458.l.7" }')).toMatchObject({
      message: "League 458.l.7 has not been collected",
      extensions: { code: "NOT_FOUND" },
    });
    expect(await refused("{ environment: TEST }")).toMatchObject({
      message: "Cannot verify anything in TEST: nothing is stored there",
    });
    expect(await refused('{ start: "2025-04-02", end: "2025-04-01" }')).toMatchObject({
      extensions: { code: "BAD_USER_INPUT" },
    });
  });

  it("marks damaged dates if the schedule's setting `mend` is on, and the next update collects the damaged dates again", async () => {
    const ledger = await collected();
    await lose(ledger, "2025-04-04");
    const { createSchedule } = await ledger.data(
      `mutation { createSchedule(input: { name: "nightly", kind: VERIFY, mend: true, leagueKey: "${KEY}", cron: "0 3 * * *" }) { schedule { id kind mend } } }`,
    );
    expect(createSchedule.schedule).toMatchObject({ kind: "VERIFY", mend: true });
    const { triggerSchedule } = await ledger.data(
      `mutation { triggerSchedule(id: "${createSchedule.schedule.id}") { job { id kind metadata } } }`,
    );
    expect(triggerSchedule.job).toMatchObject({ kind: "VERIFY", metadata: { mend: true, scheduleName: "nightly" } });
    await ledger.work();
    const { league } = await ledger.data(
      `{ league(key: "${KEY}") { coverage(start: "2025-04-04", end: "2025-04-04") { ranges { state reason } } } }`,
    );
    expect(league.coverage.ranges).toEqual([
      {
        state: "PARTIAL",
        reason:
          "Damaged: The stored records have changed since they were written: the players or the slots differ; there are 0 records, but 26 were written",
      },
    ]);
    await ledger.data(`mutation { startUpdate(input: { leagueKey: "${KEY}" }) { job { id } } }`);
    await ledger.work();
    const { job } = await start(ledger);
    await ledger.work();
    expect((await reportOf(ledger, job.id)).report).toMatchObject({ valid: true });
  });
});

it("a collection repairs a damaged lineup and reports the repair in the date's event", async () => {
  const ledger = await collected();
  await lose(ledger, "2025-04-04");
  const id = await ledger.start("2025-04-04", "2025-04-04");
  await ledger.work();
  const { jobEvents } = await ledger.data(`{ jobEvents(jobId: "${id}") { events { type message data } } }`);
  expect(jobEvents.events.find(({ type }: { type: string }) => type === "DATE_COMPLETED")).toMatchObject({
    message:
      "2025-04-04: 12 teams, 312 records (26 new, 0 changed, 286 unchanged); repaired 1 lineup with damaged records",
    data: { lineupsRepaired: 1 },
  });
  expect(
    (await ledger.data(`{ lineupChanges(leagueKey: "${KEY}") { changes { kind } } }`)).lineupChanges.changes,
  ).toEqual([]);
});
