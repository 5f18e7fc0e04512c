import { GraphQLError } from "graphql";
import { type DatabaseError, databaseErrorOf } from "../db/errors.ts";
import { LedgerError } from "../errors.ts";
import type { Log } from "../log.ts";
import { errorCode, SourceError } from "../source/source.ts";
import { shortened } from "../text.ts";

/**
 * What a client may see of an error: our own with their stable code and the ids a program needs, faults of the request with
 * BAD_USER_INPUT, UNAVAILABLE while the database is away, and of anything unforeseen only a request id, under which the log has the rest.
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
    // What yoga says of a request that is none; of a body that is no JSON it would show what has read it.
    if (outer?.extensions.code === "BAD_REQUEST") {
      const { originalError, http } = outer.extensions;
      const isText = (originalError as { name?: string } | undefined)?.name === "SyntaxError";
      const message = isText ? "The request's body is not JSON" : outer.message;
      return restated(outer, message, { code: "BAD_USER_INPUT", ...(http ? { http } : {}) });
    }
    if (outer && (cause === undefined || isGraphQLError(cause))) {
      return restated(outer, outer.message, { code: "BAD_USER_INPUT", ...outer.extensions });
    }
    const requestId = crypto.randomUUID();
    log.error("A request failed from within", { requestId, path: outer?.path?.join("."), error: cause });
    const broken = databaseErrorOf(cause);
    const [what, code] = broken ? [meaningOf(broken), broken.code] : ["Unforeseen", "INTERNAL"];
    return restated(outer, `${what}; the server's log says more under request id ${requestId}`, {
      code,
      requestId,
      ...(broken ? { http: LATER } : {}),
    });
  };
}

/** Nothing is wrong with the request: it may be sent again. */
const LATER = { status: 503, headers: { "retry-after": "5" } };

/** What a client can do about it: only a database that is away may be back when it asks again. */
function meaningOf({ code, message }: DatabaseError): string {
  return code === "UNAVAILABLE"
    ? "The database does not answer, and what was asked may not have been done: ask again"
    : message;
}

/** By name: a bundler may bring a second copy of the class. */
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
