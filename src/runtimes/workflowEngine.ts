import type { Workflow } from "@cloudflare/workers-types";
import type { Engine } from "../jobs/dispatch.ts";

/** What a run is told; the database knows the rest. */
export type RunOf = { jobId: string };

const ALIVE: ReadonlySet<string> = new Set(["queued", "running", "paused", "waiting", "waitingForPause"]);

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
      return ALIVE.has((await instance.status()).status) ? "alive" : "ended";
    },
    async end(id) {
      const instance = await find(id);
      if (instance && ALIVE.has((await instance.status()).status)) await instance.terminate();
    },
  };
}
