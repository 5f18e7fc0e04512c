import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason, type Season } from "../support/season.ts";
import { ANSWERS } from "../support/yahoo.ts";

const MINUTE = 60_000;
const [START, END] = ["2025-03-18", "2025-06-05"];

/** Returns a season of small teams, because only the number of requests matters. */
function smallSeason(): Season {
  const made = madeSeason();
  return {
    ...made,
    lineups: (date) => made.lineups(date).map((team) => ({ ...team, slots: team.slots.slice(0, 3) })),
  };
}

/** Makes the stand-in ban clients for 15 minutes after 40 requests, as Yahoo does (docs/yahoo.md, Limits). Counts the refused requests. */
function banAfter40(ledger: Ledger) {
  const asked: number[] = [];
  const refused: number[] = [];
  let bannedUntil = 0;
  ledger.yahoo.fault = () => {
    const now = ledger.clock.now();
    if (now >= bannedUntil && asked.filter((at) => at > now - 15 * MINUTE).length >= 40)
      bannedUntil = now + 15 * MINUTE;
    asked.push(now);
    if (now >= bannedUntil) return null;
    refused.push(now);
    return ANSWERS.rateLimited;
  };
  return { asked, refused };
}

describe("collection from a source that bans clients after 40 requests in 15 minutes", () => {
  const collect = async (env: Record<string, string>) => {
    const ledger = await openLedger({
      season: smallSeason(),
      now: "2025-10-01T16:00:00.000Z",
      env: { REQUESTS_PER_SECOND: "2", ...env },
    });
    const bans = banAfter40(ledger);
    const id = await ledger.start(START, END);
    const waits: string[] = [];
    for (;;) {
      await ledger.work();
      const job = await ledger.job(id);
      if (job.status !== "WAITING") return { ledger, job, waits, ...bans };
      waits.push(job.error.message);
      // The job says when it will resume. No person has to resume the job.
      expect(job.progress.etaSeconds).toBeGreaterThanOrEqual(
        (Date.parse(job.resumeAt) - ledger.clock.now()) / 1000 - 1,
      );
      ledger.clock.set(Date.parse(job.resumeAt));
    }
  };

  it("completes by itself with at most one refused request per wait", async () => {
    const { job, waits, refused } = await collect({ REQUESTS_PER_WINDOW: "0" });
    expect(job).toMatchObject({ status: "COMPLETED", progress: { datesCompleted: 80 } });
    expect(waits.length).toBeGreaterThanOrEqual(2);
    expect(refused.length).toBeLessThanOrEqual(waits.length);
  });

  it("completes without a refused request if the request budget equals the source's limit, and names the budget as the reason for waits", async () => {
    const { job, waits, refused, asked } = await collect({ REQUESTS_PER_WINDOW: "40" });
    expect(job).toMatchObject({ status: "COMPLETED", retries: 0, progress: { datesCompleted: 80 } });
    expect(refused).toEqual([]);
    expect(asked).toHaveLength(82);
    expect(new Set(waits)).toEqual(
      new Set(["The budget of 40 requests in 15 minutes is spent (REQUESTS_PER_WINDOW, REQUESTS_PER_DAY)"]),
    );
  });
});
