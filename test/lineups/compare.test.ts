import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LineupSlot, StoredLineup, StoredSlot } from "../../src/db/lineups.ts";
import { isSameDay, type Observation, planLineup } from "../../src/lineups/compare.ts";
import { PACIFIC } from "../../src/source/leagueKey.ts";

const DATE = "2025-04-10";
const SAME_DAY = Date.parse("2025-04-10T23:00:00Z");
const NEXT_DAY = Date.parse("2025-04-11T16:00:00Z");
const MONTHS_LATER = Date.parse("2025-08-03T16:00:00Z");

const sighting = (jobId: string, observedAt: number): Observation => ({
  date: DATE,
  jobId,
  observedAt,
  final: observedAt >= Date.parse("2025-04-11T10:00:00Z"),
  isSameDay: isSameDay(observedAt, DATE, PACIFIC),
});
const player = (playerId: string, selectedPosition: string, playerStatus = "healthy"): LineupSlot => ({
  playerId,
  playerName: `Player ${playerId}`,
  selectedPosition,
  positionType: "B",
  eligiblePositions: ["C", "Util"],
  playerTeam: "TOR",
  playerStatus,
});

/** A stored lineup of one team on one date. `write` applies a plan to this lineup as the database does. */
type Held = { day: StoredLineup; slots: StoredSlot[] };
async function write(held: Held | null, slots: LineupSlot[], at: Observation) {
  const plan = await planLineup({ teamKey: "t", teamName: "T", slots }, held, at);
  const kept = (held?.slots ?? []).filter(
    (e) => !plan.removed.includes(e.playerId) && !plan.slots.some((w) => w.playerId === e.playerId),
  );
  const next: Held =
    plan.kind === "same" && held
      ? held
      : {
          day: {
            teamKey: "t",
            jobId: plan.kind === "final" && held ? held.day.jobId : at.jobId,
            lineupHash: plan.lineupHash,
            observedHash: plan.observedHash,
            players: plan.players,
            final: plan.final,
            version: (plan.version ?? 0) + 1,
          },
          slots: [...kept, ...plan.slots],
        };
  return { plan, held: next };
}

describe("planLineup()", () => {
  it("writes every slot when a lineup is observed for the first time", async () => {
    const { plan } = await write(null, [player("1", "C"), player("2", "BN")], sighting("a", NEXT_DAY));
    expect(plan).toMatchObject({
      kind: "new",
      version: null,
      final: true,
      removed: [],
      changes: [],
      counts: { processed: 2, inserted: 2, updated: 0, unchanged: 0, removed: 0 },
    });
    expect(plan.slots.every((e) => e.jobId === "a" && e.observedAt === NEXT_DAY)).toBe(true);
  });

  it("writes nothing if the slots are still the same after months, even if the players' order and statuses differ", async () => {
    const { held } = await write(null, [player("1", "C"), player("2", "BN")], sighting("a", NEXT_DAY));
    const { plan } = await write(
      held,
      [player("2", "BN", "IL60"), player("1", "C", "DTD")],
      sighting("b", MONTHS_LATER),
    );
    expect(plan).toMatchObject({
      kind: "same",
      slots: [],
      changes: [],
      counts: { processed: 2, unchanged: 2, removed: 0 },
    });
  });

  it("updates only the record of the player who moved, and returns a change that names the previous job", async () => {
    const { held } = await write(null, [player("1", "BN"), player("2", "C")], sighting("a", NEXT_DAY));
    const { plan, held: after } = await write(held, [player("1", "SS"), player("2", "C")], sighting("b", MONTHS_LATER));
    expect(plan.changes).toEqual([
      {
        playerId: "1",
        playerName: "Player 1",
        kind: "MOVED",
        fromPosition: "BN",
        toPosition: "SS",
        previousJobId: "a",
      },
    ]);
    expect(after.slots.map((e) => [e.playerId, e.selectedPosition, e.jobId]).sort()).toEqual([
      ["1", "SS", "b"],
      ["2", "C", "a"],
    ]);
    expect(plan.counts).toEqual({ processed: 2, inserted: 0, updated: 1, unchanged: 1, removed: 0 });
  });

  it("returns a change for each player who was added or removed", async () => {
    const { held } = await write(null, [player("1", "C"), player("2", "BN")], sighting("a", NEXT_DAY));
    const { plan } = await write(held, [player("1", "C"), player("3", "BN")], sighting("b", MONTHS_LATER));
    expect(plan.changes.map((c) => [c.kind, c.playerId, c.fromPosition, c.toPosition, c.previousJobId])).toEqual([
      ["ADDED", "3", null, "BN", "a"],
      ["REMOVED", "2", "BN", null, "a"],
    ]);
  });

  it("keeps the player's status from the day itself even if a later observation changes the slot", async () => {
    const { held } = await write(null, [player("1", "C", "DTD")], sighting("a", SAME_DAY));
    const { held: after } = await write(held, [player("1", "IL", "IL60")], sighting("b", MONTHS_LATER));
    expect(after.slots[0]).toMatchObject({
      selectedPosition: "IL",
      playerStatus: "DTD",
      observedAt: SAME_DAY,
      jobId: "b",
    });
  });

  it("replaces an observation made on the day itself with a later observation from the same day", async () => {
    const { held } = await write(null, [player("1", "C")], sighting("a", SAME_DAY));
    const { plan, held: after } = await write(held, [player("1", "C", "DTD")], sighting("b", SAME_DAY + 1000));
    expect(plan).toMatchObject({ kind: "changed", changes: [], counts: { updated: 1, unchanged: 0, removed: 0 } });
    expect(after.slots[0]).toMatchObject({ playerStatus: "DTD", observedAt: SAME_DAY + 1000, jobId: "b" });
  });

  it("writes no slot, but makes the lineup final, if the same lineup is observed after the day", async () => {
    const { held } = await write(null, [player("1", "C")], sighting("a", SAME_DAY));
    expect(held.day.final).toBe(false);
    const { plan, held: after } = await write(held, [player("1", "C", "IL60")], sighting("b", NEXT_DAY));
    expect(plan).toMatchObject({ kind: "final", slots: [], counts: { unchanged: 1, removed: 0 } });
    expect(after).toMatchObject({
      day: { final: true, jobId: "a" },
      slots: [{ playerStatus: "healthy", observedAt: SAME_DAY, jobId: "a" }],
    });
  });

  it("keeps the latest slots after any series of observations, and records every change from the first slots to the latest", async () => {
    const lineup = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom("1", "2", "3", "4", "5"),
        slot: fc.constantFrom("C", "SS", "BN", "IL"),
        status: fc.constantFrom("healthy", "DTD"),
      }),
      { selector: ({ id }) => id },
    );
    const moment = fc.constantFrom(SAME_DAY, SAME_DAY + 1, NEXT_DAY, MONTHS_LATER);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(lineup, moment), { minLength: 1, maxLength: 6 }), async (series) => {
        const inOrder = series.sort(([, a], [, b]) => a - b);
        let held: Held | null = null;
        const replayed = new Map<string, string>();
        const seenOnDay = new Map<string, string>();
        for (const [i, [slots, at]] of inOrder.entries()) {
          const result = await write(
            held,
            slots.map(({ id, slot, status }) => player(id, slot, status)),
            sighting(`job-${i}`, at),
          );
          if (held === null)
            for (const { playerId, selectedPosition } of result.plan.slots) replayed.set(playerId, selectedPosition);
          for (const change of result.plan.changes) {
            expect(replayed.get(change.playerId) ?? null).toBe(change.fromPosition);
            if (change.toPosition === null) replayed.delete(change.playerId);
            else replayed.set(change.playerId, change.toPosition);
          }
          held = result.held;
          const ids = new Set<string>(slots.map(({ id }) => id));
          for (const id of seenOnDay.keys()) if (!ids.has(id)) seenOnDay.delete(id);
          if (at <= SAME_DAY + 1) for (const { id, status } of slots) seenOnDay.set(id, status);
          const { inserted, updated, unchanged, processed } = result.plan.counts;
          expect(inserted + updated + unchanged).toBe(processed);
          const now = new Map(held.slots.map((e) => [e.playerId, e.selectedPosition]));
          expect(now).toEqual(new Map(slots.map(({ id, slot }) => [id, slot])));
          expect(replayed).toEqual(now);
          for (const e of held.slots)
            if (seenOnDay.has(e.playerId)) expect(e.playerStatus).toBe(seenOnDay.get(e.playerId));
        }
      }),
      { numRuns: 200 },
    );
  });
});
