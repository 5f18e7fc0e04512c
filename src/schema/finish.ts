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

/** Specifications of the custom scalars, for programs that generate types from the schema. */
const SPECIFICATIONS: Readonly<Record<string, string>> = {
  Date: "https://scalars.graphql.org/andimarek/local-date.html",
  DateTime: "https://scalars.graphql.org/andimarek/date-time.html",
  JSON: "https://www.rfc-editor.org/rfc/rfc8259",
};

/**
 * Creates new loaders before and after each mutation, because data read earlier may be outdated. The mutations of a document run one after
 * another. The fields selected on a mutation's result are read before the next mutation runs.
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
 * Makes each root query field nullable. If a nullable field fails, the field is null and reports its error, and the rest of the response is
 * kept. Also links each scalar to its specification.
 */
export function forgiving(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) field.type = getNullableType(field.type);
  for (const type of Object.values(schema.getTypeMap()))
    if (isScalarType(type)) type.specifiedByURL ??= SPECIFICATIONS[type.name];
  return schema;
}

/**
 * Refuses a field with both `first` and `last`, because Relay's specification discourages the combination. Because `first` has a default,
 * only the document itself shows whether the client gave it.
 */
export function refuseBothEnds(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.args.some(({ name }) => name === "last")) continue;
      const { resolve = defaultFieldResolver } = field;
      field.resolve = (parent, args, context, info) => {
        if (args.last != null && isGiven("first", info))
          throw new LedgerError("BAD_USER_INPUT", "last: cannot be combined with first; allowed: one of the two");
        return resolve(parent, args, context, info);
      };
    }
  }
  return schema;
}

/** Whether the document itself sets an argument to a value other than null. Ignores the argument's default value. */
function isGiven(name: string, { fieldNodes, variableValues }: GraphQLResolveInfo): boolean {
  const value = fieldNodes[0]?.arguments?.find((argument) => argument.name.value === name)?.value;
  if (value?.kind === Kind.VARIABLE) return variableValues.coerced[value.name.value] != null;
  return value !== undefined && value.kind !== Kind.NULL;
}

type ArgMapper = (args: unknown, context: unknown, info: unknown) => unknown;
type Costing = (args: unknown, context: unknown, field: unknown) => unknown;

/** Replaces invalid arguments while the cost is computed. */
const REFUSED = Object.freeze({});

/**
 * Sets the cost of a field with invalid arguments to 0, because its resolver will not run. The computation of a document's cost runs the
 * argument checks (`pothosArgMappers`). An argument check that throws an error would make the whole document fail. A field with invalid
 * arguments costs 0 and so fails alone, with an error at the field's path. The rest of the document is executed within the
 * usual limits.
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
