import type { Tokens } from "../access/tokens.ts";
import type { Caller } from "../config/roles.ts";
import type { ApiToken } from "../config/variables.ts";
import { sha256 } from "../hash.ts";

/**
 * The caller if no tokens are configured: anybody who reaches the server may operate it. Without tokens, `parseConfig` requires that the
 * server listens on this machine only.
 */
const ANYBODY: Caller = { name: "anonymous", role: "admin" };

/**
 * Returns the caller who sent a request; null if tokens are configured and the request has no known token. Clients send the token as a
 * bearer token in the `Authorization` header. Browsers send the token as the login cookie or as the password of Basic authentication.
 * @param isElsewhere Whether a page of another origin sent the request. The login cookie is ignored if a page of another origin sends it,
 * because that page has not logged in.
 */
export async function callerOf(
  request: Request,
  tokens: KnownTokens,
  { isElsewhere = false } = {},
): Promise<Caller | null> {
  const authorization = request.headers.get("authorization");
  const cookie = isElsewhere ? "" : tokenInCookie(request);
  return callerWith(authorization === null ? cookie : tokenIn(authorization), tokens);
}

/** Tokens of API_TOKENS, and tokens created through the API. */
export type KnownTokens = { configured: readonly ApiToken[]; made: Tokens };

/** Whether a request has an `Authorization` header or the cookie of a login. */
export const hasCredentials = ({ headers }: Request): boolean =>
  headers.has("authorization") || (headers.get("cookie") ?? "").includes(`${COOKIE}=`);

/** Returns the caller to whom a token belongs; null if tokens are configured and the given token is unknown. */
export async function callerWith(token: string, { configured, made }: KnownTokens): Promise<Caller | null> {
  if (configured.length === 0) return (await made.callerWith(token)) ?? ANYBODY;
  const given = await sha256(token);
  let found: Caller | null = null;
  // Compare every byte of every token, so the time of the comparison does not reveal how close a guess was.
  for (const { name, role, token: known } of configured) if (equal(given, await sha256(known))) found = { name, role };
  return found ?? made.callerWith(token);
}

/**
 * The cookie of a browser that has logged in. The cookie has no prefix such as `__Host-`, because it also has to work over http on
 * this machine.
 */
export const COOKIE = "lineup_ledger_token";

function tokenInCookie(request: Request): string {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const [name, ...value] = pair.split("=");
    if (name?.trim() !== COOKIE) continue;
    try {
      return decodeURIComponent(value.join("=").trim());
    } catch {
      return "";
    }
  }
  return "";
}

function tokenIn(authorization: string): string {
  const [scheme = "", value = ""] = authorization.trim().split(/\s+/);
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return "";
  try {
    const pair = atob(value);
    return pair.slice(pair.indexOf(":") + 1);
  } catch {
    return "";
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
