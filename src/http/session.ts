import * as v from "valibot";
import { COOKIE, callerWith, type KnownTokens } from "./authenticate.ts";
import { refusal } from "./guards.ts";

/**
 * Paths where a browser logs in and out. At login the browser gets a cookie. No script can read the cookie, and no other site can make the
 * browser send it.
 */
export const LOGIN_PATH = "/login";
export const LOGOUT_PATH = "/logout";

/** Lifetime of the cookie in seconds: 30 days. */
const MAX_AGE = 30 * 24 * 3600;
const MAX_BODY = 1_000;

const credentials = v.object({ token: v.pipe(v.string(), v.trim(), v.minLength(1)) });

/**
 * Answers `POST /login` with the body `{ "token" }`: 204 with the cookie, or 401. `POST /logout` removes the cookie.
 * @param refuse Returns the response to an unknown token.
 * @param isSecure Whether browsers reach the server by https. If browsers reach the server by https, they send the cookie by https only.
 */
export async function sessionResponse(
  request: Request,
  { tokens, isSecure, refuse }: { tokens: KnownTokens; isSecure: boolean; refuse: () => Promise<Response> },
): Promise<Response> {
  if (request.method !== "POST")
    return refusal(405, "BAD_USER_INPUT", `The method is ${request.method}; allowed: POST`, { allow: "POST" });
  const cookie = (value: string, seconds: number) =>
    `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
  if (new URL(request.url).pathname === LOGOUT_PATH) return done(cookie("", 0));
  // Accepts only JSON, because a browser sends JSON for a page of another site only with the server's permission.
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    return refusal(415, "BAD_USER_INPUT", `The content type is ${type ?? "missing"}; allowed: application/json`);
  const text = await request.text();
  const given = v.safeParse(v.pipe(v.string(), v.maxLength(MAX_BODY), v.parseJson(), credentials), text);
  if (!given.success) return refusal(400, "BAD_USER_INPUT", 'The request body is malformed; allowed: { "token": "…" }');
  const { token } = given.output;
  if (!(await callerWith(token, tokens))) return refuse();
  return done(cookie(encodeURIComponent(token), MAX_AGE));
}

/** Whether browsers reach the server by https. */
export const isHttps = (request: Request, publicUrl: string | undefined): boolean =>
  new URL(publicUrl ?? request.url).protocol === "https:";

const done = (cookie: string): Response =>
  new Response(null, { status: 204, headers: { "set-cookie": cookie, "cache-control": "no-store" } });
