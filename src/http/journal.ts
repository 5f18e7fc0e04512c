import { getOperationAST, Kind, type OperationDefinitionNode } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import { type Clock, SECOND } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Context } from "../schema/builder.ts";

/** Minimum duration of a query that is logged. */
const SLOW_MS = SECOND;

/**
 * Returns the names of the schema's fields that an operation selects at its root. A client can give the operation any name, but can select
 * only root fields that the schema has.
 */
const fieldsOf = ({ selectionSet }: OperationDefinitionNode): string[] =>
  selectionSet.selections.flatMap((each) => (each.kind === Kind.FIELD ? [each.name.value] : []));

/** Logs each mutation with its caller and outcome, and each slow query. */
export function journal(log: Log, clock: Clock): Plugin<Context> {
  return {
    onExecute({ args }) {
      const { caller, requestId } = args.contextValue as Context;
      const operation = getOperationAST(args.document, args.operationName);
      if (!operation) return undefined;
      const begun = clock.now();
      return {
        onExecuteDone({ result }) {
          if (isAsyncIterable(result)) return;
          const ms = clock.now() - begun;
          const codes = result.errors?.map(({ extensions, originalError }) => {
            const { code } = (originalError ?? {}) as { code?: string };
            return code ?? extensions.code ?? "INTERNAL";
          });
          const said = { requestId, by: caller.name, fields: fieldsOf(operation), ms, ...(codes ? { codes } : {}) };
          if (operation.operation === "mutation") log.info("A mutation was requested", said);
          else if (ms >= SLOW_MS) log.info("A query was slow", said);
        },
      };
    },
  };
}
