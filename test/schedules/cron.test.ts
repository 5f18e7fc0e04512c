import { describe, expect, it } from "vitest";
import { checkPattern, dueTimes, lastDueTime, nextDueTime } from "../../src/schedules/cron.ts";
import { openLedger } from "../support/ledger.ts";
import { CREATE_SCHEDULE, GET_SCHEDULE } from "../support/queries.ts";

const iso = (at: number) => new Date(at).toISOString();

/** Due times around each zone's clock changes by the IANA time zone database 2025b. */
const TABLE: [what: string, cron: string, timezone: string, after: string, due: string[]][] = [
  // 2:00 becomes 3:00 at 07:00Z; 2:00 becomes 1:00 at 06:00Z.
  [
    "New York, spring 2026, a skipped time comes at the end of the gap",
    "30 2 * * *",
    "America/New_York",
    "2026-03-07T12:00Z",
    ["2026-03-08T07:00Z", "2026-03-09T06:30Z", "2026-03-10T06:30Z"],
  ],
  [
    "New York, spring 2026, an hourly pattern goes on every hour",
    "0 * * * *",
    "America/New_York",
    "2026-03-08T05:30Z",
    ["2026-03-08T06:00Z", "2026-03-08T07:00Z", "2026-03-08T08:00Z"],
  ],
  [
    "New York, spring 2026, the league's three times",
    "0 6,13,22 * * *",
    "America/New_York",
    "2026-03-08T01:00Z",
    ["2026-03-08T03:00Z", "2026-03-08T10:00Z", "2026-03-08T17:00Z", "2026-03-09T02:00Z"],
  ],
  [
    "New York, autumn 2026, a time that comes twice counts once",
    "30 1 * * *",
    "America/New_York",
    "2026-10-31T12:00Z",
    ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
  ],
  [
    "New York, autumn 2026, 2:30 comes once",
    "30 2 * * *",
    "America/New_York",
    "2026-10-31T12:00Z",
    ["2026-11-01T07:30Z", "2026-11-02T07:30Z"],
  ],
  [
    "New York, autumn 2026, an hourly pattern goes on every hour",
    "0 * * * *",
    "America/New_York",
    "2026-11-01T04:30Z",
    ["2026-11-01T05:00Z", "2026-11-01T06:00Z", "2026-11-01T07:00Z", "2026-11-01T08:00Z"],
  ],
  [
    "New York, autumn 2026, each half hour from one o'clock, both times",
    "*/30 1 * * *",
    "America/New_York",
    "2026-11-01T04:30Z",
    ["2026-11-01T05:00Z", "2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z", "2026-11-02T06:00Z"],
  ],
  [
    "New York, spring 2027, a skipped time comes at the end of the gap",
    "30 2 * * *",
    "America/New_York",
    "2027-03-13T12:00Z",
    ["2027-03-14T07:00Z", "2027-03-15T06:30Z"],
  ],
  [
    "New York, autumn 2027, a time that comes twice counts once",
    "30 1 * * *",
    "America/New_York",
    "2027-11-06T12:00Z",
    ["2027-11-07T05:30Z", "2027-11-08T06:30Z"],
  ],
  // Lord Howe changes by half an hour: 2:00 becomes 2:30 at 15:30Z; 2:00 becomes 1:30 at 15:00Z.
  [
    "Lord Howe, spring 2026, a skipped time comes at the end of the gap",
    "15 2 * * *",
    "Australia/Lord_Howe",
    "2026-10-02T00:00Z",
    ["2026-10-02T15:45Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"],
  ],
  [
    "Lord Howe, autumn 2026, a time that comes twice counts once",
    "45 1 * * *",
    "Australia/Lord_Howe",
    "2026-04-03T00:00Z",
    ["2026-04-03T14:45Z", "2026-04-04T14:45Z", "2026-04-05T15:15Z"],
  ],
  [
    "Lord Howe, autumn 2026, every twenty minutes of local time",
    "*/20 * * * *",
    "Australia/Lord_Howe",
    "2026-04-04T14:30Z",
    ["2026-04-04T14:40Z", "2026-04-04T15:10Z", "2026-04-04T15:30Z", "2026-04-04T15:50Z"],
  ],
  // Midnight of 24 April does not exist: 0:00 becomes 1:00 at 22:00Z of the 23rd; midnight of 30 October comes twice.
  [
    "Cairo, spring 2026, midnight is skipped",
    "0 0 * * *",
    "Africa/Cairo",
    "2026-04-22T12:00Z",
    ["2026-04-22T22:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"],
  ],
  [
    "Cairo, spring 2026, half past midnight is skipped",
    "30 0 * * *",
    "Africa/Cairo",
    "2026-04-22T12:00Z",
    ["2026-04-22T22:30Z", "2026-04-23T22:00Z", "2026-04-24T21:30Z"],
  ],
  [
    "Cairo, autumn 2026, 23:30 comes twice and counts once",
    "30 23 * * *",
    "Africa/Cairo",
    "2026-10-28T12:00Z",
    ["2026-10-28T20:30Z", "2026-10-29T20:30Z", "2026-10-30T21:30Z"],
  ],
  [
    "the last day of each month",
    "0 12 L * *",
    "UTC",
    "2028-01-01T00:00Z",
    ["2028-01-31T12:00Z", "2028-02-29T12:00Z", "2028-03-31T12:00Z", "2028-04-30T12:00Z"],
  ],
  ["leap day", "0 12 29 2 *", "UTC", "2026-01-01T00:00Z", ["2028-02-29T12:00Z", "2032-02-29T12:00Z"]],
  [
    "the last Friday of a month",
    "0 12 * * FRI#L",
    "UTC",
    "2026-01-01T00:00Z",
    ["2026-01-30T12:00Z", "2026-02-27T12:00Z"],
  ],
  [
    "the 31st of each month that has one",
    "0 12 31 * *",
    "UTC",
    "2026-01-15T00:00Z",
    ["2026-01-31T12:00Z", "2026-03-31T12:00Z", "2026-05-31T12:00Z"],
  ],
  ["@daily, in its zone", "@daily", "Asia/Kathmandu", "2026-01-01T00:00Z", ["2026-01-01T18:15Z", "2026-01-02T18:15Z"]],
];

describe("due times", () => {
  it.each(TABLE)("are right for %s: %s %s", (_, cron, timezone, after, due) => {
    const expected = due.map((at) => iso(Date.parse(at)));
    expect(dueTimes({ cron, timezone }, Date.parse(after), { limit: due.length }).map(iso)).toEqual(expected);
    for (const at of expected) {
      expect(lastDueTime({ cron, timezone }, Date.parse(at))).toBe(Date.parse(at));
      expect(lastDueTime({ cron, timezone }, Date.parse(at) - 1)).not.toBe(Date.parse(at));
    }
  });

  it("start a job at the injected clock's time, neither earlier nor twice", async () => {
    const [earliest = ""] = TABLE.map(([, , , after]) => after).sort();
    const ledger = await openLedger({ now: new Date(earliest).toISOString() });
    for (const [name, cron, timezone, after, due] of TABLE) {
      ledger.clock.set(new Date(after).toISOString());
      const input = { name, cron, timezone, leagueKey: "458.l.100", lookbackDays: 1 };
      const { id } = (await ledger.data(CREATE_SCHEDULE, { input })).createSchedule.schedule;
      const expected: string[] = [];
      for (const at of due) {
        ledger.clock.set(Date.parse(at) - 1);
        await ledger.server.tick({ budgetMs: 0 });
        ledger.clock.set(Date.parse(at));
        await Promise.all([1, 2].map(() => ledger.server.tick({ budgetMs: 0 })));
        expected.unshift(iso(Date.parse(at)));
        const { schedule } = await ledger.data(GET_SCHEDULE, { id });
        expect(schedule.decisions.map((d: { scheduledFor: string }) => d.scheduledFor)).toEqual(expected);
        expect(schedule.decisions[0]).toMatchObject({ outcome: "STARTED", decidedAt: expected[0] });
        await ledger.ask(`mutation { cancelCollection(jobId: "${schedule.decisions[0].jobId}") { job { id } } }`);
        await ledger.server.tick({ budgetMs: 0 });
      }
      await ledger.data(`mutation { deleteSchedule(id: "${id}") { deletedId } }`);
    }
  });

  it("are the same from lastDueTime() and nextDueTime() over two years in every zone of the table", () => {
    const until = Date.parse("2028-01-01T00:00Z");
    for (const [, cron, timezone] of TABLE) {
      const times = dueTimes({ cron, timezone }, Date.parse("2026-01-01T00:00Z"), { until, limit: 150 });
      for (const [i, at] of times.entries()) {
        const next = times[i + 1];
        if (next !== undefined) expect(lastDueTime({ cron, timezone }, next - 1)).toBe(at);
        expect(nextDueTime({ cron, timezone }, at - 1)).toBe(at);
      }
    }
  });
});

describe("checkPattern()", () => {
  const NOW = Date.parse("2026-01-01T00:00Z");
  it.each([
    ["0 25 * * *", "Invalid value for hour: 25 (field 2, hour: 25, at character 3)"],
    ["0 0 * 13 *", "(field 4, month: 13, at character 7)"],
    ["0  0 1 * MON-FOO", "contains illegal characters (field 5, day of the week: MON-FOO, at character 10)"],
    ["*/0 * * * *", "illegal stepping: 0 (field 1, minute: */0, at character 1)"],
    ["* * * * * *", "6 fields given; expected 5. Seconds are not supported"],
    ["0 0 1 1 * * 2027", "7 fields given; expected 5"],
    ["0 6 * *", "it has 4 fields"],
    ["hourly", "it has 1 field;"],
    ["", "it has 0 fields"],
    ["@never", "there is no such name"],
    ["2027-01-01T00:00:00", "it has 1 field;"],
    ["0 0 30 2 *", "it is never due because there is no such day"],
    [`0 0 * * ${"1,".repeat(60)}1`, "it has 129 characters, more than 100"],
  ])("refuses %s with the reason and the place", (cron, reason) => {
    expect(() => checkPattern({ cron, timezone: "UTC" }, NOW)).toThrow(reason);
    expect(() => checkPattern({ cron, timezone: "UTC" }, NOW)).toThrow(/; allowed: five fields/);
  });

  it.each(["America/Nowhere", "", "+25:00", "x".repeat(500)])("refuses the zone %s", (timezone) => {
    expect(() => checkPattern({ cron: "0 6 * * *", timezone }, NOW)).toThrow(
      /^timezone: ".{0,80}" is not a time zone; allowed: an IANA name/,
    );
  });
});
