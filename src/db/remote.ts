import { type Clock, jitter, retry, retryAfterMs, SECOND, systemClock, within } from "../clock.ts";

/** A database that has not answered by then is taken to be gone. Turso ends a transaction after five seconds. */
const TIMEOUT_MS = 10 * SECOND;
/** 50, 100, 200 … milliseconds, more or less: six seconds in all. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1600, 3200];
/** What a server that is full asks for is heeded up to this. */
const MAX_PAUSE_MS = 5 * SECOND;

/**
 * The request never came to the database, in the words of Node (undici), Deno and workerd. It may be sent again, a write as well.
 */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connect (EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)|UND_ERR_CONNECT_TIMEOUT|Connection refused|dns error|failed to lookup|tcp connect error/i;

export type RemoteFetch = (request: Request) => Promise<Response>;

/** The server takes no more requests at the moment (429; sqld takes 128 at once): nothing was executed. */
class FullError extends Error {
  readonly response: Response;
  constructor(response: Response) {
    super("The database server is full");
    this.response = response;
  }
}

/**
 * Sends the requests of a remote database: with a limit of time, and again where that is safe, as nothing was executed: the server was
 * full or could not be reached. What became of any other request nobody knows: it throws.
 */
export function createRemoteFetch({
  fetch = globalThis.fetch,
  clock = systemClock,
  gone,
}: {
  fetch?: RemoteFetch | undefined;
  clock?: Clock;
  /** Aborts when nobody waits for an answer any more. */
  gone?: AbortSignal;
} = {}): RemoteFetch {
  const send = (request: Request) =>
    within(clock, TIMEOUT_MS, gone, async (deadline) => {
      const response = await fetch(new Request(request.clone(), { signal: deadline })).catch((error) => {
        if (!deadline.aborted || gone?.aborted) throw error;
        throw new Error(`no answer within ${TIMEOUT_MS / SECOND} s`, { cause: error });
      });
      // Read to its end here, so that a connection that breaks on the way counts as what it is.
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

/** Whether the database could not be reached, so that what was asked was not done; {@link createRemoteFetch} has tried for a while then. */
export const neverSent = (error: unknown): boolean => NEVER_SENT.test(reasons(error));

/** Every message and code of an error and of what caused it. */
function reasons(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errors } = error as { code?: unknown; errors?: unknown[] };
  const within = Array.isArray(errors) ? errors.map(reasons).join(" ") : "";
  return `${error.message} ${code ?? ""} ${within} ${error.cause === undefined ? "" : reasons(error.cause)}`;
}
