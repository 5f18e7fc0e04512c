import * as v from "valibot";
import { isDate } from "../../calendar.ts";
import { DAMAGED } from "../../db/tables/values.ts";
import { nameIn } from "../text.ts";

// Yahoo's JSON encodes PHP arrays (docs/yahoo.md, Format). A collection is an object with numeric keys and a count, or `[]` when empty. A
// resource with parts is an array: first the resource's meta, then the parts in any order. For a league, the meta is a flat object. For a
// team or a player, the meta is an array of small objects, with `[]` as placeholders. Numbers may be strings.

/** Whether a value stands for "nothing": null, undefined, false or `[]`. */
const isNothing = (value: unknown) =>
  value === null || value === undefined || value === false || (Array.isArray(value) && value.length === 0);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the members of a collection, each unwrapped from its one-key object `{ team: … }`. */
export function members(value: unknown, name: string): unknown[] {
  if (isNothing(value)) return [];
  const all = Array.isArray(value)
    ? value
    : Object.entries(value as object).flatMap(([key, member]) => (/^\d+$/.test(key) ? [member] : []));
  return all.map((member) => (isObject(member) && name in member ? member[name] : member));
}

/** Returns the {@link members} of a collection; undefined when the collection's count differs from the number of members. */
export function countedMembers(value: unknown, name: string): unknown[] | undefined {
  const all = members(value, name);
  if (!isObject(value) || !("count" in value)) return all;
  return Number(value.count) === all.length ? all : undefined;
}

/** Whether the value is a collection, empty or not. */
export const isCollection = (value: unknown): boolean => Array.isArray(value) || (isObject(value) && "count" in value);

/**
 * Merges a list of single-key objects into one object. Merges only the top level, so `is_keeper: { status: false }` is never taken
 * for a player's `status`.
 */
export function joined(value: unknown): Record<string, unknown> {
  if (isObject(value)) return value;
  if (!Array.isArray(value)) return {};
  return Object.assign({}, ...value.filter(isObject));
}

/** Returns the merged meta of a resource `[meta, part, part …]`, and a map from each part's name to the part. */
export function resource(value: unknown): { meta: Record<string, unknown>; parts: Record<string, unknown> } {
  if (!Array.isArray(value)) return { meta: joined(value), parts: joined(value) };
  const [meta, ...parts] = value;
  return { meta: joined(meta), parts: joined(parts) };
}

/**
 * Returns a roster's players. The players are in `players`, or in a part such as `"0"` that contains `players`. Returns undefined when
 * `players` is missing.
 */
export function rosterPlayers(roster: unknown): unknown {
  const parts = joined(roster);
  if ("players" in parts) return parts.players;
  return Object.values(parts).find((part): part is { players: unknown } => isObject(part) && "players" in part)
    ?.players;
}

/** Text that may come as a number. */
export const text = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((value) => String(value)),
);

/** Text, or null; Yahoo marks a missing value in several ways. */
export const optionalText = v.pipe(
  v.optional(v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(v.unknown())]), null),
  v.transform((value) =>
    typeof value === "string" || typeof value === "number" ? String(value).trim() || null : null,
  ),
);

/** A whole number that may come as text. */
export const whole = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^\d+$/, "a whole number")), v.number()]),
  v.transform(Number),
  v.integer(),
);

export const date = v.pipe(v.string(), v.check(isDate, "a date, YYYY-MM-DD"));
/** A name, which may be written with HTML entities. */
export const named = v.pipe(text, v.trim(), v.minLength(1, "not empty"), v.transform(nameIn));
const filled = v.pipe(text, v.trim(), v.minLength(1, "not empty"));

/** Text that identifies a record. Damaged text is refused, because it would identify a wrong record. */
export const intact = v.pipe(
  filled,
  v.check((value) => !value.includes(DAMAGED), "text whose bytes are all valid UTF-8"),
);
