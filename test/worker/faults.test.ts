import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { FAULTS, type FaultKind, faultyAnswer } from "../support/faults.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

const START = "2025-04-01";
const END = "2025-04-08";
/** Its answers are bad once, or as long as the source is. */
const ONCE = "2025-04-03";
const LONG = "2025-04-06";
const TODAY = "2025-06-01";
const DAY_MS = 24 * 60 * 60 * 1000;

const season = madeSeason();
const KINDS = Object.keys(FAULTS) as FaultKind[];

/** What an update of the next day finds where the source is well again: no answer can tell that the first was not right. */
const CANNOT_BE_TOLD: readonly FaultKind[] = [];

/** Rows of the ledger that the source never had, or that are missing, by date. */
async function wrongDates({ db }: Ledger): Promise<string[]> {
  const rows = await db.orm.all<{ date: string; row: string }>(
    sql`select date, team_key || ' ' || player_id || ' ' || player_name || ' ' || selected_position as row from daily_lineups
        where date between ${START} and ${END}`,
  );
  const stored = Map.groupBy(rows, ({ date }) => date);
  return [1, 2, 3, 4, 5, 6, 7, 8]
    .map((day) => `2025-04-0${day}`)
    .filter((date) => {
      const right = season
        .lineups(date)
        .flatMap(({ teamKey, slots }) =>
          slots.map((e) => `${teamKey} ${e.playerId} ${e.playerName} ${e.selectedPosition}`),
        );
      const held = (stored.get(date) ?? []).map(({ row }) => row);
      return JSON.stringify(held.sort()) !== JSON.stringify(right.sort());
    });
}

/** The dates of which the API says that they are not known, or not known for certain, with the reason. */
async function openDates({ data }: Ledger): Promise<Map<string, string>> {
  const { league } = await data(
    `{ league(key: "458.l.100") { coverage(start: "${START}", end: "${END}") { ranges { start end state reason } } } }`,
  );
  const known = ["COMPLETE", "EMPTY"];
  return new Map(
    league.coverage.ranges
      .filter(({ state }: { state: string }) => !known.includes(state))
      .flatMap(({ start, end, reason }: Record<string, string>) =>
        [1, 2, 3, 4, 5, 6, 7, 8]
          .map((day) => `2025-04-0${day}`)
          .filter((date) => date >= (start ?? "") && date <= (end ?? ""))
          .map((date) => [date, reason ?? ""]),
      ),
  );
}

/** What a run with faults has come to, and what became of it once the source was well again. */
async function run(ledger: Ledger, fault: (path: string, nth: number) => ReturnType<typeof faultyAnswer>, days = 1) {
  // Of today's lineups, so that they are known.
  await ledger.start(TODAY, TODAY);
  await ledger.work();
  ledger.yahoo.fault = fault;
  const id = await ledger.start(START, END);
  await ledger.work();
  const job = await ledger.job(id);
  const first = { job, wrong: await wrongDates(ledger), open: await openDates(ledger) };
  ledger.yahoo.fault = () => null;
  ledger.clock.set(ledger.clock.now() + DAY_MS);
  if (job.status === "FAILED" || job.status === "PAUSED")
    await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id } } }", { id });
  await ledger.work();
  const resumed = await ledger.job(id);
  for (let day = 1; day <= days; day++) {
    await ledger.data('mutation { startUpdate(input: { leagueKey: "458.l.100" }) { job { id } } }');
    await ledger.work();
    ledger.clock.set(ledger.clock.now() + DAY_MS);
  }
  return { ...first, resumed, after: { wrong: await wrongDates(ledger), open: await openDates(ledger) } };
}

describe("a source that answers oddly", () => {
  it.each(KINDS)("%s: nothing wrong is stored without a word, and all is right once the source is", async (kind) => {
    const ledger = await openLedger();
    let wasAsked = false;
    const { job, wrong, open, resumed, after } = await run(ledger, (path) => {
      if (path.endsWith(LONG)) return faultyAnswer(kind, season, path);
      if (!path.endsWith(ONCE) || wasAsked) return null;
      wasAsked = true;
      return faultyAnswer(kind, season, path);
    });
    // A fault that passes is over when it is asked for again.
    expect(wrong).not.toContain(ONCE);
    expect(open.get(ONCE)).toBeUndefined();
    // What is not right says so, in the coverage and in the job.
    for (const date of wrong) expect([...open.keys()], `${date} is wrong and said to be known`).toContain(date);
    if (job.status === "COMPLETED") expect(job.datesSuspect).toBe(open.size);
    const doubts = job.dates.filter(({ doubt }: { doubt: string | null }) => doubt !== null);
    expect(doubts).toHaveLength(job.datesSuspect);
    for (const { date, doubt } of doubts) expect(open.get(date)).toBe(doubt);
    const said = { status: job.status, code: job.error?.code, message: job.error?.message, doubt: open.get(LONG) };
    expect(JSON.stringify(said, null, 2).replaceAll(/127\.0\.0\.1:\d+/g, "HOST")).toMatchSnapshot();

    expect(resumed.status).toBe("COMPLETED");
    expect(after).toEqual({ wrong: CANNOT_BE_TOLD.includes(kind) ? [LONG] : [], open: new Map() });
  });

  // What a person has to mend first is not among them.
  const MIXED = KINDS.filter((kind) => kind !== "an expired token");
  const RUNS = Number(process.env.FAULT_RUNS ?? 3);
  it.each(Array.from({ length: RUNS }, (_, i) => i + 1))(
    "3 of 10 answers faulty, run %i: what is wrong says so",
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
      // Where two dates in a row are wrong in the same way, the one next to them says so.
      if (wrong.length > 0) expect(open.size, `${wrong} are wrong and nothing says so`).toBeGreaterThan(0);
      expect(resumed.status).toBe("COMPLETED");
      expect(after).toEqual({ wrong: [], open: new Map() });
      if (process.env.FAULT_RUNS)
        console.log(
          JSON.stringify({ seed, status: job.status, suspect: job.datesSuspect, wrong, retries: job.retries }),
        );
    },
  );

  it.runIf(process.env.FAULT_RUNS).each(MIXED)("%s in 3 of 10 answers: the run ends complete", async (kind) => {
    const ledger = await openLedger();
    const random = seeded(kind.length);
    const { job, wrong } = await run(ledger, (path) => (random() < 0.3 ? faultyAnswer(kind, season, path) : null));
    console.log(JSON.stringify({ kind, status: job.status, suspect: job.datesSuspect, wrong, retries: job.retries }));
    expect(job.status).toBe("COMPLETED");
    if (wrong.length > 0) expect(job.datesSuspect).toBeGreaterThan(0);
  });
});

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
