import { ALIVE_MS, listWorkers, type Runtime, type Worker } from "../db/workers.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { JobRef } from "./job.ts";

const RuntimeEnum = describedEnum<Runtime>("Runtime", "What a worker runs on.", {
  NODE: "A process of Node.",
  DENO: "A process of Deno, or an instance on Deno Deploy.",
  CLOUDFLARE: "A Cloudflare Workflow instance.",
});

const WorkerRef = builder.objectRef<Worker>("Worker").implement({
  description: "A process that serves or works on this database, or a workflow run, which works on one job.",
  fields: (t) => ({
    id: t.exposeID("id"),
    runtime: t.expose("runtime", { type: RuntimeEnum, description: "What it runs on." }),
    serves: t.exposeBoolean("serves", { description: "Whether it answers GraphQL." }),
    works: t.exposeBoolean("works", { description: "Whether it works on jobs." }),
    since: t.expose("since", { type: "DateTime", description: "When it began, by its own clock." }),
    lastHeartbeat: t.expose("heardAt", {
      type: "DateTime",
      description: "When it was last heard of, by the database's clock: of a process, every ten seconds.",
    }),
    isAlive: t.boolean({
      description: "Whether it has been heard of within thirty seconds; the run of a job that waits may be silent.",
      resolve: ({ silentMs }) => silentMs <= ALIVE_MS,
    }),
    jobs: t.field({
      type: [JobRef],
      complexity: list(4),
      description: "Jobs it is processing: those whose leases it holds, or the single job of a workflow run.",
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
      "Who works and serves, the newest first. Those that have ended are left out, and processes that have been silent for an hour.",
    resolve: (_, __, { deps }) => listWorkers(deps.db),
  }),
}));
