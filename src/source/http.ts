import { type Clock, SECOND, within } from "../clock.ts";
import { SourceError } from "./source.ts";

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export type Answer = {
  status: number;
  headers: Headers;
  body: string;
  /** Whether some bytes are invalid in the body's encoding. Each invalid byte is read as U+FFFD. */
  damaged: boolean;
};

/** Without a User-Agent, Yahoo may answer with an HTML page (docs/yahoo.md, Requests). */
const USER_AGENT = "LineupLedger/0.1";

const TIMEOUT_MS = 30 * SECOND;
/** Maximum size of a body in bytes, after decompression. The body for one date of a league has about 500,000 bytes. */
const MAX_BODY = 20_000_000;

/**
 * How long a request that is under way may still take once its job has to stop. The request is not aborted at once, because its answer is
 * still useful.
 */
const STOP_GRACE_MS = 2 * SECOND;

/**
 * Sends one request and reads the whole response. Throws UNAVAILABLE if no response arrives within 30 seconds, and STOPPED if no
 * response arrives within two seconds after `stop` aborts.
 */
export async function request(
  fetch: Fetch,
  clock: Clock,
  url: string,
  init: RequestInit = {},
  stop?: AbortSignal,
): Promise<Answer> {
  const send = async (deadline: AbortSignal): Promise<Answer> => {
    const headers = new Headers(init.headers);
    headers.set("user-agent", USER_AGENT);
    const response = await fetch(url, { ...init, headers, signal: deadline, redirect: "manual" });
    const { status, headers: answered } = response;
    return { status, headers: answered, ...decode(await readBody(response), answered.get("content-type") ?? "") };
  };
  const failure = (error: unknown, isLate: boolean) => {
    if (error instanceof SourceError) return error;
    const { host, pathname } = new URL(url);
    const why = isLate && isAbort(error) ? `no answer within ${TIMEOUT_MS / SECOND} s` : reason(error);
    return new SourceError("UNAVAILABLE", `No answer from ${host}${pathname}: ${why}`, { cause: error });
  };
  return within(clock, TIMEOUT_MS, undefined, async (deadline) => {
    try {
      return await untilStopped(clock, stop, send(deadline));
    } catch (error) {
      throw failure(error, deadline.aborted);
    }
  });
}

/** Reads a body. Throws if the body exceeds the size limit. */
async function readBody({ headers, body }: Response): Promise<Uint8Array[]> {
  const tooLong = new Error(`the response is larger than ${MAX_BODY / 1_000_000} MB`);
  if (Number(headers.get("content-length") ?? 0) > MAX_BODY) {
    await body?.cancel();
    throw tooLong;
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    bytes += part.value.byteLength;
    if (bytes > MAX_BODY) {
      await reader?.cancel();
      throw tooLong;
    }
    parts.push(part.value);
  }
  return parts;
}

/**
 * Decodes a body as UTF-8. If the body is not valid UTF-8, uses the charset that the header names. If the header's charset fails as well,
 * decodes the body as UTF-8 with U+FFFD for each invalid byte.
 */
function decode(parts: readonly Uint8Array[], contentType: string): { body: string; damaged: boolean } {
  const stated = /charset="?([\w-]+)/i.exec(contentType)?.[1];
  for (const encoding of ["utf-8", ...(stated && !/^utf-?8$/i.test(stated) ? [stated] : [])]) {
    try {
      return { body: textOf(parts, new TextDecoder(encoding, { fatal: true })), damaged: false };
    } catch {
      // The body is invalid in this encoding, or the runtime does not support the encoding.
    }
  }
  return { body: textOf(parts, new TextDecoder()), damaged: true };
}

const textOf = (parts: readonly Uint8Array[], decoder: TextDecoder): string =>
  parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

/** Awaits a promise. Throws STOPPED if the promise is still pending two seconds after `stop` aborts. */
export async function untilStopped<T>(clock: Clock, stop: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (!stop) return promise;
  const over = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const giveUp = async () => {
      await clock.sleep(STOP_GRACE_MS, over.signal);
      if (!over.signal.aborted) reject(new SourceError("STOPPED", "Stopped while a request was under way"));
    };
    const onStop = () => void giveUp();
    if (stop.aborted) onStop();
    stop.addEventListener("abort", onStop, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    over.abort();
  }
}

/** Returns the cause of a failed `fetch`, whose own message is only "fetch failed". */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause ? String(cause.code) : "";
  const why = `${error.message} (${[code, cause.message].filter(Boolean).join(": ")})`;
  return NO_NETWORK.test(code) ? `${why}. Check the network and the DNS of this machine` : why;
}

/** Error codes that mean that the host cannot be found or reached. */
const NO_NETWORK = /^(ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ENETDOWN)$/;
