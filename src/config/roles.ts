/**
 * What a token may do, from least to most. A viewer reads. An operator also starts, pauses and cancels jobs and manages schedules. An admin
 * also manages credentials, tokens and webhooks.
 */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Who sends a request, and the caller's role. */
export type Caller = { name: string; role: Role };

/** Whether a caller has the wanted role or a higher one. */
export const mayActAs = ({ role }: Pick<Caller, "role">, wanted: Role): boolean =>
  ROLES.indexOf(role) >= ROLES.indexOf(wanted);
