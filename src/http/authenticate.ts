import type { Tokens } from "../access/tokens.ts";
import type { Caller } from "../config/roles.ts";
import type { ApiToken } from "../config/variables.ts";
import { sha256 } from "../hash.ts";

/** Without tokens, whoever reaches the server may operate it: then it listens on this machine only (`parseConfig` sees to that). */
const ANYBODY: Caller = { name: "anonymous", role: "admin" };

/**
 * Who sent a request: by `Authorization: Bearer TOKEN`, or, for browsers, by the cookie of a login, or `Basic` with the token as the
 * password. Of a page elsewhere the cookie counts for nothing: it did not log in there. Null when tokens are configured and the request has none of them.
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

/** Tokens of API_TOKENS, and those that were made through the API. */
export type KnownTokens = { configured: readonly ApiToken[]; made: Tokens };

/** Whether a request comes with something that is to let it in. */
export const hasCredentials = ({ headers }: Request): boolean =>
  headers.has("authorization") || (headers.get("cookie") ?? "").includes(`${COOKIE}=`);

/** Whose token it is; null when tokens are configured and it is none that is known. */
export async function callerWith(token: string, { configured, made }: KnownTokens): Promise<Caller | null> {
  if (configured.length === 0) return (await made.callerWith(token)) ?? ANYBODY;
  const given = await sha256(token);
  let found: Caller | null = null;
  // Every token is compared, and every byte of each, so that time says nothing about how close a guess was.
  for (const { name, role, token: known } of configured) if (equal(given, await sha256(known))) found = { name, role };
  return found ?? made.callerWith(token);
}

/** What a browser carries that has logged in; of `__Host-` and the like there is none, as http on this machine has to do as well. */
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
