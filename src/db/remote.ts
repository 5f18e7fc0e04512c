import { type Clock, jitter, retry, retryAfterMs, SECOND, systemClock, within } from "../clock.ts";

/** Timeout of one request to the database. Turso ends a transaction after five seconds. */
const TIMEOUT_MS = 10 * SECOND;
/** Backoff before each retry, varied by jitter; six seconds in all. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1600, 3200];
/** The longest wait before a retry, even if a full server asks for more. */
const MAX_PAUSE_MS = 5 * SECOND;

/** Errors of Node (undici), Deno and workerd when a request never reached the database, so that even a write can safely be retried. */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connect (EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)|UND_ERR_CONNECT_TIMEOUT|Connection refused|dns error|failed to lookup|tcp connect error/i;

export type RemoteFetch = (request: Request) => Promise<Response>;

/** The server is full and refused a request (429; sqld takes 128 at once). It executed nothing. */
class FullError extends Error {
  readonly response: Response;
  constructor(response: Response) {
    super("The database server is full");
    this.response = response;
  }
}

/**
 * Creates the `fetch` of a remote database, with a timeout. The `fetch` retries only if the server has executed nothing, that is, if it was
 * full or could not be reached. After any other failure the outcome is unknown, so the `fetch` throws the error without a retry.
 */
export function createRemoteFetch({
  fetch = globalThis.fetch,
  clock = systemClock,
  gone,
}: {
  fetch?: RemoteFetch | undefined;
  clock?: Clock;
  /** Aborts when nobody waits for a response any more. */
  gone?: AbortSignal;
} = {}): RemoteFetch {
  const send = (request: Request) =>
    within(clock, TIMEOUT_MS, gone, async (deadline) => {
      const response = await fetch(new Request(request.clone(), { signal: deadline })).catch((error) => {
        if (!deadline.aborted || gone?.aborted) throw error;
        throw new Error(`no answer within ${TIMEOUT_MS / SECOND} s`, { cause: error });
      });
      // Read the whole body here, so that a connection that breaks midway fails the request.
      const body = await response.arrayBuffer();
      const read = new Response(body.byteLength === 0 ? null : body, response);
      if (response.status === 429) throw new FullError(read);
      return read;
    });
  const pauseMs = (error: unknown, attempt: number): number | null => {
    const ms = PAUSES_MS[attempt - 1];
    if (ms === undefined || !(error instanceof FullError || neverSent(error))) return null;
    const asked = error instanceof FullError ? retryAfterMs(error.response.headers, clock.now()) : undefined;
    return asked === undefined ? jitter(ms) : Math.min(asked, MAX_PAUSE_MS);
  };
  return async (request) => {
    try {
      return await retry(clock, () => send(request), pauseMs, gone);
    } catch (error) {
      if (error instanceof FullError) return error.response;
      throw error;
    }
  };
}

/** Returns true if nothing was executed: neither the request nor a retry by {@link createRemoteFetch} reached the database. */
export const neverSent = (error: unknown): boolean => NEVER_SENT.test(reasons(error));

/** Joins the messages and codes of an error and its causes. */
function reasons(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errors } = error as { code?: unknown; errors?: unknown[] };
  const within = Array.isArray(errors) ? errors.map(reasons).join(" ") : "";
  return `${error.message} ${code ?? ""} ${within} ${error.cause === undefined ? "" : reasons(error.cause)}`;
}
