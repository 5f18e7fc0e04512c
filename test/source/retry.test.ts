import { describe, expect, it } from "vitest";
import { retryPauseMs } from "../../src/source/retry.ts";
import { SourceError } from "../../src/source/source.ts";

describe("retryPauseMs()", () => {
  const pauses = (error: SourceError, random: number) =>
    [1, 2, 3, 4].map((attempt) => retryPauseMs(error, attempt, { random }));
  it("returns three growing pauses with jitter for an unavailable source, and then null", () => {
    expect(pauses(new SourceError("UNAVAILABLE", ""), 0.5)).toEqual([1_000, 4_000, 16_000, null]);
    expect(pauses(new SourceError("UNAVAILABLE", ""), 0)).toEqual([500, 2_000, 8_000, null]);
  });
  it("allows one attempt fewer if the date has already failed once", () => {
    const again = [1, 2, 3].map((n) => retryPauseMs(new SourceError("MALFORMED", ""), n, { again: true, random: 0.5 }));
    expect(again).toEqual([1_000, 4_000, null]);
  });
  it("returns the pause that the source asks for, but at most 120 s", () => {
    expect(pauses(new SourceError("UNAVAILABLE", "", { retryAfterMs: 7_000 }), 0)).toEqual([7_000, 7_000, 7_000, null]);
    expect(retryPauseMs(new SourceError("UNAVAILABLE", "", { retryAfterMs: 3_600_000 }), 1, { random: 0 })).toBe(
      120_000,
    );
  });
  it("returns the same pauses for a malformed answer as for an unavailable source, and null for all other errors", () => {
    expect(pauses(new SourceError("MALFORMED", ""), 0.5)).toEqual([1_000, 4_000, 16_000, null]);
    for (const kind of ["RATE_LIMITED", "UNAUTHORIZED", "LEAGUE_PRIVATE", "STOPPED"] as const)
      expect(retryPauseMs(new SourceError(kind, ""), 1)).toBeNull();
  });
});
