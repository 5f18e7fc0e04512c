import { type Clock, retry } from "../../clock.ts";
import { type AccessToken, outage } from "../credentials/tokens.ts";
import { type Fetch, request, untilStopped } from "../http.ts";
import type { Limiter } from "../limiter.ts";
import { type AskOptions, SourceError } from "../source.ts";
import { contentOf, TokenRefusedError } from "./errors.ts";

export type YahooOptions = {
  fetch: Fetch;
  clock: Clock;
  limiter: Limiter;
  baseUrl: string;
  /** Undefined for hosts that require no token: the demo, and hosts that show public leagues without OAuth. */
  token: AccessToken | undefined;
  /** Removes secrets from Yahoo's responses. */
  redact: (text: string) => string;
};

/** Sends `GET` to a path below `/fantasy/v2` and returns the parsed JSON. Throws SourceError or RequestRefusedError. */
export type YahooGet = (path: string, options: AskOptions) => Promise<object>;

/** Another process may replace the token between two requests, even twice in a row. After a third refusal, the client gives up. */
const MAX_RENEWALS = 2;

/** Creates a client of Yahoo's API that adds the access token and keeps to the budget. */
export function createYahooClient({ fetch, clock, limiter, baseUrl, token, redact }: YahooOptions): YahooGet {
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
      // Get the token first, because a request that fails for lack of a token must not use up any of the budget.
      if (token && !signal.aborted) await untilStopped(clock, signal, token.get());
      return limiter.run(send, signal);
    };
    /**
     * Discards a refused token. Returns 0 if the request should be retried at once with a new token, and null if the client should give up.
     */
    const renewed = (error: unknown, attempt: number) => {
      if (!(error instanceof TokenRefusedError)) return null;
      if (bearer) token?.refuse(bearer);
      return token && attempt <= MAX_RENEWALS ? 0 : null;
    };
    try {
      const first = await retry(clock, ask, renewed);
      // A proxy may have damaged the bytes, so retry once. If the second answer is damaged too, use it as it is.
      const whole = first.damaged && !signal.aborted ? await retry(clock, () => ask(2), renewed) : first;
      await token?.noteAnswer();
      return whole.content;
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      if (token) throw outage(await token.noteOutage(), error);
      throw new SourceError("UNAUTHORIZED", `Yahoo refuses the access token: ${error.message}`, { cause: error });
    }
  };

  return get;
}
