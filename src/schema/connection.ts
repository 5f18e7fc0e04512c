import type { ObjectRef } from "@pothos/core";
import * as v from "valibot";
import type { Position, Window } from "../db/window.ts";
import { builder } from "./builder.ts";
import { entriesOf } from "./costs.ts";
import type { Cursors } from "./cursor.ts";
import { wholeNumber } from "./input.ts";
import { LIMITS } from "./limits.ts";

/** A page of a list; what costs a further read is asked for only when a client wants it. */
export type Page<T> = {
  nodes: T[];
  cursorOf: (node: T) => string;
  hasNext: () => Promise<boolean>;
  hasPrevious: () => Promise<boolean>;
  count: () => Promise<number>;
  /** The place that the page begins behind, as it was given; null for the first page. */
  after: string | null;
};

/** Which page of a list a client asks for; with `last`, `first` is its default and does not count. */
export type PageArgs = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
};

/** An ordered list that is read a window at a time. */
export type List<T, P extends Position> = {
  cursors: Cursors<P>;
  positionOf: (node: T) => P;
  read: (window: Window<P>) => Promise<T[]>;
  count: () => Promise<number>;
};

/** One page of a list, forward from `after` or backward from `before`. Throws BAD_USER_INPUT. */
export async function pageOf<T, P extends Position>(list: List<T, P>, args: PageArgs): Promise<Page<T>> {
  const { cursors, positionOf, read, count } = list;
  const at = async (argument: "after" | "before") => {
    const cursor = args[argument];
    return cursor == null || cursor === "" ? undefined : cursors.decode(cursor, argument);
  };
  const [after, before] = [await at("after"), await at("before")];
  const isFromEnd = args.last != null;
  const size = entriesOf(args);
  // One more than the page is long says whether the list goes on.
  const rows = await read({ after, before, limit: size + 1, isFromEnd });
  const goesOn = rows.length > size;
  const nodes = isFromEnd ? rows.slice(goesOn ? 1 : 0) : rows.slice(0, size);
  const [first, last] = [nodes[0], nodes.at(-1)];
  const isAny = async (window: Omit<Window<P>, "limit">) => (await read({ ...window, limit: 1 })).length > 0;
  // Of a page without entries only its bound says where it stands: all others are on the other side of it.
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

/** A list that is in memory, in the order of the places of its entries. */
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

/** Which of two places comes first. */
export function compare(a: Position, b: Position): number {
  const i = a.findIndex((value, at) => value !== b[at]);
  const [x, y] = [a[i], b[i]];
  return i < 0 || x === undefined || y === undefined ? 0 : x < y ? -1 : 1;
}

const PageInfoRef = builder.objectRef<Page<never>>("PageInfo").implement({
  description: "Where a page stands in its list (Relay's cursor connections).",
  fields: (t) => ({
    hasNextPage: t.boolean({ resolve: (p) => p.hasNext() }),
    hasPreviousPage: t.boolean({ resolve: (p) => p.hasPrevious() }),
    startCursor: t.string({ nullable: true, resolve: ({ nodes, cursorOf }) => cursorAt(nodes[0], cursorOf) }),
    endCursor: t.string({ nullable: true, resolve: ({ nodes, cursorOf }) => cursorAt(nodes.at(-1), cursorOf) }),
  }),
});

/** The place of an entry; null where there is none. */
export const cursorAt = <T>(node: T | undefined, cursorOf: (node: T) => string): string | null =>
  node === undefined ? null : cursorOf(node);

/** A page costs what its entries do, which its field has counted. */
const EACH = { field: 0, multiplier: 1 };

/** `JobConnection` and `JobEdge` for `Job`: the same four fields for every list. @param pageName What the page's type is called, where not so. */
export function connectionOf<T>(
  name: string,
  node: ObjectRef<typeof builder.$inferSchemaTypes, T>,
  pageName = `${name}Connection`,
): ObjectRef<typeof builder.$inferSchemaTypes, Page<T>> {
  const edge = builder.objectRef<{ cursor: string; node: T }>(`${name}Edge`).implement({
    description: `A ${name} and its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", {
        description: "Pass it as `after` to go on behind it, as `before` to go back from it.",
      }),
      node: t.field({ type: node, resolve: (each) => each.node as never }),
    }),
  });
  return builder.objectRef<Page<T>>(pageName).implement({
    description: `A page of a list of ${name}s; it stays right while entries are added.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        complexity: EACH,
        resolve: (p) => p.nodes.map((each) => ({ cursor: p.cursorOf(each), node: each })),
      }),
      nodes: t.field({ type: [node], complexity: EACH, resolve: (p) => p.nodes as never }),
      pageInfo: t.field({ type: PageInfoRef, resolve: (p) => p as unknown as Page<never> }),
      totalCount: t.int({
        description: "Of the whole list; counted only where it is asked for.",
        resolve: (p) => p.count(),
      }),
    }),
  });
}

/** `first`, where a list allows so many. */
export const pageSize = (max: number = LIMITS.page) => wholeNumber(1, max);

/** Where arguments are declared. */
export type Fields = Pick<Parameters<Parameters<(typeof builder)["queryFields"]>[0]>[0], "arg">;

/** The arguments of a list that is read by pages. @param usual How long a page is where nobody says. */
export const pageArgs = (t: Fields, usual: number, max: number = LIMITS.page) => ({
  first: t.arg.int({
    defaultValue: usual,
    description: `The first entries behind \`after\`: 1 to ${max}.`,
    validate: v.nullish(pageSize(max)),
  }),
  after: t.arg.string({ description: "Only what comes behind this place: a cursor of this list." }),
  last: t.arg.int({
    description: `The last entries ahead of \`before\`, instead of \`first\`: 1 to ${max}.`,
    validate: v.nullish(pageSize(max)),
  }),
  before: t.arg.string({ description: "Only what comes ahead of this place: a cursor of this list." }),
});
