import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";

const KEY = "458.l.100";
const RANGE = 'start: "2025-04-01", end: "2025-04-03"';

describe("connections", () => {
  it("report whether entries precede or follow a page, even an empty page, and accept null for unused arguments", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-02");
    await ledger.work();
    const page = async (args: string) => {
      const { lineups } = await ledger.data(
        `{ lineups(leagueKey: "${KEY}", ${RANGE}, ${args}) { nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }`,
      );
      const { hasPreviousPage, hasNextPage } = lineups.pageInfo;
      return { n: lineups.nodes.length, edges: lineups.edges, sides: [hasPreviousPage, hasNextPage] };
    };
    const { edges } = await page("first: 100");
    const at = (i: number): string => edges.at(i).cursor;
    expect(await page(`first: 5, after: "${at(-1)}"`)).toMatchObject({ n: 0, sides: [true, false] });
    expect(await page(`last: 5, before: "${at(0)}"`)).toMatchObject({ n: 0, sides: [false, true] });
    for (const size of ["first: 10", "last: 10"])
      expect(await page(`${size}, after: "${at(2)}", before: "${at(5)}"`)).toMatchObject({ n: 2, sides: [true, true] });
    const relay = `query ($first: Int, $after: String, $last: Int, $before: String) {
      lineups(leagueKey: "${KEY}", ${RANGE}, first: $first, after: $after, last: $last, before: $before) { nodes { id } } }`;
    const whole = (await ledger.data(relay, { first: 100, after: null, last: null, before: null })).lineups.nodes;
    const last = await ledger.data(relay, { first: null, after: null, last: 5, before: null });
    expect(last.lineups.nodes).toEqual(whole.slice(-5));
    expect((await ledger.data(relay, { first: null })).lineups.nodes).toEqual(whole.slice(0, 20));
  });

  it("count entries only when totalCount is requested", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const count = async (fields: string) => {
      ledger.statements.length = 0;
      await ledger.data(
        `{ jobs(first: 5) { ${fields} } lineups(leagueKey: "${KEY}", ${RANGE}, first: 5) { ${fields} } }`,
      );
      return ledger.statements.filter((text) => /count\(\*\) as n\b/.test(text)).length;
    };
    expect([await count("nodes { id } pageInfo { hasNextPage }"), await count("totalCount")]).toEqual([0, 2]);
  });

  it("refuse an invalid page size or the cursor of a different list, and the error names the invalid argument", async () => {
    const ledger = await openLedger();
    const { jobs } = await ledger
      .data(`mutation { startCollection(input: { leagueKey: "${KEY}", ${RANGE} }) { job { id } } }`)
      .then(() => ledger.data("{ jobs { pageInfo { endCursor } } }"));
    const fault = async (args: string) =>
      (await ledger.ask(`{ lineups(leagueKey: "${KEY}", ${RANGE}, ${args}) { nodes { id } } }`)).errors?.[0];
    expect(await fault(`before: "${jobs.pageInfo.endCursor}", last: 1`)).toMatchObject({
      message: expect.stringMatching(
        /^before: .* is not a cursor of this list; allowed: a cursor that this list returned/,
      ),
      extensions: { code: "BAD_USER_INPUT" },
    });
    expect(await fault("first: 1, last: 1")).toMatchObject({
      message: "last: cannot be combined with first; allowed: one of the two",
      extensions: { code: "BAD_USER_INPUT" },
    });
    const both = (variables: Partial<Record<"first" | "last", number | null>>) =>
      ledger.ask(
        `query ($first: Int, $last: Int) { lineups(leagueKey: "${KEY}", ${RANGE}, first: $first, last: $last) { nodes { id } } }`,
        variables,
      );
    expect(await both({ first: 1, last: 1 })).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    for (const one of [{ first: 1 }, { last: 1 }, { first: null, last: 1 }, { first: 1, last: null }])
      expect(await both(one)).toEqual({ data: { lineups: { nodes: [] } } });
    expect(await fault("last: 0")).toMatchObject({ message: "last: expected a whole number from 1 to 100, got 0" });
    expect(await fault("first: 101")).toMatchObject({
      message: "first: expected a whole number from 1 to 100, got 101",
    });
  });
});
