import {
  defaultFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  Kind,
} from "graphql";
import { LedgerError } from "../errors.ts";
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

/**
 * Refuses `first` together with `last`, which Relay's specification discourages: no page is both. Only the document says which of them was
 * given, as `first` has a default.
 */
export function refuseBothEnds(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.args.some(({ name }) => name === "last")) continue;
      const { resolve = defaultFieldResolver } = field;
      field.resolve = (parent, args, context, info) => {
        if (args.last != null && isGiven("first", info))
          throw new LedgerError("BAD_USER_INPUT", "last: it was given together with first; allowed: one of the two");
        return resolve(parent, args, context, info);
      };
    }
  }
  return schema;
}

/** Whether a document gives an argument a value of its own: not its default, and not null. */
function isGiven(name: string, { fieldNodes, variableValues }: GraphQLResolveInfo): boolean {
  const value = fieldNodes[0]?.arguments?.find((argument) => argument.name.value === name)?.value;
  if (value?.kind === Kind.VARIABLE) return variableValues.coerced[value.name.value] != null;
  return value !== undefined && value.kind !== Kind.NULL;
}

type ArgMapper = (args: unknown, context: unknown, info: unknown) => unknown;
type Costing = (args: unknown, context: unknown, field: unknown) => unknown;

/** The arguments of a field that will refuse them. */
const REFUSED = Object.freeze({});

/**
 * Has a field whose arguments are out of their range cost nothing, as its resolver will not run: the field says by itself what is wrong, with
 * its path, and the rest of the document is answered within its limits. The cost of a document is reckoned with the arguments' checks
 * (`pothosArgMappers`), of which one that throws would refuse the whole.
 */
export function costFaultyFieldsNothing(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { pothosArgMappers: mappers, complexity } = field.extensions as {
        pothosArgMappers?: readonly ArgMapper[];
        complexity?: unknown;
      };
      if (!mappers?.length || typeof complexity !== "function") continue;
      const map: ArgMapper = (args, context, info) => {
        try {
          return mappers.reduce((mapped, mapper) => mapper(mapped, context, info), args);
        } catch (error) {
          if (error instanceof LedgerError) return REFUSED;
          throw error;
        }
      };
      const cost: Costing = (args, context, costed) =>
        args === REFUSED ? { field: 0, multiplier: 0 } : (complexity as Costing)(args, context, costed);
      field.extensions = { ...field.extensions, pothosArgMappers: [map], complexity: cost };
    }
  }
  return schema;
}
