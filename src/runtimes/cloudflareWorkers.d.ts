// The module that workerd itself provides, with as much of its own types as is used here: all of them would clash with Node's.
declare module "cloudflare:workers" {
  import type { CloudflareWorkersModule } from "@cloudflare/workers-types";

  export const WorkflowEntrypoint: typeof CloudflareWorkersModule.WorkflowEntrypoint;
  export const env: Record<string, unknown>;
}
