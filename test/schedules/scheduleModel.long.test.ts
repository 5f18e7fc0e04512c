import { sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createNotifier, MINUTE, SECOND } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import type { Deps } from "../../src/deps.ts";
import { act } from "../../src/jobs/control.ts";
import { createLog } from "../../src/log.ts";
import { createSchedule, updateSchedule } from "../../src/schedules/edit.ts";
import { runSchedules } from "../../src/schedules/scheduler.ts";
import { triggerSchedule } from "../../src/schedules/trigger.ts";
import { createFakeClock } from "../support/clock.ts";
import { makeDatabase } from "../support/ledger.ts";
import { createModel, type ModelPattern, type ModelRow, modelPattern } from "../support/scheduleModel.ts";

/**
 * The number of random runs. More runs are made by
 * `PROPERTY_RUNS=5000 npx vitest run --config vitest.long.config.ts test/schedules/scheduleModel.long.test.ts`.
 */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 40);

const HOUR = 60 * MINUTE;
const START = Date.parse("2026-03-07T23:50:00Z");

const some = (max: number) =>
  fc.option(fc.uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 4 }), { freq: 3 });
const pattern = fc
  .tuple(
    some(59),
    some(23),
    fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 6 }), { freq: 1 }),
  )
  .map(([minutes, hours, weekdays]) => modelPattern(minutes, hours, weekdays));
const policies = {
  overlap: fc.constantFrom("SKIP" as const, "QUEUE" as const),
  catchUp: fc.constantFrom("LATEST" as const, "NONE" as const),
  enabled: fc.boolean(),
};

type Step =
  /** Time passes, and then several processes run their schedules at the same moment; `processes` is the number of processes. */
  | { is: "pass"; afterMs: number; processes: number }
  /** No process runs for a while. */
  | { is: "down"; ms: number }
  /** The clock is set back. */
  | { is: "back"; ms: number }
  | { is: "finish" }
  | { is: "trigger" }
  | {
      is: "change";
      wanted: Partial<{
        overlap: "SKIP" | "QUEUE";
        catchUp: "LATEST" | "NONE";
        enabled: boolean;
        pattern: ModelPattern;
      }>;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constant("pass" as const),
      afterMs: fc.integer({ min: 0, max: 90 * SECOND }),
      processes: fc.integer({ min: 2, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant("pass" as const),
      afterMs: fc.integer({ min: MINUTE, max: 3 * HOUR }),
      processes: fc.integer({ min: 2, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant("down" as const), ms: fc.integer({ min: MINUTE, max: 30 * HOUR }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant("back" as const), ms: fc.integer({ min: SECOND, max: 5 * HOUR }) }),
  },
  { weight: 4, arbitrary: fc.constant({ is: "finish" as const }) },
  { weight: 1, arbitrary: fc.constant({ is: "trigger" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant("change" as const),
      wanted: fc.record({ ...policies, pattern }, { requiredKeys: [] }),
    }),
  },
);

it("schedules decide each due time once and catch up exactly as the model does, after any sequence of events", async () => {
  let [told, startedInAll] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      pattern,
      fc.record(policies),
      fc.array(step, { minLength: 5, maxLength: 40 }),
      async (first, wanted, steps) => {
        const url = await makeDatabase();
        const clock = createFakeClock(START);
        const processes: Deps[] = Array.from({ length: 4 }, () => ({
          db: openDb({ url, now: clock.now }),
          source: () => {
            throw new Error("This test must not use a source");
          },
          clock,
          log: createLog("silent", () => {}),
          redact: (text: string) => text,
          notifier: createNotifier(clock),
          worker: { id: "w", runtime: "NODE" },
          settings: {
            leaseMs: 30 * SECOND,
            concurrency: 2,
            progressEveryTeams: 6,
            requestsPerSecond: 0,
            windows: [],
            yahooCredential: "yahoo",
          },
        }));
        const [deps] = processes;
        if (!deps) throw new Error("There are no processes");
        const input = {
          name: "model",
          kind: "UPDATE" as const,
          mend: false,
          leagueKey: "458.l.1",
          environment: "PRODUCTION" as const,
          timezone: "UTC",
          lookbackDays: 1,
        };
        const { id } = await createSchedule(deps, { ...input, ...wanted, cron: first.cron }, "ann");
        const { model, ...promised } = createModel(first, START, wanted);
        const unfinished = () => deps.db.orm.all<{ id: string }>(sql`select id from job_log where finished_at is null`);

        for (const each of steps) {
          switch (each.is) {
            case "pass":
              clock.set(clock.now() + each.afterMs);
              await Promise.all(processes.slice(0, each.processes).map((each) => runSchedules(each)));
              promised.pass(clock.now());
              break;
            case "down":
              clock.set(clock.now() + each.ms);
              break;
            case "back":
              clock.set(clock.now() - each.ms);
              break;
            case "finish":
              for (const job of await unfinished()) await act(deps, job.id, "cancel", "ann");
              promised.finish();
              break;
            case "trigger":
              // A manual run is identified by its instant, so no two manual runs may have the same instant.
              clock.set(clock.now() + 1);
              await triggerSchedule(deps, id, "model").catch((error) => expect(error.code).toBe("JOB_OVERLAP"));
              promised.trigger(clock.now());
              break;
            case "change": {
              const { pattern: next, ...rest } = each.wanted;
              await updateSchedule(deps, id, { ...rest, ...(next ? { cron: next.cron } : {}) }, "ann");
              promised.change(clock.now(), each.wanted);
            }
          }
          expect((await unfinished()).length).toBe(model.busy ? 1 : 0);
        }

        const rows = await deps.db.orm.all<ModelRow>(
          sql`select scheduled_for as scheduledFor, scheduled_until as scheduledUntil, "trigger", outcome from schedule_decisions where schedule_id = ${id}`,
        );
        const inOrder = (all: ModelRow[]) =>
          all
            .map((row) => ({
              ...row,
              scheduledUntil: row.scheduledUntil === row.scheduledFor ? null : row.scheduledUntil,
            }))
            .sort(
              (a, b) =>
                a.scheduledFor - b.scheduledFor ||
                a.trigger.localeCompare(b.trigger) ||
                a.outcome.localeCompare(b.outcome) ||
                (a.scheduledUntil ?? 0) - (b.scheduledUntil ?? 0),
            );
        expect(inOrder(rows)).toEqual(inOrder(model.rows));
        const [started] = await deps.db.orm.all<{ jobs: number; named: number }>(
          sql`select (select count(*) from job_log) as jobs, (select count(distinct job_id) from schedule_decisions where outcome = 'STARTED') as named`,
        );
        expect(started).toEqual({ jobs: model.starts, named: model.starts });
        told += rows.length;
        startedInAll += model.starts;
        await Promise.all(processes.map(({ db }) => db.close()));
      },
    ),
    { numRuns: RUNS },
  );
  // The random runs made enough decisions and started enough jobs to be meaningful.
  expect(told).toBeGreaterThan(RUNS);
  expect(startedInAll).toBeGreaterThan(RUNS / 4);
});
