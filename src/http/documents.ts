import { complexityFromQuery } from "@pothos/plugin-complexity";
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  type Source,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { LRUCache } from "lru-cache";
import { type Clock, SECOND } from "../clock.ts";
import { LIMITS } from "../schema/limits.ts";
import { shortened } from "../text.ts";
import { measure } from "./measure.ts";
import { createTally } from "./tally.ts";

/** Size of the cache of documents, in bytes. */
const CACHE_BYTES = 8_000_000;
/** Memory that a parsed token and its node take, in bytes (measured). */
const BYTES_PER_TOKEN = 500;
/** How long a refused document counts against the client that sent the document. */
const REFUSED_MS = 10 * SECOND;
/** Largest number of faults that are reported for one document. */
const MAX_FAULTS = 5;

/**
 * Parses and validates the document of each request within {@link LIMITS}. The parser stops after the last allowed token. A document that
 * is too expensive to validate is refused before validation. A document that is too expensive to execute is refused before execution. Only
 * valid documents are cached, up to a total size, so refused documents take no memory.
 */
export function documents({ showsSchema, clock }: { showsSchema: boolean; clock: Clock }): Plugin {
  const known = new LRUCache<string, DocumentNode>({ maxSize: CACHE_BYTES });
  const valid = new WeakSet<DocumentNode>();
  const refused = createTally(clock.now, REFUSED_MS);
  const clientOf = (context: unknown): string => (context as { client?: string }).client ?? "";
  const refuseExpensive: Plugin["onExecute"] & Plugin["onSubscribe"] = ({ args, setResultAndStopExecution }) => {
    const error = tooExpensive(args);
    if (!error) return;
    refused.add(clientOf(args.contextValue));
    setResultAndStopExecution({ errors: [error] });
  };
  return {
    onParse({ params, context, setParsedDocument, setParseFn }) {
      const document = known.get(textOf(params.source as Source | string));
      if (document) return void setParsedDocument(document);
      const client = clientOf(context);
      setParseFn((source, options) => {
        if (refused.count(client) >= LIMITS.refusedDocuments) throw unread();
        return parseWithin(source, options);
      });
      return ({ result }) => void (result instanceof Error && refused.add(client));
    },
    onValidate({ params, context, setResult }) {
      const document: DocumentNode = params.documentAST;
      if (valid.has(document)) return setResult([]);
      const { excess, introspects } = measure(document, params.schema);
      if (excess) setResult([exceeded(excess.what, excess.given, excess.allowed)]);
      else if (introspects && !showsSchema) setResult([hidden()]);
      return ({ valid: isValid, result, setResult: replace }) => {
        if (isValid) {
          valid.add(document);
          const text = document.loc?.source.body;
          if (text !== undefined) known.set(text, document, { size: sizeOf(text, document) });
        } else {
          refused.add(clientOf(context));
          const told = (result as GraphQLError[]).slice(0, MAX_FAULTS);
          for (const error of told) {
            error.extensions.code ??= "BAD_USER_INPUT";
            error.message = shortened(error.message);
            // Suggestions for a misspelt name would reveal the schema.
            if (!showsSchema) error.message = error.message.replace(/ Did you mean .*\?$/s, "");
          }
          replace(told);
        }
      };
    },
    onExecute: refuseExpensive,
    onSubscribe: refuseExpensive,
  };
}

const textOf = (source: Source | string): string => (typeof source === "string" ? source : source.body);

const sizeOf = (text: string, { tokenCount = LIMITS.tokens }: DocumentNode): number =>
  2 * text.length + tokenCount * BYTES_PER_TOKEN;

/**
 * The status of a refused document. The plugin `statuses` keeps the status 400 if the document cannot be parsed, and otherwise changes the
 * status to 422 (GraphQL over HTTP).
 */
const REFUSED = { status: 400 };

/**
 * The error for a client with too many refused documents. From a client with too many refused documents, the server accepts only documents
 * that are already known to be valid.
 */
const unread = (): GraphQLError =>
  new GraphQLError(
    `Within ten seconds, this client sent ${LIMITS.refusedDocuments} documents that were refused. Wait ten seconds, then send a valid document`,
    { extensions: { code: "LIMIT_EXCEEDED", http: { status: 429, headers: { "retry-after": "10" } } } },
  );

/** The error for every introspection on a server that does not show its schema. */
const hidden = (): GraphQLError =>
  new GraphQLError("This server does not show its schema. Set PLAYGROUND=on to show the schema", {
    extensions: { code: "FORBIDDEN", http: { status: 403 } },
  });

function exceeded(what: string, given: number, allowed: number): GraphQLError {
  const more = given > allowed ? given : `more than ${allowed}`;
  return new GraphQLError(`The document has ${more} ${what}; allowed: ${allowed}. Send several smaller documents`, {
    extensions: { code: "LIMIT_EXCEEDED", http: REFUSED },
  });
}

function parseWithin(source: Source | string, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: LIMITS.tokens });
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphQLError("The document is nested too deeply", {
        extensions: { code: "BAD_USER_INPUT", http: REFUSED },
      });
    if (!(error instanceof GraphQLError)) throw error;
    if (/more than \d+ tokens/.test(error.message)) throw exceeded("tokens", 0, LIMITS.tokens);
    Object.assign(error.extensions, { code: "BAD_USER_INPUT", http: REFUSED });
    throw error;
  }
}

/** Before a request is executed, returns an error if the request is too expensive, and undefined if the request may be executed. */
function tooExpensive({ document, operationName, variableValues, schema, contextValue }: ExecutionArgs) {
  const operation = getOperationAST(document, operationName);
  if (!operation) return undefined;
  // If variables are invalid, the execution reports each invalid variable and runs nothing.
  if ("errors" in getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}))
    return undefined;
  const cost = costOf(operation, { document, variableValues, schema, contextValue });
  if (cost instanceof GraphQLError) return cost;
  for (const kind of ["complexity", "depth", "breadth"] as const) {
    if (cost[kind] > LIMITS[kind])
      return new GraphQLError(
        `The query's ${kind} is ${cost[kind]}; allowed: ${LIMITS[kind]}. ` +
          "Ask for fewer fields, smaller pages or a shorter range. The query `limits` shows what ordinary documents cost",
        { extensions: { code: "LIMIT_EXCEEDED", http: REFUSED } },
      );
  }
  return undefined;
}

type Costed = Pick<ExecutionArgs, "document" | "variableValues" | "schema" | "contextValue">;

/**
 * Returns the cost of an operation, or an error if the cost cannot be computed. An argument out of range does not cause an error here,
 * because its field is counted as free (`costFaultyFieldsNothing`).
 */
function costOf(operation: OperationDefinitionNode, { document, variableValues, schema, contextValue }: Costed) {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  try {
    return complexityFromQuery(
      { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] },
      { schema, variables: { ...variableValues }, ctx: contextValue as object },
    );
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return new GraphQLError(error.message, {
      nodes: error.nodes,
      extensions: { code: "BAD_USER_INPUT", http: REFUSED },
    });
  }
}
