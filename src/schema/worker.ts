import { ALIVE_MS, listWorkers, type Runtime, type Worker } from "../db/workers.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { JobRef } from "./job.ts";

const RuntimeEnum = describedEnum<Runtime>("Runtime", "What a worker runs on.", {
  NODE: "A process on Node.js.",
  DENO: "A process on Deno, or an instance on Deno Deploy.",
  CLOUDFLARE: "A Cloudflare Workflow instance.",
});

const WorkerRef = builder.objectRef<Worker>("Worker").implement({
  description: "Either a process that answers GraphQL or works on jobs, or a workflow run that works on one job.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "The id of the process or workflow run." }),
    runtime: t.expose("runtime", { type: RuntimeEnum, description: "What the worker runs on." }),
    serves: t.exposeBoolean("serves", { description: "Whether the worker answers GraphQL." }),
    works: t.exposeBoolean("works", { description: "Whether the worker works on jobs." }),
    since: t.expose("since", { type: "DateTime", description: "Time of the worker's start, by its own clock." }),
    lastHeartbeat: t.expose("heardAt", {
      type: "DateTime",
      description:
        "Time of the worker's last heartbeat, by the database's clock. A process sends a heartbeat every ten seconds.",
    }),
    isAlive: t.boolean({
      description:
        "Whether the last heartbeat is at most thirty seconds old. A workflow run whose job is WAITING may be silent for more than thirty seconds.",
      resolve: ({ silentMs }) => silentMs <= ALIVE_MS,
    }),
    jobs: t.field({
      type: [JobRef],
      complexity: list(4),
      description:
        "Jobs that the worker is processing. For a process, the jobs whose leases it holds; for a workflow run, its single job.",
      resolve: async ({ jobIds }, _, { loaders }) => {
        const jobs = await Promise.all(jobIds.map((id) => loaders.job.load(id)));
        return jobs.filter((job) => job !== null);
      },
    }),
  }),
});

builder.queryFields((t) => ({
  workers: t.field({
    type: [WorkerRef],
    complexity: list(20),
    description:
      "Workers and servers, newest first. " +
      "Workers and servers that have ended are left out, and so are processes that have been silent for an hour.",
    resolve: (_, __, { deps }) => listWorkers(deps.db),
  }),
}));
