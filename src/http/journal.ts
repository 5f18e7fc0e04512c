import { getOperationAST, Kind, type OperationDefinitionNode } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import { type Clock, SECOND } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Context } from "../schema/builder.ts";

/** A query that takes longer is worth a line. */
const SLOW_MS = SECOND;

/** The fields of an operation's root, as they are called in the schema: bounded by it, whatever a client names its operation. */
const fieldsOf = ({ selectionSet }: OperationDefinitionNode): string[] =>
  selectionSet.selections.flatMap((each) => (each.kind === Kind.FIELD ? [each.name.value] : []));

/** Notes who did what: each mutation with how it went, and each query that was slow. */
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
          if (operation.operation === "mutation") log.info("A mutation was asked for", said);
          else if (ms >= SLOW_MS) log.info("A query was slow", said);
        },
      };
    },
  };
}
