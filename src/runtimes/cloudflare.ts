import { WorkflowEntrypoint } from "cloudflare:workers";
import type { CloudflareWorkersModule, ExecutionContext, Workflow } from "@cloudflare/workers-types";
import journal from "../../drizzle/meta/_journal.json" with { type: "json" };
import { carry, type Next } from "../worker/workflow.ts";
import { type Invocation, NotReady, notReadyResponse, openInvocation } from "./invocation.ts";
import { patience, type RunOf, workflowEngine } from "./workflowEngine.ts";

type Env = Record<string, unknown> & { COLLECTIONS: Workflow<RunOf> };

const [newest] = [...journal.entries].sort((a, b) => b.when - a.when);

const open = (env: Env): Promise<Invocation> => {
  if (!newest) throw new Error("There are no migrations");
  if (!env.COLLECTIONS) throw new NotReady("The binding COLLECTIONS is missing: wrangler.toml, [[workflows]]");
  return openInvocation(env, { cloud: "Cloudflare Workers", newest });
};

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    try {
      const { server, hasCommitted, log } = await open(env);
      const response = await server.fetch(request, request.headers.get("cf-connecting-ip") ?? undefined);
      if (hasCommitted()) {
        const dispatched = server.dispatch(workflowEngine(env.COLLECTIONS));
        ctx.waitUntil(dispatched.catch((error) => log.error("Jobs are dispatched by the next tick", { error })));
      }
      return response;
    } catch (error) {
      if (!(error instanceof NotReady)) throw error;
      console.error(error.message);
      return notReadyResponse(error);
    }
  },

  /** The cron trigger, every minute. Of schedules and jobs neither is kept waiting by what is wrong with the other. */
  async scheduled(_: unknown, env: Env): Promise<void> {
    const { server } = await open(env);
    const done = await Promise.allSettled([server.schedule(), server.reconcile(workflowEngine(env.COLLECTIONS))]);
    await server.dispatch(workflowEngine(env.COLLECTIONS));
    for (const each of done) if (each.status === "rejected") throw each.reason;
  },
};

/** An instance carries one job, a step for each date. */
export class Collection extends WorkflowEntrypoint<Env, RunOf> {
  override run(
    { instanceId, payload }: CloudflareWorkersModule.WorkflowEvent<RunOf>,
    step: CloudflareWorkersModule.WorkflowStep,
  ): Promise<void> {
    const run = { id: instanceId, jobId: payload.jobId };
    const steps = {
      do: (name: string, action: () => Promise<Next>) => step.do(name, patience(this.env), action),
      sleep: (name: string, ms: number) => step.sleep(name, ms),
    };
    const look = async () => (await open(this.env)).server.look(run);
    return carry(steps, look, async () => (await open(this.env)).server.advance(run));
  }
}
