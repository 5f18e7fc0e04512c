import type { InstanceStatus, Workflow } from "@cloudflare/workers-types";
import type { Engine, RunState } from "../jobs/dispatch.ts";

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
