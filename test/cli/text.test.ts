import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { type Progress, progressLine, progressText } from "../../src/cli/progressLine.ts";
import { cut, duration, plain, table } from "../../src/cli/text.ts";

describe("table()", () => {
  it("aligns columns by display width, and aligns numbers on the right", () => {
    expect(
      table(
        ["Name", "Days"],
        [
          ["José", 3],
          ["大谷翔平", 12],
          ["O'Neill", null],
        ],
      ),
    ).toBe(["Name      Days", "José         3", "大谷翔平    12", "O'Neill", ""].join("\n"));
  });
  it("fits the terminal by using short forms first, then by wrapping the last column, then by cutting texts", () => {
    const headings = ["Job", "Team", "Days", "Reason"];
    const rows = [
      [
        { full: "lineup_update_production_20250802_123456_abc123", short: "abc123" },
        "Łódź Lumber",
        12,
        "The source has no lineups for this date",
      ],
      [{ full: "lineup_update_production_20250802_123457_abc124", short: "abc124" }, "Café Olé", 3, null],
    ];
    expect(table(headings, rows, { width: 120 })).toContain("lineup_update_production_20250802_123456_abc123");
    expect(table(headings, rows, { width: 60 })).toBe(
      [
        "Job     Team         Days  Reason",
        "abc123  Łódź Lumber    12  The source has no lineups for",
        "                           this date",
        "abc124  Café Olé        3",
        "",
      ].join("\n"),
    );
    expect(table(headings, rows, { width: 48 })).toBe(
      [
        "Job     Team      Days  Reason",
        "abc123  Łódź Lu…    12  The source has no",
        "                        lineups for this date",
        "abc124  Café Olé     3",
        "",
      ].join("\n"),
    );
  });
  it("returns no line wider than the terminal, whatever the cells contain", () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replace(/\s+/g, " ").trim());
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, fc.nat(9_999), cell), { minLength: 1 }),
        fc.integer({ min: 60, max: 120 }),
        (rows, width) => {
          const text = table(["A", "B", "N", "Last"], rows, { width });
          for (const line of text.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
  it("returns an empty string if there are no rows", () => expect(table(["Name"], [])).toBe(""));
});

it("plain() removes every character that a terminal would interpret", () => {
  expect(plain("a\u001b[31mb\u0007c\nd\te\u202ef\u009b1m")).toBe("a[31mbc d ef1m");
});

it("cut() neither splits a character nor exceeds the width", () => {
  expect(cut("大谷翔平", 5)).toBe("大谷");
  expect(cut("e\u0301e\u0301e\u0301", 2)).toBe("e\u0301e\u0301");
});

it.each([
  [0, "0 s"],
  [59.2, "1 min"],
  [61, "1 min 1 s"],
  [3600, "1 h"],
  [7500, "2 h 5 min"],
  [200_000, "2 days 7 h"],
])("duration(%d) returns %s", (seconds, text) => expect(duration(seconds)).toBe(text));

describe("progressLine()", () => {
  const progress: Progress = {
    status: "RUNNING",
    percent: 42.4,
    datesCompleted: 28,
    datesFailed: 0,
    datesTotal: 66,
    currentDate: "2025-04-29",
    rate: 18.04,
    etaSeconds: 25.3,
    resumeAt: null,
    cursor: "7",
  };
  it("shows a bar, the percentage, the dates, the rate and the time left", () => {
    expect(progressLine(progress, { now: 0, columns: 100 })).toBe(
      "[##########--------------] 42 %  28 of 66 dates  18.0 lineups/s  26 s left",
    );
  });
  it("fits any width, and leaves out the bar first if there is too little space", () => {
    for (let columns = 20; columns <= 120; columns++)
      expect(progressLine(progress, { now: 0, columns }).length).toBeLessThan(columns);
    expect(progressLine(progress, { now: 0, columns: 50 })).toBe("42 %  28 of 66 dates  18.0 lineups/s  26 s left");
  });
  it("says what the job is waiting for, and leaves out unknown values", () => {
    const waiting = { ...progress, status: "WAITING", resumeAt: new Date(90_000).toISOString(), datesFailed: 1 };
    expect(progressText(waiting, 0)).toBe("42 %  28 of 66 dates  1 failed  waiting for the source, 1 min 30 s more");
    expect(progressText({ ...progress, status: "QUEUED" }, 0)).toBe("42 %  28 of 66 dates  waiting for a worker");
    expect(progressText({ ...progress, rate: null, etaSeconds: null }, 0)).toBe("42 %  28 of 66 dates");
  });
});
