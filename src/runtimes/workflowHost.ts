import type { InstanceStatus, Workflow } from "@cloudflare/workers-types";
import type { Config } from "../config/config.ts";
import type { InstanceState, WorkflowHost } from "../worker/reconcile.ts";

/** The parameters of a run. Everything else about a run is in the database. */
export type RunParams = { jobId: string };

const STATES: Readonly<Record<InstanceStatus["status"], InstanceState>> = {
  running: "running",
  waiting: "running",
  // The instance is suspended: by the account's limit of concurrent instances, or by somebody who paused the instance in the dashboard.
  queued: "suspended",
  paused: "suspended",
  waitingForPause: "suspended",
  errored: "ended",
  terminated: "ended",
  complete: "ended",
  rollingBack: "ended",
  unknown: "ended",
};

/** Returns a workflow host that uses Cloudflare Workflows. Each run has its own instance, whose id is the run's id. */
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
 * Returns how often and after what delays a failing step is tried again. The retries go on for hours, because the database may be
 * unreachable or not migrated yet. The time between two retries is shorter than the time after which a run counts as stale.
 */
export function stepRetries({ leaseMs }: Pick<Config, "leaseMs">) {
  const delay = Math.max(500, leaseMs / 2);
  return { retries: { limit: 1000, delay, backoff: "constant" }, timeout: "15 minutes" } as const;
}
