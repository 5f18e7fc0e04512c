/**
 * Roles of a token, from the weakest to the strongest. A viewer reads. An operator also starts, pauses and cancels jobs and manages
 * schedules. An admin also manages credentials, tokens and webhooks.
 */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Name and role of the sender of a request. */
export type Caller = { name: string; role: Role };

/** Whether a caller has the wanted role or a higher one. */
export const mayActAs = ({ role }: Pick<Caller, "role">, wanted: Role): boolean =>
  ROLES.indexOf(role) >= ROLES.indexOf(wanted);
