/**
 * What a token may do, from the least to the most: a viewer reads; an operator also starts, pauses and cancels jobs and keeps schedules; an
 * admin also looks after credentials, tokens and webhooks.
 */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Who sends requests, and what it may do. */
export type Caller = { name: string; role: Role };

/** Whether somebody may do what takes a role: whoever may do more may do that as well. */
export const mayActAs = ({ role }: Pick<Caller, "role">, wanted: Role): boolean =>
  ROLES.indexOf(role) >= ROLES.indexOf(wanted);
