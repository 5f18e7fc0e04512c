import { describe, expect, it } from "vitest";
import { addDays, datesBetween } from "../../src/calendar.ts";
import { BACKFILL, coverage, KEY, rosters, UPDATE } from "../support/answersLeague.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { hasRealWeeks, REAL_END, REAL_START, realWeeks } from "../support/season.ts";

describe("startUpdate()", () => {
  const update = async (ledger: Ledger, input: object = {}) =>
    (await ledger.data(UPDATE, { input: { leagueKey: KEY, ...input } })).startUpdate;

  it("starts an update that runs at the same time as a backfill, and both jobs collect all their dates", async () => {
    const ledger = await openLedger({ now: "2025-04-10T20:00:00Z" });
    await ledger.data(BACKFILL, { input: { leagueKey: KEY } });
    const { job } = await update(ledger, { lookbackDays: 2 });
    const overlap = await ledger.ask(UPDATE, { input: { leagueKey: KEY, lookbackDays: 1 } });
    expect(overlap.errors?.[0]?.extensions).toEqual({ code: "JOB_OVERLAP", jobId: job.id });
    await ledger.work();
    expect((await ledger.job(job.id)).dates.map((d: { date: string; status: string }) => [d.date, d.status])).toEqual([
      ["2025-04-08", "DONE"],
      ["2025-04-09", "DONE"],
      ["2025-04-10", "DONE"],
    ]);
    expect((await coverage(ledger, '(end: "2025-04-09")')).percent).toBe(100);
    ledger.clock.set("2025-04-11T20:00:00Z");
    ledger.yahoo.requests.length = 0;
    await update(ledger, { lookbackDays: 7 });
    await ledger.work();
    expect(rosters(ledger)).toEqual(["2025-04-08", "2025-04-09", "2025-04-10", "2025-04-11"]);
  });
});

describe.skipIf(!hasRealWeeks)("usage and summaries of five real weeks", () => {
  it("equal the counts made directly from the rows of the recorded file", async () => {
    const season = realWeeks();
    const ledger = await openLedger({ season });
    await ledger.start(REAL_START, REAL_END);
    await ledger.work();
    const use = (slot: string) => (slot === "BN" ? "BENCHED" : /^(IL\+?|NA)$/.test(slot) ? "INACTIVE" : "STARTED");
    const key = season.league.key;

    for (const id of [...new Set(season.rows.map(({ playerId }) => playerId))]
      .filter((_, i) => i % 60 === 0)
      .slice(0, 10)) {
      const rows = season.rows.filter(({ playerId }) => playerId === id);
      const { playerUsage } = await ledger.data(
        `{ playerUsage(leagueKey: "${key}", playerId: "${id}", start: "${REAL_START}", end: "${REAL_END}") { daysRostered daysStarted daysBenched daysInactive startPercent byPosition { position days } timeline { date state position } } }`,
      );
      const days = (state: string) => rows.filter(({ slot }) => use(slot) === state).length;
      expect(playerUsage).toMatchObject({
        daysRostered: rows.length,
        daysStarted: days("STARTED"),
        daysBenched: days("BENCHED"),
        daysInactive: days("INACTIVE"),
      });
      expect(playerUsage.startPercent).toBeCloseTo((days("STARTED") / rows.length) * 100, 6);
      for (const { position, days: count } of playerUsage.byPosition)
        expect(count).toBe(rows.filter(({ slot }) => slot === position).length);
      expect(playerUsage.timeline).toEqual(
        datesBetween(REAL_START, REAL_END).map((date) => {
          const row = rows.find((each) => each.date === date);
          return row
            ? { date, state: use(row.slot), position: row.slot }
            : { date, state: "NOT_ROSTERED", position: null };
        }),
      );
    }

    for (let i = 0; i < 10; i++) {
      const date = addDays(REAL_START, i * 3);
      const rows = season.rows.filter((row) => row.date === date);
      const { lineups, dailySummary } = await ledger.data(
        `{ lineups(leagueKey: "${key}", start: "${date}", end: "${date}") { totalCount nodes { slots { player { id: sourceId } selectedPosition } } } dailySummary(leagueKey: "${key}", date: "${date}") { teams players started benched inactive provisional } }`,
      );
      const starters = lineups.nodes.flatMap(({ slots }: Record<string, any>) =>
        slots
          .filter((s: Record<string, any>) => use(s.selectedPosition) === "STARTED")
          .map((s: Record<string, any>) => s.player.id),
      );
      expect(starters.sort()).toEqual(
        rows
          .filter(({ slot }) => use(slot) === "STARTED")
          .map(({ playerId }) => playerId)
          .sort(),
      );
      const count = (state: string) => rows.filter(({ slot }) => use(slot) === state).length;
      expect(dailySummary).toEqual({
        teams: 18,
        players: rows.length,
        started: count("STARTED"),
        benched: count("BENCHED"),
        inactive: count("INACTIVE"),
        provisional: false,
      });
    }

    const team = `${key}.t.3`;
    const rows = season.rows.filter(({ teamKey }) => teamKey === team);
    const byDay = datesBetween(REAL_START, REAL_END).map((date) =>
      rows
        .filter((row) => row.date === date)
        .map(({ playerId, slot }) => `${playerId} ${slot}`)
        .sort()
        .join(),
    );
    const rosterOf = (date: string) => new Set(rows.filter((row) => row.date === date).map(({ playerId }) => playerId));
    const turnover = (step: 1 | -1) =>
      datesBetween(REAL_START, addDays(REAL_END, -1)).reduce((sum, date) => {
        const [from, to] =
          step === 1 ? [rosterOf(date), rosterOf(addDays(date, 1))] : [rosterOf(addDays(date, 1)), rosterOf(date)];
        return sum + [...to].filter((id) => !from.has(id)).length;
      }, 0);
    const heldDays = new Map<string, number>();
    for (const { playerId } of rows) heldDays.set(playerId, (heldDays.get(playerId) ?? 0) + 1);
    const { teamSummary } = await ledger.data(
      `{ teamSummary(teamKey: "${team}", start: "${REAL_START}", end: "${REAL_END}") { daysCollected distinctLineups lineupChanges playersUsed playersAdded playersDropped playersHeldUnderAWeek benchDaysByPosition { days } } }`,
    );
    expect({
      ...teamSummary,
      benchDaysByPosition: teamSummary.benchDaysByPosition.reduce(
        (sum: number, { days }: { days: number }) => sum + days,
        0,
      ),
    }).toEqual({
      daysCollected: 35,
      distinctLineups: new Set(byDay).size,
      lineupChanges: byDay.filter((day, i) => i > 0 && day !== byDay[i - 1]).length,
      playersUsed: heldDays.size,
      playersAdded: turnover(1),
      playersDropped: turnover(-1),
      playersHeldUnderAWeek: [...heldDays.values()].filter((days) => days < 7).length,
      benchDaysByPosition: rows.filter(({ slot }) => slot === "BN").length,
    });
  });
});
