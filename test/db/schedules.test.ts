import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { findSchedule, saveUpdate } from "../../src/db/schedules.ts";
import { rewriteSchedule } from "../../src/db/scheduleWrites.ts";
import { openLedger } from "../support/ledger.ts";

const decision = {
  scheduledFor: 1_000,
  scheduledUntil: null,
  trigger: "CRON",
  outcome: "SKIPPED_MISSED",
  jobId: null,
  reason: "a test",
} as const;

it("saveUpdate() and rewriteSchedule() write nothing, not even decisions, when called with an outdated schedule", async () => {
  const { db } = await openLedger();
  const read = async () => {
    const schedule = await findSchedule(db, "schedule_demo");
    if (!schedule) throw new Error("Cannot find the demo schedule of a new ledger");
    return schedule;
  };
  const stale = await read();
  const decided = { decisions: [decision], watermark: 1_000, nextDueAt: null, queuedFor: null, queuedBehind: null };
  expect(await saveUpdate(db, stale, { ...decided, decisions: [] }, 2_000)).toBe(true);
  const now = await read();
  expect(now).toEqual({ ...stale, version: stale.version + 1, watermark: 1_000 });

  expect(await saveUpdate(db, stale, { ...decided, watermark: 5_000 }, 3_000)).toBe(false);
  expect(await rewriteSchedule(db, stale, { ...stale, name: "late" }, [decision], { now: 3_000, by: "ann" })).toBe(
    false,
  );
  expect(await rewriteSchedule(db, stale, "deleted", [decision], { now: 3_000, by: "ann" })).toBe(false);
  expect(await read()).toEqual(now);
  expect(await db.orm.all(sql`select * from schedule_decisions`)).toEqual([]);

  expect(await saveUpdate(db, now, decided, 3_000)).toBe(true);
  expect(await db.orm.all(sql`select outcome, decided_at as at from schedule_decisions`)).toEqual([
    { outcome: "SKIPPED_MISSED", at: 3_000 },
  ]);
});

it("rewriteSchedule() leaves a schedule unchanged if another schedule already has the new name", async () => {
  const ledger = await openLedger();
  const create = async (name: string): Promise<string> =>
    (
      await ledger.data(
        `mutation { createSchedule(input: { name: "${name}", leagueKey: "458.l.100", cron: "0 6 * * *" }) { schedule { id } } }`,
      )
    ).createSchedule.schedule.id;
  const id = await create("own");
  await create("taken");
  const before = await findSchedule(ledger.db, id);
  if (!before) throw new Error("Cannot find the schedule that was just created");
  const rename = (name: string) => rewriteSchedule(ledger.db, before, { ...before, name }, [], { now: 1, by: "me" });
  expect(await rename("Taken")).toBe(false);
  expect(await findSchedule(ledger.db, id)).toEqual(before);
  expect(await rename("free")).toBe(true);
  expect((await findSchedule(ledger.db, id))?.name).toBe("free");
});
