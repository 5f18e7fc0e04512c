import { builder } from "./builder.ts";

/** An object from `node` carries the name of its type, because the type cannot be told from the object's fields. */
export type Named = { __typename: string };

export const NodeRef = builder.interfaceRef<object>("Node").implement({
  description: "An object whose id is unique across all types. `node` and `nodes` find the object by that id.",
  fields: (t) => ({
    id: t.id({ description: "The object's id, unique in the ledger.", resolve: () => "" }),
  }),
  resolveType: (value) => (value as Named).__typename,
});
