// The module that workerd provides, with only the types that are used here: the full set would clash with Node's.
declare module "cloudflare:workers" {
  import type { CloudflareWorkersModule } from "@cloudflare/workers-types";

  export const WorkflowEntrypoint: typeof CloudflareWorkersModule.WorkflowEntrypoint;
  export const env: Record<string, unknown>;
}
