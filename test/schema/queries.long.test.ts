import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { LINEUPS } from "../support/lists.ts";

describe("paging", () => {
  it("returns each entry once, with correct page information, in forward pages of any size", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-02");
    await ledger.work();
    const all = (await ledger.data(LINEUPS, { first: 100 })).lineups.edges.map(
      (edge: { cursor: string }) => edge.cursor,
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (first) => {
        const seen: string[] = [];
        for (let after: string | null = null; ; ) {
          const page: Record<string, any> = (await ledger.data(LINEUPS, { first, after })).lineups;
          expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
          expect(page.totalCount).toBe(24);
          seen.push(...page.edges.map((edge: { cursor: string }) => edge.cursor));
          expect(page.pageInfo.endCursor).toBe(page.edges.at(-1).cursor);
          if (!page.pageInfo.hasNextPage) break;
          after = page.pageInfo.endCursor;
        }
        expect(seen).toEqual(all);
      }),
      { numRuns: 12 },
    );
  });
});
