import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { DAY } from "../../src/clock.ts";
import { FAULTS, type FaultKind, faultyAnswer } from "./faults.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { madeSeason } from "./season.ts";

const START = "2025-04-01";
const END = "2025-04-08";
/** For the date `ONCE`, only the first answer is faulty. For the date `LONG`, every answer is faulty until the source recovers. */
const ONCE = "2025-04-03";
const LONG = "2025-04-06";
const TODAY = "2025-06-01";

export const season = madeSeason();
export const KINDS = Object.keys(FAULTS) as FaultKind[];

/** One fault of each sort: a broken connection, exchanged lineups, misdated lineups. */
export const SHORT: readonly FaultKind[] = [
  "a connection reset",
  "two teams' players under each other's keys",
  "today's rosters under the date's label",
];

/** Faults that stay undetected after the source has recovered, because no later answer shows that the first answer was wrong. */
const CANNOT_BE_TOLD: readonly FaultKind[] = [];

/** Returns the dates whose stored rows differ from the source's lineups. */
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

/** Returns the dates that the API reports as unknown or uncertain, with the reason. */
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

/**
 * Collects with faults, then resumes and updates without faults. Returns the job, the wrong dates and the reported dates, first with the
 * faults and then without.
 */
export async function run(
  ledger: Ledger,
  fault: (path: string, nth: number) => ReturnType<typeof faultyAnswer>,
  days = 1,
) {
  // First collect today's lineups, so that the ledger knows them.
  await ledger.start(TODAY, TODAY);
  await ledger.work();
  ledger.yahoo.fault = fault;
  const id = await ledger.start(START, END);
  await ledger.work();
  const job = await ledger.job(id);
  const first = { job, wrong: await wrongDates(ledger), open: await openDates(ledger) };
  ledger.yahoo.fault = () => null;
  ledger.clock.set(ledger.clock.now() + DAY);
  if (job.status === "FAILED" || job.status === "PAUSED")
    await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id } } }", { id });
  await ledger.work();
  const resumed = await ledger.job(id);
  for (let day = 1; day <= days; day++) {
    await ledger.data('mutation { startUpdate(input: { leagueKey: "458.l.100" }) { job { id } } }');
    await ledger.work();
    ledger.clock.set(ledger.clock.now() + DAY);
  }
  return { ...first, resumed, after: { wrong: await wrongDates(ledger), open: await openDates(ledger) } };
}

/** Tests that faults of each kind are not stored silently, and are corrected once the source recovers. */
export function testFaults(kinds: readonly FaultKind[]): void {
  it.each(kinds)("with %s is not stored silently and is corrected once the source recovers", async (kind) => {
    const ledger = await openLedger();
    let wasAsked = false;
    const { job, wrong, open, resumed, after } = await run(ledger, (path) => {
      if (path.endsWith(LONG)) return faultyAnswer(kind, season, path);
      if (!path.endsWith(ONCE) || wasAsked) return null;
      wasAsked = true;
      return faultyAnswer(kind, season, path);
    });
    // The date `ONCE` gets a good answer when it is requested again.
    expect(wrong).not.toContain(ONCE);
    expect(open.get(ONCE)).toBeUndefined();
    // Every date whose stored rows are wrong is reported by the coverage and by the job.
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
}
