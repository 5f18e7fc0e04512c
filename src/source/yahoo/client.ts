import { type Clock, HOUR, MINUTE, retry } from "../../clock.ts";
import type { AccessToken } from "../credentials/tokens.ts";
import { type Fetch, request, untilStopped } from "../http.ts";
import type { Limiter } from "../limiter.ts";
import { type AskOptions, SourceError } from "../source.ts";
import { contentOf, TokenRefusedError } from "./errors.ts";

export type YahooOptions = {
  fetch: Fetch;
  clock: Clock;
  limiter: Limiter;
  baseUrl: string;
  /** Undefined where the server asks for none: the demo, and public leagues of a host without OAuth. */
  token: AccessToken | undefined;
  /** Takes what is secret out of what Yahoo says. */
  redact: (text: string) => string;
};

/** `GET` of a path below `/fantasy/v2`: what is answered, as parsed JSON. Throws a SourceError or a RequestRefusedError. */
export type YahooGet = (path: string, options: AskOptions) => Promise<object>;

/** How long Yahoo is left alone while it refuses every token: twice as long each time. */
const FIRST_OUTAGE_MS = 5 * MINUTE;
const MAX_OUTAGE_MS = 1 * HOUR;

/** Another process may have had the token replaced between two requests, and once more: after that it is no accident. */
const MAX_RENEWALS = 2;

/** Yahoo's API, with its tokens and within its budget. */
export function createYahooClient({ fetch, clock, limiter, baseUrl, token, redact }: YahooOptions): YahooGet {
  /** Outages in a row, without an answer between them. */
  let outages = 0;
  const get: YahooGet = async (path, { signal, meter }) => {
    let bearer: string | undefined;
    const send = async () => {
      bearer = token && (await untilStopped(clock, signal, token.get()));
      meter.requests++;
      const headers = { accept: "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) };
      const answer = await request(fetch, clock, `${baseUrl}${path}?format=json`, { headers }, signal);
      const content = contentOf(answer, clock.now(), redact);
      return { content, damaged: answer.damaged };
    };
    const ask = async (attempt: number) => {
      if (attempt > 1) meter.retries++;
      return limiter.run(send, signal);
    };
    /** With a token that was refused nothing is asked again; a new one is tried at once. */
    const renewed = (error: unknown, attempt: number) => {
      if (!(error instanceof TokenRefusedError)) return null;
      if (bearer) token?.refuse(bearer);
      return token && attempt <= MAX_RENEWALS ? 0 : null;
    };
    try {
      const first = await retry(clock, ask, renewed);
      // Bytes that a proxy has damaged are whole the next time; those that stay bad are taken as they are.
      const whole = first.damaged && !signal.aborted ? await retry(clock, () => ask(2), renewed) : first;
      outages = 0;
      return whole.content;
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      if (token) throw outage(error);
      throw new SourceError("UNAUTHORIZED", `Yahoo refuses the access token: ${error.message}`, { cause: error });
    }
  };

  /** A token that was renewed a moment ago is refused: no login changes that, and it has lasted for a day (yahoo.md, section 4). */
  const outage = (cause: TokenRefusedError): SourceError => {
    const retryAfterMs = Math.min(FIRST_OUTAGE_MS * 2 ** outages++, MAX_OUTAGE_MS);
    const message = `Yahoo renews the access token and then refuses it, as it does when its own login is out of order: ${cause.message}`;
    return new SourceError("OUTAGE", message, { retryAfterMs, cause });
  };

  return get;
}
