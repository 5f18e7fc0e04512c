import { allowedOrigin, refusal } from "./guards.ts";

/** How long a browser caches the answer to a preflight, in seconds. */
const MAX_AGE = "600";

/** Returns the answer to a preflight if the page's origin is in CORS_ORIGINS; null for any other request. */
export function preflight(request: Request, origins: readonly string[]): Response | null {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return null;
  const origin = allowedOrigin(request, origins);
  if (origin === null) return null;
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers":
        "authorization, content-type, accept, x-requested-with, apollo-require-preflight, graphql-require-preflight, last-event-id",
      "access-control-max-age": MAX_AGE,
      vary: "Origin, Access-Control-Request-Headers",
    },
  });
}

/**
 * Lets pages of the origins in CORS_ORIGINS read the response. Cookies are never allowed, because web pages of the origins in CORS_ORIGINS
 * send a bearer token instead.
 */
export function readable(response: Response, request: Request, origins: readonly string[]): Response {
  if (origins.length === 0) return response;
  response.headers.append("vary", "Origin");
  const origin = allowedOrigin(request, origins);
  if (origin === null) return response;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("access-control-expose-headers", "retry-after, x-attribution");
  return response;
}

/** Headers that a form, an image or a link cannot send. */
const UNFORMED = ["x-requested-with", "apollo-require-preflight", "graphql-require-preflight"];

/**
 * Refuses a GET that a browser could send on behalf of a page of another site, for example for an image or a link. Accepts a GET from this
 * server's own page, from a page of an origin in CORS_ORIGINS, or with a header that a form cannot send. Returns null for every other
 * request.
 */
export function refuseBareRead(request: Request): Response | null {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const { headers } = request;
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const isOwn =
    headers.get("sec-fetch-site") === "same-origin" ||
    // `refuseForeign` has checked that the origin is this server's own origin or one of CORS_ORIGINS.
    headers.has("origin") ||
    /^bearer /i.test(headers.get("authorization") ?? "") ||
    type === "application/json" ||
    UNFORMED.some((name) => headers.has(name));
  if (isOwn) return null;
  // For a mutation, suggest only POST, because a mutation by GET is refused even with the headers that are suggested below.
  if (/^\s*mutation\b/.test(new URL(request.url).searchParams.get("query") ?? ""))
    return refusal(405, "BAD_USER_INPUT", "Cannot run a mutation by GET; allowed: POST", { allow: "POST" });
  return refusal(
    403,
    "FORBIDDEN",
    `Cannot run this query by GET: another site could have sent it. Use POST, or add one of these: ` +
      `the header ${UNFORMED[2]}: 1, the header content-type: application/json, or a bearer token`,
  );
}
