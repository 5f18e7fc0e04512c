import { describe, expect, it } from "vitest";
import { addDays, datesBetween } from "../../src/calendar.ts";
import { collectUnderKills, expectedRecords } from "../support/kills.ts";
import { makeFolder } from "../support/ledger.ts";
import { hasRealWeeks, madeSeason, REAL_START, realWeeks } from "../support/season.ts";

// The short version of `npm run proof:kills`, with three of the five weeks and few kills.
const START = REAL_START;
const END = addDays(START, 20);

describe("SIGKILL at random moments", () => {
  const season = hasRealWeeks ? realWeeks() : madeSeason();
  it.each([
    ["one process", 1, 2],
    ["two processes on one database file", 2, 2],
  ])("causes neither lost records nor repeated dates with %s", async (_, workers, kills) => {
    const report = await collectUnderKills(season, {
      start: START,
      end: END,
      kills,
      workers,
      folder: makeFolder(),
    });
    expect(report.records).toEqual(expectedRecords(season, datesBetween(START, END)));
    expect(report).toMatchObject({ status: "COMPLETED", integrity: "ok", askedAgain: [], kills });
    // A kill costs at most three requests: the two in flight, and one whose answer had arrived but was not stored yet.
    expect(report.rosterRequests).toBeLessThanOrEqual(21 + 3 * kills);
  });
});
