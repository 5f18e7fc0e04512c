import * as v from "valibot";
import { type Clock, MINUTE, retryAfterMs, SECOND } from "../../clock.ts";
import type { YahooCredentials } from "../../config/config.ts";
import { type Fetch, request } from "../http.ts";
import { SourceError } from "../source.ts";

export type AccessToken = {
  /** A token that is good for at least another minute. Throws a SourceError. */
  get(): Promise<string>;
  /** Says that a token was refused; the next {@link get} brings another one. */
  refuse(token: string): void;
};

/** What is known of a credential's tokens; kept by whoever makes several sources one after the other, as an edge runtime does. */
export type TokenCache = { refreshToken?: string; current?: { token: string; goodUntil: number } | null };

const answer = v.object({
  access_token: v.pipe(v.string(), v.minLength(1)),
  refresh_token: v.optional(v.pipe(v.string(), v.minLength(1))),
  expires_in: v.optional(v.pipe(v.union([v.number(), v.pipe(v.string(), v.transform(Number))]), v.minValue(1)), 3600),
});

/** Refreshed this long before it runs out, since a request under way still needs it. */
const MARGIN_MS = 1 * MINUTE;

/**
 * Access tokens from a refresh token (OAuth 2, RFC 6749 section 6; yahoo.md, section 3). However many workers ask, one refresh
 * is under way at a time; a rotated refresh token replaces the one before.
 * @param onToken Called with each token, before it is used: it is secret.
 */
export function createAccessToken(
  fetch: Fetch,
  clock: Clock,
  loginUrl: string,
  credentials: YahooCredentials,
  { known = {}, onToken = () => {} }: { known?: TokenCache | undefined; onToken?: (token: string) => void } = {},
): AccessToken {
  for (const token of [known.refreshToken, known.current?.token]) if (token) onToken(token);
  let refreshing: Promise<string> | null = null;

  const refresh = async (): Promise<string> => {
    const { status, headers, body } = await request(fetch, clock, `${loginUrl}/oauth2/get_token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`${credentials.clientId}:${credentials.clientSecret}`)}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: known.refreshToken ?? credentials.refreshToken,
        redirect_uri: credentials.redirectUri,
      }).toString(),
    });
    if (status === 429 || status === 999) {
      throw new SourceError("RATE_LIMITED", `Yahoo's login limits the rate of requests (status ${status})`, {
        retryAfterMs: retryAfterMs(headers, clock.now()),
      });
    }
    if (status === 400 || status === 401 || status === 403) throw refusal(errorName(body) ?? `status ${status}`);
    const parsed = status === 200 ? v.safeParse(v.pipe(v.string(), v.parseJson(), answer), body) : null;
    if (!parsed?.success)
      throw new SourceError("UNAVAILABLE", `Yahoo's login answered with status ${status} and no token`);
    onToken(parsed.output.access_token);
    if (parsed.output.refresh_token) onToken(parsed.output.refresh_token);
    known.refreshToken = parsed.output.refresh_token ?? known.refreshToken ?? credentials.refreshToken;
    known.current = {
      token: parsed.output.access_token,
      goodUntil: clock.now() + parsed.output.expires_in * SECOND - MARGIN_MS,
    };
    return parsed.output.access_token;
  };

  return {
    async get() {
      if (known.current && clock.now() < known.current.goodUntil) return known.current.token;
      refreshing ??= refresh().finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
    refuse(token) {
      if (known.current?.token === token) known.current = null;
    },
  };
}

/** What a refused refresh means: which setting is wrong, or that somebody has to log in (RFC 6749, section 5.2). */
function refusal(name: string): SourceError {
  const why = /^(invalid|unauthorized)_client$/i.test(name)
    ? `Yahoo does not know the application (${name}): check YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET`
    : /redirect_uri/i.test(name)
      ? `Yahoo refuses the redirect address (${name}): YAHOO_REDIRECT_URI must be the one that the application was registered with`
      : `Yahoo refuses the refresh token (${name}): log in again`;
  return new SourceError("UNAUTHORIZED", why);
}

function errorName(body: string): string | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ error: v.string() })), body);
  return parsed.success ? parsed.output.error : null;
}
