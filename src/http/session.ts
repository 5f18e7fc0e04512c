import * as v from "valibot";
import { COOKIE, callerWith, type KnownTokens } from "./authenticate.ts";
import { refusal } from "./guards.ts";

/** Where a browser logs in and out: it is given a cookie that no script can read, and that no other site can have it send. */
export const LOGIN_PATH = "/login";
export const LOGOUT_PATH = "/logout";

/** A browser is remembered for so long, in seconds: 30 days. */
const MAX_AGE = 30 * 24 * 3600;
const MAX_BODY = 1_000;

const credentials = v.object({ token: v.pipe(v.string(), v.trim(), v.minLength(1)) });

/**
 * `POST /login` with `{ "token" }` answers 204 with the cookie, or 401; `POST /logout` takes the cookie away.
 * @param refuse Answers whoever comes with a token that is not known.
 * @param isSecure Whether browsers reach the server by https: then the cookie goes by nothing else.
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
  // Only JSON makes a browser ask before another site's page may send it.
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    return refusal(415, "BAD_USER_INPUT", `The content type is ${type ?? "missing"}; allowed: application/json`);
  const text = await request.text();
  const given = v.safeParse(v.pipe(v.string(), v.maxLength(MAX_BODY), v.parseJson(), credentials), text);
  if (!given.success) return refusal(400, "BAD_USER_INPUT", 'The body is not what is allowed: { "token": "…" }');
  const { token } = given.output;
  if (!(await callerWith(token, tokens))) return refuse();
  return done(cookie(encodeURIComponent(token), MAX_AGE));
}

/** Whether browsers reach the server by https. */
export const isHttps = (request: Request, publicUrl: string | undefined): boolean =>
  new URL(publicUrl ?? request.url).protocol === "https:";

const done = (cookie: string): Response =>
  new Response(null, { status: 204, headers: { "set-cookie": cookie, "cache-control": "no-store" } });
