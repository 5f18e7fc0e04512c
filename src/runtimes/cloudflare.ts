import { WorkflowEntrypoint } from "cloudflare:workers";
import type {
  CloudflareWorkersModule,
  ExecutionContext,
  Fetcher,
  RateLimit,
  Workflow,
} from "@cloudflare/workers-types";
import type { Guesses } from "../http/client.ts";
import type { WebFiles } from "../http/web.ts";
import { type NextStep, runWorkflow } from "../worker/workflow.ts";
import {
  configOrDefaults,
  NotReadyError,
  notReadyResponse,
  openRequestScope,
  type RequestScope,
} from "./requestScope.ts";
import { type RunParams, stepRetries, workflowHost } from "./workflowHost.ts";

type Env = Record<string, unknown> & { COLLECTIONS: Workflow<RunParams>; ASSETS: Fetcher; GUESSES?: RateLimit };

/** Returns the dashboard's files from the assets below web/, which scripts/write-assets.ts writes. */
const webAssets =
  (assets: Fetcher): WebFiles =>
  async (path) => {
    const file = await assets.fetch(`https://assets.invalid/web/${path}`);
    const type = file.headers.get("content-type");
    if (!file.ok || !file.body || type === null) return null;
    return { type, body: file.body as unknown as ReadableStream<Uint8Array> };
  };

/** Counts unknown tokens with the platform's rate limiter, which covers all isolates of a location. */
const guessesOf =
  (limit: RateLimit): Guesses =>
  async (address) =>
    !(await limit.limit({ key: address })).success;

const CLOUD = "Cloudflare Workers";

const open = (env: Env): Promise<RequestScope> => {
  if (!env.COLLECTIONS)
    throw new NotReadyError(
      "The binding COLLECTIONS is missing. Set the binding in wrangler.toml, under [[workflows]]",
    );
  const guesses = env.GUESSES && guessesOf(env.GUESSES);
  return openRequestScope(env, { cloud: CLOUD, web: webAssets(env.ASSETS), guesses });
};

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    try {
      const { server, hasCommitted, log } = await open(env);
      const response = await server.fetch(request, request.headers.get("cf-connecting-ip") ?? undefined);
      if (hasCommitted()) {
        const dispatched = server.dispatch(workflowHost(env.COLLECTIONS));
        ctx.waitUntil(
          dispatched.catch((error) => log.error("Cannot dispatch jobs now; the next tick retries", { error })),
        );
      }
      return response;
    } catch (error) {
      if (!(error instanceof NotReadyError)) throw error;
      console.error(error.message);
      return notReadyResponse(error);
    }
  },

  /**
   * Called by the cron trigger every minute. Schedules, jobs and notifications run independently: a failure in one does not hold up the
   * other two.
   */
  async scheduled(_: unknown, env: Env): Promise<void> {
    const { server } = await open(env);
    const done = await Promise.allSettled([
      server.runSchedules(),
      server.reconcile(workflowHost(env.COLLECTIONS)),
      server.notify(),
    ]);
    await server.dispatch(workflowHost(env.COLLECTIONS));
    for (const each of done) if (each.status === "rejected") throw each.reason;
  },
};

/** The workflow. Each instance runs one job, with a step for each date. */
export class Collection extends WorkflowEntrypoint<Env, RunParams> {
  override run(
    { instanceId, payload }: CloudflareWorkersModule.WorkflowEvent<RunParams>,
    step: CloudflareWorkersModule.WorkflowStep,
  ): Promise<void> {
    const run = { id: instanceId, jobId: payload.jobId };
    const retries = stepRetries(configOrDefaults(this.env, CLOUD));
    const steps = {
      do: (name: string, action: () => Promise<NextStep>) => step.do(name, retries, action),
      sleep: (name: string, ms: number) => step.sleep(name, ms),
    };
    const read = async () => (await open(this.env)).server.readNext(run);
    return runWorkflow(steps, read, async () => (await open(this.env)).server.collectNext(run));
  }
}
