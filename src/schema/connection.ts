import type { ObjectRef } from "@pothos/core";
import * as v from "valibot";
import type { Position, Window } from "../db/window.ts";
import { builder } from "./builder.ts";
import { entriesOf } from "./costs.ts";
import type { Cursors } from "./cursor.ts";
import { wholeNumber } from "./input.ts";
import { LIMITS } from "./limits.ts";

/**
 * A page of a list. A member that needs a further database read is a function, which runs only if the client asks for the member.
 */
export type Page<T> = {
  nodes: T[];
  cursorOf: (node: T) => string;
  hasNext: () => Promise<boolean>;
  hasPrevious: () => Promise<boolean>;
  count: () => Promise<number>;
  /** The cursor given as `after`; null if none was given. */
  after: string | null;
};

/** The page that a client asks for. If `last` is given, `first` holds only its default and is ignored. */
export type PageArgs = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
};

/** An ordered list, read one window at a time. */
export type List<T, P extends Position> = {
  cursors: Cursors<P>;
  positionOf: (node: T) => P;
  read: (window: Window<P>) => Promise<T[]>;
  count: () => Promise<number>;
};

/** Returns one page of a list, forward from `after` or backward from `before`. Throws BAD_USER_INPUT for an invalid cursor. */
export async function pageOf<T, P extends Position>(list: List<T, P>, args: PageArgs): Promise<Page<T>> {
  const { cursors, positionOf, read, count } = list;
  const at = async (argument: "after" | "before") => {
    const cursor = args[argument];
    return cursor == null || cursor === "" ? undefined : cursors.decode(cursor, argument);
  };
  const [after, before] = [await at("after"), await at("before")];
  const isFromEnd = args.last != null;
  const size = entriesOf(args);
  // Read one extra entry to find out whether the list continues.
  const rows = await read({ after, before, limit: size + 1, isFromEnd });
  const goesOn = rows.length > size;
  const nodes = isFromEnd ? rows.slice(goesOn ? 1 : 0) : rows.slice(0, size);
  const [first, last] = [nodes[0], nodes.at(-1)];
  const isAny = async (window: Omit<Window<P>, "limit">) => (await read({ ...window, limit: 1 })).length > 0;
  // If the page is empty, every entry lies outside the range of the cursors, so check whether the list has entries.
  const beyond = () => isAny(last === undefined ? {} : { after: positionOf(last) });
  const ahead = () => isAny(first === undefined ? {} : { before: positionOf(first), isFromEnd: true });
  return {
    nodes,
    cursorOf: (node) => cursors.encode(positionOf(node)),
    hasNext: async () =>
      isFromEnd
        ? (last !== undefined || before !== undefined) && beyond()
        : goesOn || (before !== undefined && beyond()),
    hasPrevious: async () =>
      isFromEnd ? goesOn || (after !== undefined && ahead()) : (first !== undefined || after !== undefined) && ahead(),
    count,
    after: args.after ?? null,
  };
}

/**
 * Returns a list of entries that are held in memory.
 * @param entries Sorted by position.
 */
export function listOf<T, P extends Position>(
  entries: readonly T[],
  cursors: Cursors<P>,
  positionOf: (entry: T, index: number) => P,
): List<T, P> {
  const placed = new Map(entries.map((entry, i) => [entry, positionOf(entry, i)]));
  const placeOf = (entry: T) => placed.get(entry) as P;
  return {
    cursors,
    positionOf: placeOf,
    read: async ({ after, before, limit, isFromEnd }) => {
      const within = entries.filter(
        (entry) => (!after || compare(placeOf(entry), after) > 0) && (!before || compare(placeOf(entry), before) < 0),
      );
      return isFromEnd ? within.slice(-limit) : within.slice(0, limit);
    },
    count: async () => entries.length,
  };
}

/** Compares two positions. Returns -1 if `a` comes first, 1 if `b` comes first, and 0 if the positions are equal. */
export function compare(a: Position, b: Position): number {
  const i = a.findIndex((value, at) => value !== b[at]);
  const [x, y] = [a[i], b[i]];
  return i < 0 || x === undefined || y === undefined ? 0 : x < y ? -1 : 1;
}

const PageInfoRef = builder.objectRef<Page<never>>("PageInfo").implement({
  description: "A page's place in its list, as in Relay's cursor connections.",
  fields: (t) => ({
    hasNextPage: t.boolean({ resolve: (p) => p.hasNext() }),
    hasPreviousPage: t.boolean({ resolve: (p) => p.hasPrevious() }),
    startCursor: t.string({ nullable: true, resolve: ({ nodes, cursorOf }) => cursorAt(nodes[0], cursorOf) }),
    endCursor: t.string({ nullable: true, resolve: ({ nodes, cursorOf }) => cursorAt(nodes.at(-1), cursorOf) }),
  }),
});

/** Returns the cursor of an entry; null if there is no entry. */
export const cursorAt = <T>(node: T | undefined, cursorOf: (node: T) => string): string | null =>
  node === undefined ? null : cursorOf(node);

/** `edges` and `nodes` add no cost of their own: the connection's field has already counted the entries. */
const EACH = { field: 0, multiplier: 1 };

/**
 * Defines a connection and its edge, such as `JobConnection` and `JobEdge` for `Job`, with the same four fields for every list.
 * @param pageName Name of the connection's type.
 */
export function connectionOf<T>(
  name: string,
  node: ObjectRef<typeof builder.$inferSchemaTypes, T>,
  pageName = `${name}Connection`,
): ObjectRef<typeof builder.$inferSchemaTypes, Page<T>> {
  const edge = builder.objectRef<{ cursor: string; node: T }>(`${name}Edge`).implement({
    description: `A ${name} and its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", {
        description:
          "Cursor of the entry. Pass the cursor as `after` to get the following entries, or as `before` to get the preceding entries.",
      }),
      node: t.field({ type: node, resolve: (each) => each.node as never }),
    }),
  });
  return builder.objectRef<Page<T>>(pageName).implement({
    description: `A page of a list of ${name}s. The page's cursors stay valid while entries are added.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        complexity: EACH,
        resolve: (p) => p.nodes.map((each) => ({ cursor: p.cursorOf(each), node: each })),
      }),
      nodes: t.field({ type: [node], complexity: EACH, resolve: (p) => p.nodes as never }),
      pageInfo: t.field({ type: PageInfoRef, resolve: (p) => p as unknown as Page<never> }),
      totalCount: t.int({
        description: "Number of entries in the whole list. The entries are counted only if this field is requested.",
        resolve: (p) => p.count(),
      }),
    }),
  });
}

/** Validates a page size from 1 to `max`. */
export const pageSize = (max: number = LIMITS.page) => wholeNumber(1, max);

/** The part of a field builder that declares arguments. */
export type Fields = Pick<Parameters<Parameters<(typeof builder)["queryFields"]>[0]>[0], "arg">;

/** Declares the arguments of a list that is read in pages. @param usual Default page size. */
export const pageArgs = (t: Fields, usual: number, max: number = LIMITS.page) => ({
  first: t.arg.int({
    defaultValue: usual,
    description: `Number of entries to return, 1 to ${max}. The page begins at the start of the list, or directly after the cursor \`after\`.`,
    validate: v.nullish(pageSize(max)),
  }),
  after: t.arg.string({ description: "Return only entries that follow this cursor." }),
  last: t.arg.int({
    description: `Number of entries to return, 1 to ${max}. \`last\` cannot be combined with \`first\`. The page ends at the end of the list, or directly before the cursor \`before\`.`,
    validate: v.nullish(pageSize(max)),
  }),
  before: t.arg.string({ description: "Return only entries that precede this cursor." }),
});
