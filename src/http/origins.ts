import { allowedOrigin, refusal } from "./guards.ts";

/** How long a browser remembers what a page may send, in seconds. */
const MAX_AGE = "600";

/** Answers a browser that asks what a page of CORS_ORIGINS may send; null for any other request. */
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

/** Lets a page of CORS_ORIGINS read the answer. Cookies are never allowed with it: such pages come with a bearer token. */
export function readable(response: Response, request: Request, origins: readonly string[]): Response {
  if (origins.length === 0) return response;
  response.headers.append("vary", "Origin");
  const origin = allowedOrigin(request, origins);
  if (origin === null) return response;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("access-control-expose-headers", "retry-after, x-attribution");
  return response;
}

/** Headers that a page cannot add to what a form, an image or a link sends. */
const UNFORMED = ["x-requested-with", "apollo-require-preflight", "graphql-require-preflight"];

/**
 * Refuses a read by GET that another site's page could have had a browser send, as an image or a link: it has to come from this server's own
 * page, from one of CORS_ORIGINS, or with a header that a form cannot send. Null for everything else.
 */
export function refuseBareRead(request: Request): Response | null {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const { headers } = request;
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const isOwn =
    headers.get("sec-fetch-site") === "same-origin" ||
    // refuseForeign has looked: an origin that came so far is this server's own, or one of CORS_ORIGINS.
    headers.has("origin") ||
    /^bearer /i.test(headers.get("authorization") ?? "") ||
    type === "application/json" ||
    UNFORMED.some((name) => headers.has(name));
  if (isOwn) return null;
  // Whatever comes with it, that is no way to send a mutation.
  if (/^\s*mutation\b/.test(new URL(request.url).searchParams.get("query") ?? ""))
    return refusal(405, "BAD_USER_INPUT", "A mutation by GET is not done; allowed: POST", { allow: "POST" });
  return refusal(
    403,
    "FORBIDDEN",
    `A query by GET could be another site's: send ${UNFORMED[2]}: 1 with it, content-type: application/json or a bearer token, or use POST`,
  );
}
