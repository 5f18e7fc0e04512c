import { builder } from "./builder.ts";

/** An object returned by `node` contains the name of its type, because its other fields do not show which type it has. */
export type Named = { __typename: string };

export const NodeRef = builder.interfaceRef<object>("Node").implement({
  description:
    "An object whose id is unique across all types. The queries `node` and `nodes` find an object by its id.",
  fields: (t) => ({
    id: t.id({ description: "The object's id, unique in the ledger.", resolve: () => "" }),
  }),
  resolveType: (value) => (value as Named).__typename,
});
