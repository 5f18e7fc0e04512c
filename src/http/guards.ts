import type { Plugin } from "graphql-yoga";
import type { DatabaseErrorCode } from "../db/errors.ts";
import type { LedgerErrorCode } from "../errors.ts";
import { LIMITS } from "../schema/limits.ts";

/** An answer that says why nothing was done. */
export function refusal(
  status: number,
  code: LedgerErrorCode | DatabaseErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ errors: [{ message, extensions: { code } }] }, { status, headers });
}

/** Whether something that is served is among what the client accepts, so that nothing is done for an answer that it would not take. */
export const isAcceptable = ({ headers }: Request): boolean =>
  /\*\/\*|application\/(\*|json|graphql-response\+json)|text\/event-stream|multipart\/(mixed|\*)/i.test(
    headers.get("accept") ?? "*/*",
  );

/** Names what is served to who wants something else. */
export function notAcceptable(request: Request): Response {
  const served =
    "application/graphql-response+json or application/json, and for a subscription text/event-stream or multipart/mixed;subscriptionSpec=1.0";
  const accept = request.headers.get("accept") ?? "";
  return refusal(
    406,
    "BAD_USER_INPUT",
    `The request accepts ${JSON.stringify(accept.slice(0, 200))}; allowed: ${served}`,
  );
}

/** Refuses what a form on another site could send: only JSON makes a browser ask for permission first. */
export function jsonOnly(): Plugin {
  return {
    onRequest({ request, endResponse }) {
      const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
      if (request.method !== "POST" || type === "application/json") return;
      endResponse(
        refusal(415, "BAD_USER_INPUT", `The request's content type is ${type ?? "missing"}; allowed: application/json`),
      );
    },
  };
}

/** Too many wrong tokens have come from an address: the next one is refused as well, without a word of what is wrong with it. */
export const tooManyGuesses = (): Response =>
  refusal(
    429,
    "LIMIT_EXCEEDED",
    `More than ${LIMITS.guesses} tokens that this server does not know came from this address within a minute: wait, and send one that it knows`,
    { "retry-after": "60" },
  );

export function unauthenticated(request: Request): Response {
  // One challenge: of two in a header browsers read the first, and ask nobody for a password that is not called Basic.
  const scheme = request.headers.get("accept")?.includes("text/html") ? "Basic" : "Bearer";
  return refusal(
    401,
    "UNAUTHENTICATED",
    "This server wants a token that it knows: send Authorization: Bearer TOKEN, or in a browser any name with the token as the password",
    { "www-authenticate": `${scheme} realm="lineup-ledger"` },
  );
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The page's origin, where it is one of those that may use the server; null otherwise. Compared as it is written: an origin has one form. */
export function allowedOrigin({ headers }: Request, origins: readonly string[]): string | null {
  const origin = headers.get("origin");
  return origin !== null && origins.includes(origin) ? origin : null;
}

/** Where a server stands, as far as it decides who may be answered. */
export type Place = {
  host: string;
  publicUrl: string | undefined;
  hasTokens: boolean;
  /** Of pages elsewhere that may use it. */
  origins: readonly string[];
};

/**
 * Refuses what a page of another site had a browser send; null for everything else.
 *
 * A server without tokens answers whoever reaches it, so that it has to be sure that it was called by its own name: a page whose own
 * name was pointed at this machine (DNS rebinding) sends that name. And a browser says which page a request comes from (`Origin`, and of
 * images and the like `Sec-Fetch-Site`): only this server's own may send any, unless the request carries a bearer token, which no browser
 * adds by itself.
 */
export function refuseForeign(request: Request, { host, publicUrl, hasTokens, origins }: Place): Response | null {
  const named = request.headers.get("host");
  if (!URL.canParse(request.url) || (named !== null && !isHost(named))) return refusal(400, "BAD_USER_INPUT", BAD_HOST);
  const url = new URL(request.url);
  const own = publicUrl === undefined ? undefined : new URL(publicUrl);
  const name = url.hostname.replace(/\.$/, "");
  if (!hasTokens && !LOOPBACK.test(name) && ![host, `[${host}]`, own?.hostname].includes(name)) {
    return refusal(
      403,
      "FORBIDDEN",
      `This server is not called ${shortened(name)}; allowed without API_TOKENS: localhost, 127.0.0.1, [::1], HOST and the host of PUBLIC_URL`,
    );
  }
  if (allowedOrigin(request, origins) !== null) return null;
  if (hasTokens && /^bearer /i.test(request.headers.get("authorization") ?? "")) return null;
  const site = request.headers.get("sec-fetch-site");
  if ((site === "cross-site" || site === "same-site") && !isVisit(request, url.pathname)) {
    return refusal(
      403,
      "FORBIDDEN",
      "A page of another site may not use this server; allowed: to open /graphql in a browser",
    );
  }
  const origin = request.headers.get("origin");
  if (origin === null) return null;
  // The scheme is not compared: a proxy may speak https to the browser and http to this server.
  const from = URL.canParse(origin) ? new URL(origin).host : null;
  if (from !== null && (from === url.host || from === own?.host)) return null;
  return refusal(
    403,
    "FORBIDDEN",
    `A page of ${shortened(origin)} may not use this server; allowed: its own pages, at ${url.host}${own ? ` and ${own.host}` : ""}. Behind a proxy, set PUBLIC_URL to the address that browsers see; for a page elsewhere, CORS_ORIGINS`,
  );
}

/** Where Yahoo leads back to, below PUBLIC_URL. */
export const CALLBACK_PATH = "/connect/yahoo";

/** Somebody follows a link to the playground, which does nothing by itself, or Yahoo leads back, where only the state of a login that was begun counts. */
const isVisit = ({ method, headers }: Request, path: string): boolean =>
  method === "GET" &&
  headers.get("sec-fetch-mode") === "navigate" &&
  headers.get("sec-fetch-dest") === "document" &&
  (path === "/" || path === "/graphql" || path === CALLBACK_PATH);

const shortened = (text: string): string => JSON.stringify(text.slice(0, 100));

/** A `Host` header that names a host, and perhaps a port, and nothing else (RFC 9110, section 7.2). */
export function isHost(text: string | undefined | null): boolean {
  return /^([\w-]+(\.[\w-]+)*\.?|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(text ?? "") && URL.canParse(`http://${text}/`);
}

/** What is wrong with a request whose `Host` is none. */
export const BAD_HOST = "The request's Host header is missing or not a host; allowed: a name or an address, and a port";
