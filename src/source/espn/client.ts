import { type Clock, retryAfterMs } from "../../clock.ts";
import { type Answer, type Fetch, request } from "../http.ts";
import type { Limiter } from "../limiter.ts";
import { type AskOptions, SourceError } from "../source.ts";
import { snippet } from "../text.ts";

export type EspnOptions = {
  fetch: Fetch;
  clock: Clock;
  limiter: Limiter;
  baseUrl: string;
  /** The cookies of an account that may see private leagues; undefined for public leagues only. */
  cookies: { s2: string; swid: string } | undefined;
  /** Removes secrets from ESPN's responses. */
  redact: (text: string) => string;
};

/**
 * ESPN shows this league, or this season of the league, only to members of the league. The caller replaces this error with a SourceError
 * that says what to do.
 */
export class NotVisibleError extends Error {
  override name = "NotVisibleError";
}

/** ESPN has nothing at this address. The caller replaces this error with a SourceError that says what is missing. */
export class UnknownError extends Error {
  override name = "UnknownError";
}

/** Sends `GET` to a path below `/apis/v3` and returns the parsed JSON. Throws SourceError, NotVisibleError or UnknownError. */
export type EspnGet = (path: string, options: AskOptions) => Promise<unknown>;

export function createEspnClient({ fetch, clock, limiter, baseUrl, cookies, redact }: EspnOptions): EspnGet {
  const headers: Record<string, string> = { accept: "application/json" };
  if (cookies) {
    const swid = cookies.swid.replace(/^\{?|\}?$/g, "");
    headers.cookie = `espn_s2=${cookies.s2}; SWID={${swid}}`;
  }
  return async (path, { signal, meter }) => {
    const ask = async () => {
      meter.requests++;
      const answer = await request(fetch, clock, `${baseUrl}/apis/v3${path}`, { headers }, signal);
      return { content: contentOf(answer, clock.now(), redact), damaged: answer.damaged };
    };
    const first = await limiter.run(ask, signal);
    if (!first.damaged || signal.aborted) return first.content;
    // A proxy may have damaged the bytes, so retry once. If the bytes are damaged again, use them as they are.
    meter.retries++;
    return (await limiter.run(ask, signal)).content;
  };
}

/** Returns the content of a successful answer. For any other answer, throws the error that matches the answer's status. */
function contentOf({ status, headers, body: given }: Answer, now: number, redact: (text: string) => string): unknown {
  const content = parseJson(given);
  if (status === 200 && content !== undefined) return content;
  const body = redact(given);
  const said = saidIn(parseJson(body));
  const because = said === "" ? "" : `: ${said}`;
  if (status === 429)
    throw new SourceError("RATE_LIMITED", "ESPN limits the rate of requests (status 429)", {
      retryAfterMs: retryAfterMs(headers, now),
    });
  if (status === 401 || /AUTH_/.test(said)) throw new NotVisibleError(said || `status ${status}`);
  if (status === 404) throw new UnknownError(said || "status 404");
  if (status === 200)
    throw new SourceError("UNAVAILABLE", `ESPN answered with something other than complete JSON: ${snippet(body)}`);
  if (status === 403)
    throw new SourceError(
      "UNAVAILABLE",
      `ESPN refuses requests (status 403)${because}. Set ESPN_BASE_URL to https://lm-api-reads.fantasy.espn.com, or use another network`,
    );
  if (status >= 300 && status < 400)
    throw new SourceError("UNAVAILABLE", `ESPN redirects (status ${status}) instead of answering`);
  throw new SourceError("UNAVAILABLE", `ESPN answered with status ${status}${because}`, {
    retryAfterMs: retryAfterMs(headers, now),
  });
}

/** Returns, on one line, the types and messages in an error body of the form `{"messages":[…],"details":[{"type":…}]}`. */
function saidIn(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const { messages, details } = body as { messages?: unknown; details?: unknown };
  const types = Array.isArray(details) ? details.map((each) => (each as { type?: unknown } | null)?.type) : [];
  const texts = [...types, ...(Array.isArray(messages) ? messages : [])].filter((each) => typeof each === "string");
  return texts.join(": ").slice(0, 300);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
