import { describe, expect, it } from "vitest";
import { checkPattern, dueTimes, lastDueTime } from "../../src/schedules/cron.ts";
import { iso, TABLE } from "../support/dueTimes.ts";

describe("due times", () => {
  it.each(TABLE)("match the table: %s (%s %s)", (_, cron, timezone, after, due) => {
    const expected = due.map((at) => iso(Date.parse(at)));
    expect(dueTimes({ cron, timezone }, Date.parse(after), { limit: due.length }).map(iso)).toEqual(expected);
    for (const at of expected) {
      expect(lastDueTime({ cron, timezone }, Date.parse(at))).toBe(Date.parse(at));
      expect(lastDueTime({ cron, timezone }, Date.parse(at) - 1)).not.toBe(Date.parse(at));
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
  ])("refuses the pattern %s and says why", (cron, reason) => {
    expect(() => checkPattern({ cron, timezone: "UTC" }, NOW)).toThrow(reason);
    expect(() => checkPattern({ cron, timezone: "UTC" }, NOW)).toThrow(/; allowed: five fields/);
  });

  it.each(["America/Nowhere", "", "+25:00", "x".repeat(500)])("refuses the time zone %s", (timezone) => {
    expect(() => checkPattern({ cron: "0 6 * * *", timezone }, NOW)).toThrow(
      /^timezone: ".{0,80}" is not a time zone; allowed: an IANA name/,
    );
  });
});
