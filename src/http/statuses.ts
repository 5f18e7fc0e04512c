import type { GraphQLError } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";

/** Of a request's properties these are GraphQL's; any other is ignored, as GraphQL over HTTP wants it. */
const KNOWN: ReadonlySet<string> = new Set(["query", "operationName", "variables", "extensions"]);

/** Partial success: something of it could be answered. */
const PARTIAL = 294;
/** The request is well formed, and cannot be done as it is: its document, its variables or its properties do not fit. */
const UNPROCESSABLE = 422;

/** It is no JSON, or its document no GraphQL. */
const UNREADABLE = 400;

/** Of errors that say the same of the entries of a list the first, with how many there are. */
function onceEach(errors: readonly GraphQLError[]): GraphQLError[] {
  const first = new Map<string, GraphQLError>();
  const times = new Map<string, number>();
  for (const error of errors) {
    const path = error.path?.map((step) => (typeof step === "number" ? "*" : step)).join(".");
    // Those from within have an id each.
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
 * Statuses of GraphQL over HTTP, edition of September 2026, for every media type: 200, 294 with data and errors, 422 for what does not fit,
 * 400 for what cannot be read, and what an error says of itself (401, 403, 429, 503 …) where nothing was done.
 */
export function statuses(): Plugin {
  // How far a request was understood: as JSON, and its document as one.
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
      // A stream says what is wrong in its first event, and is one all the same.
      if (/^\s*(text\/event-stream|multipart\/mixed)/i.test(request.headers.get("accept") ?? "")) return;
      if (isAsyncIterable(result) || Array.isArray(result)) return;
      const { data, errors, extensions: own } = result as Result;
      if (!errors?.length) return;
      const told = onceEach(errors);
      const how = understood.get(request);
      const unfit = how === undefined || how === "text" ? UNREADABLE : UNPROCESSABLE;
      const said = errors.flatMap(({ extensions }) => {
        const http = extensions.http as Http | undefined;
        // Yoga's own, of whatever does not fit, as an earlier draft had it.
        return http?.status === UNREADABLE ? unfit : (http?.status ?? []);
      });
      const status = data ? PARTIAL : said.length > 0 ? Math.max(...said) : data === null ? PARTIAL : unfit;
      // Of an error's own status the highest would count, whatever the rest of the answer is.
      for (const { extensions: each } of errors) {
        const http = each.http as Http | undefined;
        if (http) each.http = { headers: http.headers ?? {} };
      }
      setResult({ ...result, errors: told, extensions: { ...own, http: { status } } } as never);
    },
  };
}
