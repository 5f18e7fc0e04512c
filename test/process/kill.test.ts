import { describe, expect, it } from "vitest";
import { addDays, datesBetween } from "../../src/calendar.ts";
import { collectUnderKills, expectedRecords } from "../support/kills.ts";
import { makeFolder } from "../support/ledger.ts";
import { hasRealWeeks, madeSeason, REAL_START, realWeeks } from "../support/season.ts";

// The shortest version of `npm run proof:kills`, shorter than kill.long.test.ts.
const START = REAL_START;
const END = addDays(START, 6);

describe("SIGKILL at a random moment", () => {
  const season = hasRealWeeks ? realWeeks() : madeSeason();
  it("causes neither lost records nor repeated dates", async () => {
    const kills = 1;
    const report = await collectUnderKills(season, { start: START, end: END, kills, workers: 1, folder: makeFolder() });
    expect(report.records).toEqual(expectedRecords(season, datesBetween(START, END)));
    expect(report).toMatchObject({ status: "COMPLETED", integrity: "ok", askedAgain: [], kills });
    // A kill costs at most three requests: the two in flight, and one whose answer had arrived but was not stored yet.
    expect(report.rosterRequests).toBeLessThanOrEqual(7 + 3 * kills);
  });
});
