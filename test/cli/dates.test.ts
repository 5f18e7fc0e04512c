import { expect, it } from "vitest";
import { dateOf } from "../../src/cli/dates.ts";

/** TODAY is a Wednesday. */
const TODAY = "2025-06-04";

it.each([
  ["2025-04-01", "2025-04-01"],
  ["today", "2025-06-04"],
  ["Yesterday", "2025-06-03"],
  ["7d", "2025-05-28"],
  ["3w", "2025-05-14"],
  ["wed", "2025-06-04"],
  ["tue", "2025-06-03"],
  ["thu", "2025-05-29"],
  ["Monday", "2025-06-02"],
  ["sun", "2025-06-01"],
])("dateOf() reads %s as %s on a Wednesday", (text, date) => expect(dateOf(text, TODAY)).toBe(date));

it.each(["2025-02-30", "tomorrow", "3x", "mo", "mond", "", "7 d", "99999d"])(
  "dateOf() refuses %j and lists the allowed forms",
  (text) =>
    expect(() => dateOf(text, TODAY)).toThrow(
      `${JSON.stringify(text)} is not a date; allowed: YYYY-MM-DD, today, yesterday, 7d (7 days ago), 3w (3 weeks ago), a weekday from mon to sun (the most recent date), or opening-day`,
    ),
);
