import type { Environment } from "../db/tables/values.ts";

/** What was reached from something of an environment is of the same. */
export type Inherits = { environment?: Environment | undefined };

export const inherited = (given: Environment | null | undefined, { environment }: Inherits): Environment =>
  given ?? environment ?? "PRODUCTION";
const APART = /^(PRODUCTION|TEST):(.+)$/;

/**
 * The id of something that is in both environments, as its links lead to the one it was reached from: `458.l.6966` of production,
 * `TEST:458.l.6966` of tests. So a client that caches by id never mixes the two.
 */
export const idWithin = (id: string, { environment = "PRODUCTION" }: Inherits): string =>
  environment === "PRODUCTION" ? id : `${environment}:${id}`;

/** What such an id says. */
export function readWithin(id: string): { id: string; environment: Environment } {
  const [, environment, rest] = APART.exec(id) ?? [];
  return rest === undefined ? { id, environment: "PRODUCTION" } : { id: rest, environment: environment as Environment };
}
