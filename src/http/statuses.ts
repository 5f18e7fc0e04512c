import type { GraphQLError } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";

/** The properties that GraphQL over HTTP defines for a request; servers have to ignore all others. */
const KNOWN: ReadonlySet<string> = new Set(["query", "operationName", "variables", "extensions"]);

/** Partial success: only a part of the request could be answered. */
const PARTIAL = 294;
/** The request is well formed, but its document, its variables or its properties are invalid. */
const UNPROCESSABLE = 422;

/** The request is not JSON, or its document is not GraphQL. */
const UNREADABLE = 400;

/** If several errors say the same about different entries of a list, keeps only the first error and adds the number of errors. */
function onceEach(errors: readonly GraphQLError[]): GraphQLError[] {
  const first = new Map<string, GraphQLError>();
  const times = new Map<string, number>();
  for (const error of errors) {
    const path = error.path?.map((step) => (typeof step === "number" ? "*" : step)).join(".");
    // Internal errors are compared by code, because the message of each contains a different request id.
    const key = JSON.stringify([path, error.extensions.requestId ? error.extensions.code : error.message]);
    if (!first.has(key)) first.set(key, error);
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  for (const [key, error] of first) if ((times.get(key) ?? 1) > 1) error.extensions.times = times.get(key);
  return [...first.values()];
}

type Result = { data?: unknown; errors?: readonly GraphQLError[]; extensions?: Record<string, unknown> };
type Http = { status?: number; headers?: Record<string, string> };

/**
 * Sets the statuses of GraphQL over HTTP, edition of September 2026, for every media type. The statuses are 200 for an answer without
 * errors, 294 for data with errors, 422 for an invalid request, and 400 for an unreadable request. If the response has no data and an error
 * has a status of its own (401, 403, 429, 503 …), the status of the error is used.
 */
export function statuses(): Plugin {
  // How far a request has come: its JSON is read, the parsing of its document has begun, or its document is parsed.
  const understood = new WeakMap<Request, "json" | "text" | "document">();
  return {
    onParams: ({ request }) => void understood.set(request, "json"),
    onParse({ context }) {
      const { request } = context as { request: Request };
      understood.set(request, "text");
      return ({ result }) => void (result instanceof Error || understood.set(request, "document"));
    },
    onRequestParse: () => ({
      onRequestParseDone({ requestParserResult: given }) {
        if (typeof given !== "object" || given === null || Array.isArray(given)) return;
        for (const name of Object.keys(given)) if (!KNOWN.has(name)) delete (given as Record<string, unknown>)[name];
      },
    }),
    onResultProcess({ request, result, setResult }) {
      // A stream is not refused: it reports errors in its first event.
      if (/^\s*(text\/event-stream|multipart\/mixed)/i.test(request.headers.get("accept") ?? "")) return;
      if (isAsyncIterable(result) || Array.isArray(result)) return;
      const { data, errors, extensions: own } = result as Result;
      if (!errors?.length) return;
      const told = onceEach(errors);
      const how = understood.get(request);
      const unfit = how === undefined || how === "text" ? UNREADABLE : UNPROCESSABLE;
      const said = errors.flatMap(({ extensions }) => {
        const http = extensions.http as Http | undefined;
        // Yoga itself gives the status 400 to every invalid request, because an earlier draft of GraphQL over HTTP required it.
        return http?.status === UNREADABLE ? unfit : (http?.status ?? []);
      });
      const status = data ? PARTIAL : said.length > 0 ? Math.max(...said) : data === null ? PARTIAL : unfit;
      // Remove the errors' own statuses: otherwise Yoga would answer with the highest of these statuses, even if the answer has data.
      for (const { extensions: each } of errors) {
        const http = each.http as Http | undefined;
        if (http) each.http = { headers: http.headers ?? {} };
      }
      setResult({ ...result, errors: told, extensions: { ...own, http: { status } } } as never);
    },
  };
}
