import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  visit,
} from "graphql";
import { LIMITS } from "../schema/limits.ts";

/** A limit that a document exceeds. */
type Excess = { what: string; given: number; allowed: number };

/** The result of measuring a document. */
type Measured = { excess: Excess | null; introspects: boolean };

/**
 * Measures a document before it is validated. Returns the first limit that the document exceeds (or null), and whether the document asks
 * for the schema. Root fields and introspection of a fragment are counted wherever the fragment is spread. Validation later refuses a
 * fragment that spreads itself.
 */
export function measure(document: DocumentNode, schema: GraphQLSchema): Measured {
  const beyond = (what: string, given: number, allowed: number): Measured => ({
    excess: { what, given, allowed },
    introspects: false,
  });
  let introspects = false;
  let [fields, aliases, directives] = [0, 0, 0];
  visit(document, {
    Field: ({ alias }) => {
      fields++;
      if (alias) aliases++;
    },
    Directive: () => void directives++,
  });
  if (aliases > LIMITS.aliases) return beyond("aliases", aliases, LIMITS.aliases);
  if (fields > LIMITS.breadth) return beyond("fields", fields, LIMITS.breadth);
  if (directives > LIMITS.directives) return beyond("directives", directives, LIMITS.directives);

  const fragments = new Map(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const roots = rootFields(operation.selectionSet, fragments);
    if (roots.total > LIMITS.rootFields) return beyond("root fields", roots.total, LIMITS.rootFields);
    introspects ||= roots.introspections.length > 0;
    const introspected = roots.introspections.reduce(
      (sum, { selectionSet }) => sum + introspectionCost(selectionSet, fragments, schema),
      0,
    );
    if (introspected > LIMITS.introspection)
      return beyond("objects of introspection", introspected, LIMITS.introspection);
  }
  return { excess: null, introspects };
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/**
 * Counts the fields at the root of an operation and collects the introspection fields among them. If a fragment repeats a field, the field
 * is counted twice, although it is executed only once.
 */
function rootFields(root: SelectionSetNode, fragments: Fragments): { total: number; introspections: FieldNode[] } {
  const counted = new Map<SelectionSetNode, number>();
  const introspections: FieldNode[] = [];
  const count = (set: SelectionSetNode): number => {
    const before = counted.get(set);
    if (before !== undefined) return before;
    // Ends the recursion of a fragment that spreads itself.
    counted.set(set, 0);
    let total = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        total++;
        if (/^__(schema|type)$/.test(selection.name.value)) introspections.push(selection);
      } else {
        const within = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (within) total += count(within.selectionSet);
      }
    }
    counted.set(set, total);
    return total;
  };
  return { total: count(root), introspections };
}

/**
 * Estimates how many objects an introspection would return. Each list, such as the fields of a type, counts with its average length in the
 * schema.
 */
function introspectionCost(
  selectionSet: SelectionSetNode | undefined,
  fragments: Fragments,
  schema: GraphQLSchema,
): number {
  const lengths = averageLengths(schema);
  const costs = new Map<SelectionSetNode, number>();
  const cost = (set: SelectionSetNode): number => {
    const before = costs.get(set);
    if (before !== undefined) return before;
    // Prevents endless recursion for a fragment that spreads itself. Validation refuses a fragment that spreads itself, but only after the
    // document is measured.
    costs.set(set, 0);
    let sum = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        if (selection.selectionSet) sum += (lengths[selection.name.value] ?? 1) * (1 + cost(selection.selectionSet));
      } else {
        const within = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (within) sum += cost(within.selectionSet);
      }
    }
    costs.set(set, sum);
    return sum;
  };
  return selectionSet ? Math.ceil(1 + cost(selectionSet)) : 1;
}

const measured = new WeakMap<GraphQLSchema, Readonly<Record<string, number>>>();

function averageLengths(schema: GraphQLSchema): Readonly<Record<string, number>> {
  const known = measured.get(schema);
  if (known) return known;
  const types = Object.values(schema.getTypeMap());
  const objects = types.filter(isObjectType);
  const fields = objects.flatMap((type) => Object.values(type.getFields()));
  const inputs = types.filter(isInputObjectType);
  const enums = types.filter(isEnumType);
  const average = (total: number, of: number) => Math.max(1, total / Math.max(1, of));
  const lengths = {
    types: types.length,
    fields: average(fields.length, types.length),
    args: average(
      fields.reduce((sum, { args }) => sum + args.length, 0),
      fields.length,
    ),
    inputFields: average(
      inputs.reduce((sum, type) => sum + Object.keys(type.getFields()).length, 0),
      types.length,
    ),
    enumValues: average(
      enums.reduce((sum, type) => sum + type.getValues().length, 0),
      types.length,
    ),
    directives: schema.getDirectives().length,
  };
  measured.set(schema, lengths);
  return lengths;
}
