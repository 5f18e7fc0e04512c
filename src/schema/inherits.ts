import type { Environment } from "../db/tables/values.ts";

/** What was reached from something of an environment is of the same. */
export type Inherits = { environment?: Environment | undefined };

export const inherited = (given: Environment | null | undefined, { environment }: Inherits): Environment =>
  given ?? environment ?? "PRODUCTION";
