import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { MINUTE } from "../../src/clock.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { CREATE_SCHEDULE, GET_SCHEDULE, TRIGGER_SCHEDULE, UPDATE_SCHEDULE } from "./queries.ts";

export const HOUR = 60 * MINUTE;

export const START = Date.parse("2025-06-01T16:00:00Z");

export const at = (ms: number) => new Date(START + ms).toISOString();

/** Opens a ledger at noon in New York with one schedule, which is hourly by default. */
export async function scheduled(input: Record<string, unknown> = {}) {
  const ledger = await openLedger();
  const given = {
    name: "nightly",
    leagueKey: "458.l.100",
    cron: "0 * * * *",
    timezone: "UTC",
    lookbackDays: 2,
    ...input,
  };
  const { id } = (await ledger.data(CREATE_SCHEDULE, { input: given })).createSchedule.schedule;
  const schedule = async () => (await ledger.data(GET_SCHEDULE, { id })).schedule;
  return {
    ledger,
    id,
    schedule,
    /** Runs the schedules at an instant, without working on jobs. */
    pass: async (ms: number) => {
      ledger.clock.set(START + ms);
      await ledger.server.tick({ budgetMs: 0 });
    },
    decisions: async (): Promise<[string, string, string][]> =>
      (await schedule()).decisions.map((d: any) => [d.scheduledFor, d.outcome, d.reason]),
    change: async (changes: Record<string, unknown>) =>
      (await ledger.data(UPDATE_SCHEDULE, { input: { id, ...changes } })).updateSchedule.schedule,
  };
}

/** Opens a ledger with a schedule whose first job is QUEUED and has no worker. */
export async function withJob(input: Record<string, unknown> = {}) {
  const all = await scheduled(input);
  const { created, job } = (await all.ledger.data(TRIGGER_SCHEDULE, { id: all.id })).triggerSchedule;
  expect(created).toBe(true);
  const cancel = () => all.ledger.data(`mutation { cancelCollection(jobId: "${job.id}") { job { id } } }`);
  /** Runs the schedules at an instant while another worker holds the job. */
  const decideOnly = async (ms: number) => {
    all.ledger.clock.set(START + ms);
    await all.ledger.db.write([
      sql`update job_log set status = 'RUNNING', started_at = 1, lease_owner = 'elsewhere',
      lease_until = 99999999999999 where id = ${job.id} and status = 'QUEUED'`,
    ]);
    await all.ledger.server.tick({ budgetMs: 0 });
  };
  return { ...all, jobId: job.id as string, cancel, decideOnly };
}

export const jobs = ({ db }: Ledger) =>
  db.orm.all<{ id: string; metadata: string }>(sql`select id, metadata from job_log order by created_at, id`);
