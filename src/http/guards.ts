import type { Plugin } from "graphql-yoga";
import type { DatabaseErrorCode } from "../db/errors.ts";
import type { LedgerErrorCode } from "../errors.ts";
import { LIMITS } from "../schema/limits.ts";

/** Returns a response that says why the request was refused. */
export function refusal(
  status: number,
  code: LedgerErrorCode | DatabaseErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ errors: [{ message, extensions: { code } }] }, { status, headers });
}

/**
 * Whether the client accepts a media type that is served. If the client accepts no served media type, the request is not executed, because
 * the client would refuse the answer.
 */
export const isAcceptable = ({ headers }: Request): boolean =>
  /\*\/\*|application\/(\*|json|graphql-response\+json)|text\/event-stream|multipart\/(mixed|\*)/i.test(
    headers.get("accept") ?? "*/*",
  );

/** Returns the 406 response, which names the media types that are served. */
export function notAcceptable(request: Request): Response {
  const served =
    "application/graphql-response+json or application/json, and for a subscription text/event-stream or multipart/mixed;subscriptionSpec=1.0";
  const accept = request.headers.get("accept") ?? "";
  return refusal(
    406,
    "BAD_USER_INPUT",
    `The request's Accept header is ${JSON.stringify(accept.slice(0, 200))}; allowed: ${served}`,
  );
}

/**
 * Refuses content types that a form on another site could send. Only JSON is accepted, because a browser asks for permission before it
 * sends JSON to another site.
 */
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

/** Returns the response to an address that has sent too many unknown tokens. The response does not say why the last token was refused. */
export const tooManyGuesses = (): Response =>
  refusal(
    429,
    "LIMIT_EXCEEDED",
    `This address sent more than ${LIMITS.guesses} unknown tokens within a minute. Wait a minute, then send a known token`,
    { "retry-after": "60" },
  );

export function unauthenticated(request: Request): Response {
  // Sends only one challenge. Browsers read only the first challenge, and ask for a password only if that challenge is Basic.
  const scheme = request.headers.get("accept")?.includes("text/html") ? "Basic" : "Bearer";
  return refusal(
    401,
    "UNAUTHENTICATED",
    "Authentication required: send Authorization: Bearer TOKEN. In a browser, log in with any name, and enter the token as the password",
    { "www-authenticate": `${scheme} realm="lineup-ledger"` },
  );
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Returns the origin of the page if that page may use the server; null otherwise. A plain comparison suffices, because there is only one
 * way to write an origin.
 */
export function allowedOrigin({ headers }: Request, origins: readonly string[]): string | null {
  const origin = headers.get("origin");
  return origin !== null && origins.includes(origin) ? origin : null;
}

/** The settings of a server that decide which requests it may answer. */
export type Place = {
  host: string;
  publicUrl: string | undefined;
  hasTokens: boolean;
  /** Origins of other sites' pages that may use the server. */
  origins: readonly string[];
};

/**
 * Refuses a request that a browser sends on behalf of a page of another site. Returns null for every other request.
 *
 * A server without tokens answers anybody who reaches the server. A server without tokens therefore checks that the request's host is one
 * of the server's own names. The owner of a page can point the page's domain name at this machine (DNS rebinding), but the host of the
 * page's requests is still that domain name. Browsers name the sending page's origin in the header `Origin`, or say in `Sec-Fetch-Site`
 * (for images, for example) whether the page is of another site. Only this server's own pages and the pages of CORS_ORIGINS may send
 * requests. A request with a bearer token is accepted from any page, because no browser adds a bearer token by itself.
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
      `The request's host is ${shortened(name)}; allowed without API_TOKENS: localhost, 127.0.0.1, [::1], HOST and the host of PUBLIC_URL`,
    );
  }
  if (allowedOrigin(request, origins) !== null) return null;
  if (hasTokens && /^bearer /i.test(request.headers.get("authorization") ?? "")) return null;
  const site = request.headers.get("sec-fetch-site");
  if ((site === "cross-site" || site === "same-site") && !isVisit(request, url.pathname)) {
    return refusal(
      403,
      "FORBIDDEN",
      "A page of another site may not use this server; allowed: links to / and /graphql",
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
    `A page of ${shortened(origin)} may not use this server; allowed: pages of this server, at ${url.host}${own ? ` and ${own.host}` : ""}. ` +
      "Behind a proxy, set PUBLIC_URL to the address that browsers see. To allow a page of another site, set CORS_ORIGINS",
  );
}

/** The path below PUBLIC_URL to which Yahoo redirects. */
export const CALLBACK_PATH = "/connect/yahoo";

/**
 * Whether a browser is opening an address to which other sites may link or redirect: `/`, `/graphql`, or the address to which Yahoo
 * redirects. Opening `/` or `/graphql` changes nothing. Yahoo's redirect completes a login only if it carries the state of that login.
 */
const isVisit = ({ method, headers }: Request, path: string): boolean =>
  method === "GET" &&
  headers.get("sec-fetch-mode") === "navigate" &&
  headers.get("sec-fetch-dest") === "document" &&
  (path === "/" || path === "/graphql" || path === CALLBACK_PATH);

const shortened = (text: string): string => JSON.stringify(text.slice(0, 100));

/** Whether a `Host` header is a host with or without a port, and nothing else (RFC 9110, section 7.2). */
export function isHost(text: string | undefined | null): boolean {
  return /^([\w-]+(\.[\w-]+)*\.?|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(text ?? "") && URL.canParse(`http://${text}/`);
}

/** The message for a request whose `Host` header is missing or malformed. */
export const BAD_HOST =
  "The request's Host header is missing or not a host; allowed: a name or an address, optionally with a port";
