import * as oauth from "oauth4webapi";
import { type Clock, retryAfterMs } from "../../clock.ts";
import type { YahooApp } from "../../config/config.ts";
import { type Fetch, request } from "../http.ts";
import { SourceError } from "../source.ts";
import { isRateLimit } from "../yahoo/errors.ts";

/** Tokens from Yahoo's login. */
export type Grant = { accessToken: string; refreshToken: string | null; expiresInS: number };

/** Yahoo refused the refresh token or the code, so somebody has to log in. The error's message is Yahoo's message in parentheses. */
export class GrantRefusedError extends SourceError {
  constructor(message: string) {
    super("UNAUTHORIZED", message);
  }
}

/** Assumed lifetime of a token if Yahoo's answer does not state it (RFC 6749, section 5.1). Yahoo's tokens are valid for an hour. */
const DEFAULT_LIFE_S = 3600;

/** A client of Yahoo's login (OAuth 2, RFC 6749; docs/yahoo.md, Login), built on oauth4webapi. */
export type Login = {
  /** Returns the page on which a person grants access. Requests no scope, so the scope of the application's registration applies. */
  authorizationUrl(options: { state: string; challenge: string }): string;
  refresh(refreshToken: string): Promise<Grant>;
  /** Exchanges the answer that a person got at {@link authorizationUrl} for tokens. Throws SourceError. */
  redeem(answer: URLSearchParams, options: { state: string; verifier: string }): Promise<Grant>;
};

/** @param redact Removes secrets from Yahoo's messages, which sometimes repeat a token. */
export function createLogin(
  { fetch, clock, redact }: { fetch: Fetch; clock: Clock; redact: (text: string) => string },
  loginUrl: string,
  app: YahooApp,
): Login {
  const server: oauth.AuthorizationServer = {
    issuer: loginUrl,
    authorization_endpoint: `${loginUrl}/oauth2/request_auth`,
    token_endpoint: `${loginUrl}/oauth2/get_token`,
  };
  const client: oauth.Client = { client_id: app.clientId };
  const authentication = oauth.ClientSecretBasic(app.clientSecret);
  /** Sends requests through the ledger's own client, which has a timeout and a size limit. Throws on statuses that OAuth does not use. */
  const send = async (url: string, init: { method: string; headers: Record<string, string>; body?: unknown }) => {
    const { status, headers, body } = await request(fetch, clock, url, {
      method: init.method,
      headers: init.headers,
      body: String(init.body ?? ""),
    });
    if (isRateLimit(status, body)) {
      throw new SourceError("RATE_LIMITED", `Yahoo's login limits the rate of requests (status ${status})`, {
        retryAfterMs: retryAfterMs(headers, clock.now()),
      });
    }
    if (status !== 200 && ![400, 401, 403].includes(status))
      throw new SourceError("UNAVAILABLE", `Yahoo's login answered with status ${status} and no token`);
    return new Response(body, { status, headers: { "content-type": "application/json" } });
  };
  const options = { [oauth.customFetch]: send, [oauth.allowInsecureRequests]: loginUrl.startsWith("http://") };
  const granted = async (
    asked: Promise<Response>,
    read: (response: Response) => Promise<oauth.TokenEndpointResponse>,
  ) => {
    const response = await asked;
    const { status } = response;
    try {
      const { access_token, refresh_token, expires_in } = await read(response);
      return {
        accessToken: access_token,
        refreshToken: refresh_token ?? null,
        expiresInS: expires_in ?? DEFAULT_LIFE_S,
      };
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError)
        throw refusal(redact([error.error, error.error_description].filter(Boolean).join(": ")));
      if (status !== 200) throw refusal(`status ${status}`);
      throw new SourceError("UNAVAILABLE", `Yahoo's login answered with status ${status} and no token`, {
        cause: error,
      });
    }
  };
  return {
    authorizationUrl({ state, challenge }) {
      const url = new URL(server.authorization_endpoint ?? "");
      const asked = { client_id: app.clientId, redirect_uri: app.redirectUri, response_type: "code", state };
      const proof = { code_challenge: challenge, code_challenge_method: "S256" };
      for (const [name, value] of Object.entries({ ...asked, ...proof })) url.searchParams.set(name, value);
      return url.href;
    },
    refresh(refreshToken) {
      const additionalParameters = { redirect_uri: app.redirectUri };
      return granted(
        oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, {
          ...options,
          additionalParameters,
        }),
        (response) => oauth.processRefreshTokenResponse(server, client, response),
      );
    },
    async redeem(answer, { state, verifier }) {
      let checked: URLSearchParams;
      try {
        checked = oauth.validateAuthResponse(server, client, answer, state);
      } catch (error) {
        if (!(error instanceof oauth.AuthorizationResponseError))
          throw new SourceError("UNAUTHORIZED", "The answer does not belong to this login. Begin a new login", {
            cause: error,
          });
        throw new SourceError(
          "UNAUTHORIZED",
          `Yahoo refused the login: ${redact(error.error_description ?? error.error)}`,
        );
      }
      return granted(
        oauth.authorizationCodeGrantRequest(
          server,
          client,
          authentication,
          checked,
          app.redirectUri,
          verifier,
          options,
        ),
        (response) => oauth.processAuthorizationCodeResponse(server, client, response),
      );
    },
  };
}

/**
 * Returns the error for a refused grant. The error says what is needed: a corrected setting or a new login (RFC 6749, section 5.2).
 */
function refusal(said: string): SourceError {
  if (/^(invalid|unauthorized)_client\b/i.test(said))
    return new SourceError(
      "UNAUTHORIZED",
      `Yahoo does not know the application (${said}). Check YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET`,
    );
  if (/redirect_uri/i.test(said))
    return new SourceError(
      "UNAUTHORIZED",
      `Yahoo refuses the redirect address (${said}). Set YAHOO_REDIRECT_URI to the address that the application is registered with`,
    );
  return new GrantRefusedError(`(${said})`);
}
