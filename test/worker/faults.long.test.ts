import { describe, expect, it } from "vitest";
import { KINDS, run, SHORT, season, testFaults } from "../support/faultRuns.ts";
import { faultyAnswer } from "../support/faults.ts";
import { openLedger } from "../support/ledger.ts";

describe("faulty source answer", () => {
  testFaults(KINDS.filter((kind) => !SHORT.includes(kind)));

  // The mixture leaves out the expired token, because a person has to replace an expired token.
  const MIXED = KINDS.filter((kind) => kind !== "an expired token");
  const RUNS = Number(process.env.FAULT_RUNS ?? 3);
  it.each(Array.from({ length: RUNS }, (_, i) => i + 1))(
    "is noticed and later corrected when 3 of 10 answers are faulty (run %i)",
    async (seed) => {
      const ledger = await openLedger();
      const random = seeded(seed);
      const { job, wrong, open, resumed, after } = await run(
        ledger,
        (path) => {
          const kind = MIXED[Math.floor(random() * MIXED.length)];
          return random() < 0.3 && kind ? faultyAnswer(kind, season, path) : null;
        },
        3,
      );
      expect(["COMPLETED", "FAILED"]).toContain(job.status);
      // Two consecutive dates that are wrong in the same way agree with each other, so only a date next to them is doubted.
      if (wrong.length > 0) expect(open.size, `${wrong} are wrong and nothing says so`).toBeGreaterThan(0);
      expect(resumed.status).toBe("COMPLETED");
      expect(after).toEqual({ wrong: [], open: new Map() });
      if (process.env.FAULT_RUNS)
        console.log(
          JSON.stringify({ seed, status: job.status, suspect: job.datesSuspect, wrong, retries: job.retries }),
        );
    },
  );

  it.runIf(process.env.FAULT_RUNS).each(MIXED)(
    "does not stop the job if 3 of 10 answers have this fault: %s",
    async (kind) => {
      const ledger = await openLedger();
      const random = seeded(kind.length);
      const { job, wrong } = await run(ledger, (path) => (random() < 0.3 ? faultyAnswer(kind, season, path) : null));
      console.log(JSON.stringify({ kind, status: job.status, suspect: job.datesSuspect, wrong, retries: job.retries }));
      expect(job.status).toBe("COMPLETED");
      if (wrong.length > 0) expect(job.datesSuspect).toBeGreaterThan(0);
    },
  );
});

/** Returns a generator of numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
