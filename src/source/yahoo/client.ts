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
  /** Undefined where the server asks for none: the demo, and public leagues of a host without OAuth. */
  token: AccessToken | undefined;
  /** Takes what is secret out of what Yahoo says. */
  redact: (text: string) => string;
};

/** `GET` of a path below `/fantasy/v2`: what is answered, as parsed JSON. Throws a SourceError or a RequestRefusedError. */
export type YahooGet = (path: string, options: AskOptions) => Promise<object>;

/** Another process may have had the token replaced between two requests, and once more: after that it is no accident. */
const MAX_RENEWALS = 2;

/** Yahoo's API, with its tokens and within its budget. */
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
      // What cannot be asked for want of a token takes nothing of the budget.
      if (token && !signal.aborted) await untilStopped(clock, signal, token.get());
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
