import { SECOND, systemClock } from "../clock.ts";

/** A database that has not answered by then is taken to be gone. Turso ends a transaction after five seconds. */
const TIMEOUT_MS = 10 * SECOND;
/** 50, 100, 200 … milliseconds, more or less: six seconds in all. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1600, 3200];
/** What a server that is full asks for is heeded up to this. */
const LONGEST_PAUSE_MS = 5 * SECOND;

/**
 * The request never came to the database, in the words of Node (undici), Deno and workerd. It may be sent again, a write as well.
 */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connect (EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)|UND_ERR_CONNECT_TIMEOUT|Connection refused|dns error|failed to lookup|tcp connect error/i;

export type RemoteFetch = (request: Request) => Promise<Response>;

/**
 * Sends the requests of a database elsewhere: with a limit of time, and again where that is safe, as nothing was executed: the server
 * was full (429; sqld takes 128 requests at once) or could not be reached. What became of any other request nobody knows: it throws.
 */
export function createRemoteFetch({
  fetch = globalThis.fetch,
  sleep = systemClock.sleep,
  timeoutMs = TIMEOUT_MS,
  gone,
}: {
  fetch?: RemoteFetch | undefined;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  timeoutMs?: number;
  /** Aborts when nobody waits for an answer any more. */
  gone?: AbortSignal;
} = {}): RemoteFetch {
  return async (request) => {
    for (let attempt = 0; ; attempt++) {
      const pauseMs = PAUSES_MS[attempt];
      try {
        const late = AbortSignal.timeout(timeoutMs);
        const sent = new Request(request.clone(), { signal: gone ? AbortSignal.any([late, gone]) : late });
        const response = await fetch(sent);
        // Read to its end here, so that a connection that breaks on the way counts as what it is.
        const body = await response.arrayBuffer();
        if (response.status !== 429 || pauseMs === undefined)
          return new Response(body.byteLength === 0 ? null : body, response);
        await sleep(retryAfterMs(response) ?? spread(pauseMs), gone);
      } catch (error) {
        if (pauseMs === undefined || !neverSent(error)) throw error;
        await sleep(spread(pauseMs), gone);
        if (gone?.aborted) throw error;
      }
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

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * SECOND, LONGEST_PAUSE_MS) : undefined;
}

/** Half to one and a half times as long, so that many do not come back at once. */
export const spread = (ms: number): number => ms * (0.5 + Math.random());
