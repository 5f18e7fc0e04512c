import { describe, expect, it } from "vitest";
import { KEY, known, OPERATOR, QUERIES, UNKNOWN, VIEWER } from "../support/rootFields.ts";

describe("queries", () => {
  it("never cause a request to a source if the caller is a viewer, even long after the ledger's last request", async () => {
    const ledger = await known();
    ledger.clock.set("2025-06-20T16:00:00.000Z");
    for (const query of QUERIES) expect((await ledger.ask(query, {}, VIEWER)).errors).toBeUndefined();
    expect((await ledger.ask(UNKNOWN.previousSeason, {}, VIEWER)).data).toEqual({ league: { previousSeason: null } });
    expect((await ledger.ask(UNKNOWN.collectionPlan, {}, VIEWER)).data?.collectionPlan).toEqual({
      datesToCollect: 3,
      dates: Array.from({ length: 3 }, () => ({ state: "MISSING" })),
    });
    expect((await ledger.ask(UNKNOWN.alias, {}, VIEWER)).data?.collectionPlan.datesToCollect).toBe(3);
    expect((await ledger.ask(UNKNOWN.backfillPlan, {}, VIEWER)).errors?.[0]).toMatchObject({
      message: "The ledger does not know league 431.l.7, and only an operator may look it up at its source",
      extensions: { code: "NOT_FOUND", leagueKey: "431.l.7" },
    });
    expect(ledger.yahoo.requests).toEqual([]);
  });

  it("may cause a request to a source if the caller is an operator, but store nothing of the source's answer", async () => {
    const ledger = await known();
    expect((await ledger.ask(UNKNOWN.previousSeason, {}, OPERATOR)).data?.league.previousSeason).toMatchObject({
      key: "431.l.7",
      season: 2024,
      teams: expect.arrayContaining([{ key: "431.l.7.t.1", name: "Bay City Gulls", leagueKey: "431.l.7" }]),
    });
    expect((await ledger.ask(UNKNOWN.backfillPlan, {}, OPERATOR)).data?.backfillPlan).toEqual({
      seasons: [{ leagueKey: "431.l.7", season: 2024, plan: { datesToCollect: 194 } }],
      refused: [],
    });
    expect(ledger.yahoo.requests.length).toBeGreaterThan(0);
    expect(
      (await ledger.data("{ leagues { key } }").catch(() => ledger.ask("{ leagues { key } }", {}, VIEWER))).data,
    ).toEqual({
      leagues: [{ key: KEY }],
    });
  });
});
