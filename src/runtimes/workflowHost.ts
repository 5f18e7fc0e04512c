import type { InstanceStatus, Workflow } from "@cloudflare/workers-types";
import type { Config } from "../config/config.ts";
import type { InstanceState, WorkflowHost } from "../worker/reconcile.ts";

/** What a run is told; the database knows the rest. */
export type RunParams = { jobId: string };

const STATES: Readonly<Record<InstanceStatus["status"], InstanceState>> = {
  running: "running",
  waiting: "running",
  // An account runs so many instances at once; somebody has paused it in the dashboard.
  queued: "suspended",
  paused: "suspended",
  waitingForPause: "suspended",
  errored: "ended",
  terminated: "ended",
  complete: "ended",
  rollingBack: "ended",
  unknown: "ended",
};

/** Cloudflare Workflows as a workflow host: an instance for each run, under its id. */
export function workflowHost(workflow: Workflow<RunParams>): WorkflowHost {
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
    async instanceState(id) {
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
 * The retries of a failing step: for hours, as the database may be away or still to be migrated, and each sooner than its run would count
 * as stale.
 */
export function stepRetries({ leaseMs }: Pick<Config, "leaseMs">) {
  const delay = Math.max(500, leaseMs / 2);
  return { retries: { limit: 1000, delay, backoff: "constant" }, timeout: "15 minutes" } as const;
}
