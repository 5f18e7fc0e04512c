import { describe, expect, it } from "vitest";
import { type Progress, progressLine, progressText } from "../../src/cli/progressLine.ts";
import { cut, duration, plain, table } from "../../src/cli/text.ts";

describe("table()", () => {
  it("aligns by the width on the screen, numbers to the right", () => {
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
  it("of no rows is nothing", () => expect(table(["Name"], [])).toBe(""));
});

it("plain() leaves nothing that a terminal obeys", () => {
  expect(plain("a\u001b[31mb\u0007c\nd\te\u202ef\u009b1m")).toBe("a[31mbc d ef1m");
});

it("cut() never cuts through a character, nor exceeds the width", () => {
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
])("duration(%d) is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

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
  it("has a bar, per cent, dates, rate and time left", () => {
    expect(progressLine(progress, { now: 0, columns: 100 })).toBe(
      "[##########--------------] 42 %  28 of 66 dates  18.0 team-days/s  26 s left",
    );
  });
  it("fits any width, and gives the bar up first", () => {
    for (let columns = 20; columns <= 120; columns++)
      expect(progressLine(progress, { now: 0, columns }).length).toBeLessThan(columns);
    expect(progressLine(progress, { now: 0, columns: 50 })).toBe("42 %  28 of 66 dates  18.0 team-days/s  26 s left");
  });
  it("says what it waits for, and what is unknown is left out", () => {
    const waiting = { ...progress, status: "WAITING", resumeAt: new Date(90_000).toISOString(), datesFailed: 1 };
    expect(progressText(waiting, 0)).toBe("42 %  28 of 66 dates  1 failed  waits for the source, 1 min 30 s more");
    expect(progressText({ ...progress, status: "QUEUED" }, 0)).toBe("42 %  28 of 66 dates  waits for a worker");
    expect(progressText({ ...progress, rate: null, etaSeconds: null }, 0)).toBe("42 %  28 of 66 dates");
  });
});
