import { describe, expect, it } from "vitest";
import { addDays, datesBetween } from "../../src/calendar.ts";
import { collected, END, KEY, placesOf, RANGE, START } from "../support/seasonLeague.ts";

describe("rosterMoves", () => {
  const MOVES = `date previousDate kind team { key } player { sourceId } fromPosition toPosition otherTeam { key }`;

  it("returns the differences between each day of the range and the day before", async () => {
    const ledger = await collected();
    const { season } = ledger.yahoo;
    const from = addDays(START, 2);
    const expected: Record<string, unknown>[] = [];
    for (const date of datesBetween(from, END)) {
      for (const { key } of season.league.teams.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
        const [before, now] = [placesOf(season, addDays(date, -1), key), placesOf(season, date, key)];
        for (const id of [...new Set([...before.keys(), ...now.keys()])].sort()) {
          const [was, is] = [before.get(id), now.get(id)];
          if (was === is) continue;
          const elsewhere = season.league.teams.find((team) =>
            placesOf(season, was ? date : addDays(date, -1), team.key).has(id),
          );
          expected.push({
            date,
            previousDate: addDays(date, -1),
            kind: was ? (is ? "MOVED" : "OUT") : "IN",
            team: { key },
            player: { sourceId: id },
            fromPosition: was ?? null,
            toPosition: is ?? null,
            otherTeam: was && is ? null : elsewhere ? { key: elsewhere.key } : null,
          });
        }
      }
    }
    const found: Record<string, unknown>[] = [];
    for (let after: string | null = null, goesOn = true; goesOn; ) {
      const { rosterMoves }: Record<string, any> = await ledger.data(
        `query ($after: String) { rosterMoves(leagueKey: "${KEY}", start: "${from}", end: "${END}", first: 100, after: $after) {
          nodes { ${MOVES} } pageInfo { hasNextPage endCursor } totalCount } }`,
        { after },
      );
      expect(rosterMoves.totalCount).toBe(expected.length);
      found.push(...rosterMoves.nodes);
      ({ hasNextPage: goesOn, endCursor: after } = rosterMoves.pageInfo);
    }
    expect(found).toEqual(expected);
    const { own } = await ledger.data(
      `{ own: rosterMoves(leagueKey: "${KEY}", teamKey: "${KEY}.t.3", start: "${from}", end: "${END}", kind: [IN, OUT], last: 100) { nodes { ${MOVES} } } }`,
    );
    expect(own.nodes).toEqual(
      expected.filter(({ team, kind }) => (team as { key: string }).key === `${KEY}.t.3` && kind !== "MOVED"),
    );
    expect(own.nodes.length).toBeGreaterThan(0);
  });
});

describe("queries for a whole league", () => {
  it("return the same summaries as queries for a single team or date", async () => {
    const ledger = await collected();
    const fields =
      "team { key } daysCollected distinctLineups playersUsed playersAdded benchDaysByPosition { position days }";
    const { teamSummaries, own } = await ledger.data(
      `{ teamSummaries(leagueKey: "${KEY}", ${RANGE}) { ${fields} } own: teamSummary(teamKey: "${KEY}.t.4", ${RANGE}) { ${fields} } }`,
    );
    expect(teamSummaries).toHaveLength(12);
    expect(teamSummaries[3]).toEqual(own);
    const day = "date teams players started benched inactive provisional byPosition { position days }";
    const { dailySummaries, one } = await ledger.data(
      `{ dailySummaries(leagueKey: "${KEY}", start: "2025-03-30", end: "${END}") { ${day} } one: dailySummary(leagueKey: "${KEY}", date: "2025-04-05") { ${day} } }`,
    );
    expect(dailySummaries.map(({ date }: { date: string }) => date)).toEqual(datesBetween(START, END));
    expect(dailySummaries[4]).toEqual(one);
  });
});
