import type { InstanceStatus, Workflow } from "@cloudflare/workers-types";
import { DEFAULTS } from "../config/variables.ts";
import type { Engine, RunState } from "../worker/reconcile.ts";

/** What a run is told; the database knows the rest. */
export type RunOf = { jobId: string };

const STATES: Readonly<Record<InstanceStatus["status"], RunState>> = {
  running: "alive",
  waiting: "alive",
  // An account runs so many instances at once; somebody has paused it in the dashboard.
  queued: "held",
  paused: "held",
  waitingForPause: "held",
  errored: "ended",
  terminated: "ended",
  complete: "ended",
  rollingBack: "ended",
  unknown: "ended",
};

/** Cloudflare Workflows as what carries jobs: an instance for each run, under its id. */
export function workflowEngine(workflow: Workflow<RunOf>): Engine {
  const find = async (id: string) => {
    try {
      return await workflow.get(id);
    } catch (error) {
      if (/not.?found/i.test(String(error))) return null;
      throw error;
    }
  };
  return {
    async start({ id, jobId }) {
      try {
        await workflow.create({ id, params: { jobId } });
      } catch (error) {
        if (!/already.?exists/i.test(String(error))) throw error;
      }
    },
    async stateOf(id) {
      const instance = await find(id);
      if (!instance) return "unknown";
      return STATES[(await instance.status()).status];
    },
    async end(id) {
      const instance = await find(id);
      if (instance && STATES[(await instance.status()).status] !== "ended") await instance.terminate();
    },
  };
}

/**
 * How a step is tried again that fails, since the database is away or still to be migrated: for hours, and each time before its run would
 * be taken for lost.
 */
export function patience({ LEASE_SECONDS }: Readonly<Record<string, unknown>>) {
  const delay = Math.max(500, Number(LEASE_SECONDS ?? DEFAULTS.LEASE_SECONDS) * 500);
  return { retries: { limit: 1000, delay, backoff: "constant" }, timeout: "15 minutes" } as const;
}
