import { describe, expect, it } from "vitest";
import { addDays, dateIn, datesBetween, daysBetween, isDate, rangeFault } from "../src/calendar.ts";
import { EASTERN, PACIFIC } from "../src/source/leagueKey.ts";

const iso = (at: number) => new Date(at).toISOString();

describe("calendar", () => {
  it.each([
    ["2024-02-29", true],
    ["2025-02-29", false],
    ["2025-13-01", false],
    ["2025-4-1", false],
    ["2025-04-01T00:00:00Z", false],
    ["", false],
  ])("isDate(%s) returns %s", (text, expected) => expect(isDate(text)).toBe(expected));

  it("counts days correctly across clock changes, leap days and ends of years", () => {
    expect(addDays("2025-03-08", 1)).toBe("2025-03-09");
    expect(addDays("2025-03-09", 1)).toBe("2025-03-10");
    expect(addDays("2025-11-01", 2)).toBe("2025-11-03");
    expect(addDays("2024-02-28", 1)).toBe("2024-02-29");
    expect(addDays("2025-01-01", -1)).toBe("2024-12-31");
    expect(daysBetween("2025-03-01", "2025-03-31")).toBe(31);
    expect(daysBetween("2025-03-31", "2025-03-01")).toBeLessThan(1);
    expect(datesBetween("2025-10-31", "2025-11-03")).toEqual(["2025-10-31", "2025-11-01", "2025-11-02", "2025-11-03"]);
    expect(datesBetween("2025-11-03", "2025-10-31")).toEqual([]);
  });

  it("starts a Pacific date at midnight Pacific time", () => {
    expect(PACIFIC.dateAt(Date.parse("2025-04-02T06:59:59.999Z"))).toBe("2025-04-01");
    expect(PACIFIC.dateAt(Date.parse("2025-04-02T07:00:00Z"))).toBe("2025-04-02");
    expect(PACIFIC.dateAt(Date.parse("2025-12-02T07:59:59Z"))).toBe("2025-12-01");
  });

  it("makes a Pacific date final at 03:00 Pacific time of the next day, in summer, in winter and on clock-change days", () => {
    expect(iso(PACIFIC.finalAt("2025-07-01"))).toBe("2025-07-02T10:00:00.000Z");
    expect(iso(PACIFIC.finalAt("2025-12-01"))).toBe("2025-12-02T11:00:00.000Z");
    expect(iso(PACIFIC.finalAt("2025-03-08"))).toBe("2025-03-09T10:00:00.000Z");
    expect(iso(PACIFIC.finalAt("2025-03-07"))).toBe("2025-03-08T11:00:00.000Z");
    expect(iso(PACIFIC.finalAt("2025-11-01"))).toBe("2025-11-02T11:00:00.000Z");
  });

  it("starts an Eastern date at 06:00 Eastern time, when the previous date becomes final", () => {
    expect(EASTERN.dateAt(Date.parse("2025-04-02T09:59:59Z"))).toBe("2025-04-01");
    expect(EASTERN.dateAt(Date.parse("2025-04-02T10:00:00Z"))).toBe("2025-04-02");
    expect(dateIn(EASTERN.zone, Date.parse("2025-04-02T04:00:00Z"))).toBe("2025-04-02");
    expect(iso(EASTERN.finalAt("2025-07-01"))).toBe("2025-07-02T10:00:00.000Z");
    expect(EASTERN.lastFinalDate(Date.parse("2025-07-02T09:59:59Z"))).toBe("2025-06-30");
    expect(EASTERN.lastFinalDate(Date.parse("2025-07-02T10:00:00Z"))).toBe("2025-07-01");
  });
});

describe("rangeFault()", () => {
  it.each([
    ["2025-04-01", "2025-04-01", null],
    ["2025-04-01", "2026-04-01", null],
    ["2025-04-01", "2026-04-02", "2025-04-01 to 2026-04-02 is 367 days; expected at most 366"],
    ["2025-04-02", "2025-04-01", "end 2025-04-01 comes before start 2025-04-02; expected end on or after start"],
  ])("for the range %s to %s returns: %s", (start, end, fault) => {
    expect(rangeFault({ start, end }, 366)).toBe(fault);
  });

  it("allows a range of any length when no maximum is given", () => {
    expect(rangeFault({ start: "2000-01-01", end: "2025-01-01" })).toBeNull();
  });
});
