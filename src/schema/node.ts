import { builder } from "./builder.ts";

/** What `node` gives back carries the name of its type: a type alone cannot be told from another by its fields. */
export type Named = { __typename: string };

export const NodeRef = builder.interfaceRef<object>("Node").implement({
  description:
    "Something with an id that nothing else in the ledger has, whatever its type; `node` and `nodes` find it again.",
  fields: (t) => ({
    id: t.id({ description: "Unique in the ledger.", resolve: () => "" }),
  }),
  resolveType: (value) => (value as Named).__typename,
});
