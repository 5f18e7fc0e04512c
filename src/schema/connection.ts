import type { ObjectRef } from "@pothos/core";
import * as v from "valibot";
import { builder } from "./builder.ts";
import { LIMITS } from "./limits.ts";

type PageInfo = {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
};

/** A page of a list; what costs a further read is asked for only when a client wants it. */
export type Page<T> = {
  nodes: T[];
  hasNextPage: boolean;
  cursorOf: (node: T) => string;
  hasPrevious: () => Promise<boolean>;
  count: () => Promise<number>;
};

/** Cuts one page out of a list that was read one row further than the page is long. */
export function page<T>(rows: T[], first: number, rest: Omit<Page<T>, "nodes" | "hasNextPage">): Page<T> {
  return { ...rest, nodes: rows.slice(0, first), hasNextPage: rows.length > first };
}

const PageInfoRef = builder.objectRef<PageInfo>("PageInfo").implement({
  description: "Where a page stands in its list (Relay's cursor connections).",
  fields: (t) => ({
    hasNextPage: t.exposeBoolean("hasNextPage"),
    hasPreviousPage: t.exposeBoolean("hasPreviousPage"),
    startCursor: t.exposeString("startCursor", { nullable: true }),
    endCursor: t.exposeString("endCursor", { nullable: true }),
  }),
});

/** `JobConnection` and `JobEdge` for `Job`: the same four fields for every list. */
export function connectionOf<T>(
  name: string,
  node: ObjectRef<typeof builder.$inferSchemaTypes, T>,
): ObjectRef<typeof builder.$inferSchemaTypes, Page<T>> {
  const edge = builder.objectRef<{ cursor: string; node: T }>(`${name}Edge`).implement({
    description: `A ${name} and its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", { description: "Pass it as `after` to go on behind it." }),
      node: t.field({ type: node, resolve: (each) => each.node as never }),
    }),
  });
  return builder.objectRef<Page<T>>(`${name}Connection`).implement({
    description: `A page of a list of ${name}s; it stays right while entries are added.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        complexity: { field: 0, multiplier: 1 },
        resolve: (p) => p.nodes.map((each) => ({ cursor: p.cursorOf(each), node: each })),
      }),
      nodes: t.field({ type: [node], complexity: { field: 0, multiplier: 1 }, resolve: (p) => p.nodes as never }),
      pageInfo: t.field({
        type: PageInfoRef,
        resolve: async (p) => {
          const [first, last] = [p.nodes[0], p.nodes.at(-1)];
          return {
            hasNextPage: p.hasNextPage,
            hasPreviousPage: first !== undefined && (await p.hasPrevious()),
            startCursor: first === undefined ? null : p.cursorOf(first),
            endCursor: last === undefined ? null : p.cursorOf(last),
          };
        },
      }),
      totalCount: t.int({ description: "Of the whole list.", resolve: (p) => p.count() }),
    }),
  });
}

/** `first`, where a list allows so many. */
export const pageSize = (max: number = LIMITS.page) => {
  const message = ({ input }: { input: number }) => `expected a whole number from 1 to ${max}, got ${input}`;
  return v.pipe(v.number(), v.minValue(1, message), v.maxValue(max, message));
};
