import { GraphQLError } from "graphql";
import { type DatabaseError, databaseErrorOf } from "../db/errors.ts";
import { LedgerError } from "../errors.ts";
import type { Log } from "../log.ts";
import { errorCode, SourceError } from "../source/source.ts";
import { shortened } from "../text.ts";

/**
 * Returns a function that reduces an error to what a client may see. The ledger's own errors keep their stable code and the ids that a
 * program needs. Faults of the request become BAD_USER_INPUT, and an unavailable database becomes UNAVAILABLE. For an unforeseen error, the
 * client gets only a request id; the log has the details under that id.
 */
export function createErrorMask(log: Log, redact: (text: string) => string): (error: unknown) => GraphQLError {
  const restated = (from: GraphQLError | undefined, message: string, extensions: Record<string, unknown>) =>
    restate(from, shortened(redact(message)), extensions);
  return (error) => {
    const outer = isGraphQLError(error) ? error : undefined;
    const cause = outer?.originalError ?? (outer ? undefined : error);
    if (cause instanceof LedgerError)
      return restated(outer, outer?.message ?? cause.message, {
        code: cause.code,
        ...cause.details,
        ...(cause.code === "BUSY" || cause.code === "TIMEOUT" ? { http: LATER } : {}),
      });
    if (cause instanceof SourceError) return restated(outer, cause.message, { code: errorCode(cause.kind) });
    // Replace Yoga's message if the body is not JSON, because Yoga's message reveals which parser is used.
    if (outer?.extensions.code === "BAD_REQUEST") {
      const { originalError, http } = outer.extensions;
      const isText = (originalError as { name?: string } | undefined)?.name === "SyntaxError";
      const message = isText ? "The request body is not JSON" : outer.message;
      return restated(outer, message, { code: "BAD_USER_INPUT", ...(http ? { http } : {}) });
    }
    if (outer && (cause === undefined || isGraphQLError(cause))) {
      return restated(outer, outer.message, { code: "BAD_USER_INPUT", ...outer.extensions });
    }
    const requestId = crypto.randomUUID();
    log.error("A request failed unexpectedly", { requestId, path: outer?.path?.join("."), error: cause });
    const broken = databaseErrorOf(cause);
    const [what, code] = broken ? [meaningOf(broken), broken.code] : ["Internal error", "INTERNAL"];
    return restated(outer, `${what}; the server's log has details under request id ${requestId}`, {
      code,
      requestId,
      ...(broken ? { http: LATER } : {}),
    });
  };
}

/** The status of the response to a valid request that the client may send again later. */
const LATER = { status: 503, headers: { "retry-after": "5" } };

/**
 * Returns the message for a client. The message advises a retry only if the database is unavailable, because other database errors do not
 * end by themselves soon.
 */
function meaningOf({ code, message }: DatabaseError): string {
  return code === "UNAVAILABLE"
    ? "The database is unavailable, and the operation may not have completed: retry"
    : message;
}

/** Recognizes the error by the name of its class, because a bundle may contain two copies of the class. */
function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof Error && error.name === "GraphQLError";
}

function restate(from: GraphQLError | undefined, message: string, extensions: Record<string, unknown>): GraphQLError {
  return new GraphQLError(message, {
    nodes: from?.nodes ?? null,
    source: from?.source ?? null,
    positions: from?.positions ?? null,
    path: from?.path ?? null,
    extensions,
  });
}
