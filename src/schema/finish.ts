import { defaultFieldResolver, type GraphQLSchema, getNullableType, isScalarType } from "graphql";
import type { Context } from "./builder.ts";
import { createLoaders } from "./loaders.ts";

/** What the scalars that are not GraphQL's own mean, for programs that make types of a schema. */
const SPECIFICATIONS: Readonly<Record<string, string>> = {
  Date: "https://scalars.graphql.org/andimarek/local-date.html",
  DateTime: "https://scalars.graphql.org/andimarek/date-time.html",
  JSON: "https://www.rfc-editor.org/rfc/rfc8259",
};

/**
 * What was read for a mutation, and before it, may not be so any more: whatever comes after it is read anew. Mutations of a document are
 * done one after the other, each with all that is asked of its answer.
 */
export function readAnewAfterMutations(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = async (parent, args, context: Context, info) => {
      context.loaders = createLoaders(context.deps);
      try {
        return await resolve(parent, args, context, info);
      } finally {
        context.loaders = createLoaders(context.deps);
      }
    };
  }
  return schema;
}

/**
 * Makes each field of the root nullable, so that one that fails is null, with its error, and the rest of the answer stays; and says of each
 * scalar where it is specified.
 */
export function forgiving(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) field.type = getNullableType(field.type);
  for (const type of Object.values(schema.getTypeMap()))
    if (isScalarType(type)) type.specifiedByURL ??= SPECIFICATIONS[type.name];
  return schema;
}
