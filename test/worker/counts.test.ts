import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";

// Counts that do not depend on the machine: statements, requests, written rows and the length of an answer. A change that raises
// one of these counts needs a reason, and docs/performance.md has to state that reason.

const STATEMENT = /^\s*(select|with|insert|update|delete)/i;

/** Returns what a job costs from its start to its end. */
async function costOf(ledger: Ledger, start: string, end: string) {
  const changes = async () => {
    const [row] = await ledger.db.orm.all<{ n: number }>(sql`select total_changes() as n`);
    return row?.n ?? 0;
  };
  const [before, asked] = [await changes(), ledger.yahoo.requests.length];
  ledger.statements.length = 0;
  await ledger.start(start, end, { concurrency: 1 });
  await ledger.work();
  const statements = ledger.statements.filter((text) => STATEMENT.test(text)).length;
  return { statements, rows: (await changes()) - before, requests: ledger.yahoo.requests.length - asked };
}

it("every date takes one request; a new date takes at most 14 statements, and 20 rows besides its lineups; a known date takes at most 11 statements and 8 rows", async () => {
  const ledger = await openLedger();
  // The first job loads the league, the players and the names, which the process then caches.
  await costOf(ledger, "2025-04-01", "2025-04-01");
  const perDate = async () => {
    const [one, five] = [
      await costOf(ledger, "2025-04-02", "2025-04-02"),
      await costOf(ledger, "2025-04-03", "2025-04-07"),
    ];
    return {
      statements: (five.statements - one.statements) / 4,
      rows: (five.rows - one.rows) / 4,
      requests: (five.requests - one.requests) / 4,
    };
  };
  const fresh = await perDate();
  const known = await perDate();
  expect([fresh.requests, known.requests]).toEqual([1, 1]);
  expect(fresh.statements).toBeLessThanOrEqual(14);
  expect(known.statements).toBeLessThanOrEqual(11);
  // Twelve lineups of 26 records each.
  expect(fresh.rows).toBeGreaterThan(12 * 26 + 12);
  expect(fresh.rows).toBeLessThanOrEqual(12 * 26 + 12 + 20);
  expect(known.rows).toBeLessThanOrEqual(8);
});

it("a page of 20 lineups takes 4 statements and at most 42,000 characters", async () => {
  const ledger = await openLedger();
  await ledger.start("2025-04-01", "2025-04-02");
  await ledger.work();
  ledger.statements.length = 0;
  const page = await ledger.data(
    `{ lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02", first: 20) { nodes { date team { name }
      slots { selectedPosition player { name } playerTeam } } } }`,
  );
  expect(page.lineups.nodes).toHaveLength(20);
  expect(ledger.statements).toHaveLength(4);
  expect(JSON.stringify(page).length).toBeLessThanOrEqual(42_000);
});
