import type { Environment } from "../db/tables/values.ts";

/** An object that passes its environment on to the objects to which its fields lead. */
export type Inherits = { environment?: Environment | undefined };

export const inherited = (given: Environment | null | undefined, { environment }: Inherits): Environment =>
  given ?? environment ?? "PRODUCTION";
const APART = /^(PRODUCTION|TEST):(.+)$/;

/**
 * Returns the id of an object that exists in both environments: `458.l.6966` if the object was reached from PRODUCTION, `TEST:458.l.6966`
 * if it was reached from TEST. The object's fields lead to data of the environment from which the object was reached. Because the ids
 * differ, a client that caches objects by id keeps the two environments' data apart.
 */
export const idWithin = (id: string, { environment = "PRODUCTION" }: Inherits): string =>
  environment === "PRODUCTION" ? id : `${environment}:${id}`;

/** Splits an id made by {@link idWithin}. */
export function readWithin(id: string): { id: string; environment: Environment } {
  const [, environment, rest] = APART.exec(id) ?? [];
  return rest === undefined ? { id, environment: "PRODUCTION" } : { id: rest, environment: environment as Environment };
}
