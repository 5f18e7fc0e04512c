import { describe, expect, it } from "vitest";
import { dueTimes, lastDueTime, nextDueTime } from "../../src/schedules/cron.ts";
import { iso, TABLE } from "../support/dueTimes.ts";
import { openLedger } from "../support/ledger.ts";
import { CREATE_SCHEDULE, GET_SCHEDULE } from "../support/queries.ts";

describe("due times", () => {
  it("each start one job exactly on time, according to the injected clock", async () => {
    const [earliest = ""] = TABLE.map(([, , , after]) => after).sort();
    const ledger = await openLedger({ now: new Date(earliest).toISOString() });
    for (const [name, cron, timezone, after, due] of TABLE) {
      ledger.clock.set(new Date(after).toISOString());
      const input = { name, cron, timezone, leagueKey: "458.l.100", lookbackDays: 1 };
      const { id } = (await ledger.data(CREATE_SCHEDULE, { input })).createSchedule.schedule;
      const expected: string[] = [];
      for (const at of due) {
        ledger.clock.set(Date.parse(at) - 1);
        await ledger.server.tick({ budgetMs: 0 });
        ledger.clock.set(Date.parse(at));
        await Promise.all([1, 2].map(() => ledger.server.tick({ budgetMs: 0 })));
        expected.unshift(iso(Date.parse(at)));
        const { schedule } = await ledger.data(GET_SCHEDULE, { id });
        expect(schedule.decisions.map((d: { scheduledFor: string }) => d.scheduledFor)).toEqual(expected);
        expect(schedule.decisions[0]).toMatchObject({ outcome: "STARTED", decidedAt: expected[0] });
        await ledger.ask(`mutation { cancelCollection(jobId: "${schedule.decisions[0].jobId}") { job { id } } }`);
        await ledger.server.tick({ budgetMs: 0 });
      }
      await ledger.data(`mutation { deleteSchedule(id: "${id}") { deletedId } }`);
    }
  });

  it("are computed identically by dueTimes(), lastDueTime() and nextDueTime() for two years in every zone of the table", () => {
    const until = Date.parse("2028-01-01T00:00Z");
    for (const [, cron, timezone] of TABLE) {
      const times = dueTimes({ cron, timezone }, Date.parse("2026-01-01T00:00Z"), { until, limit: 150 });
      for (const [i, at] of times.entries()) {
        const next = times[i + 1];
        if (next !== undefined) expect(lastDueTime({ cron, timezone }, next - 1)).toBe(at);
        expect(nextDueTime({ cron, timezone }, at - 1)).toBe(at);
      }
    }
  });
});
