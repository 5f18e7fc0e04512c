import { retryAfterMs } from "../../clock.ts";
import type { Answer } from "../http.ts";
import { SourceError } from "../source.ts";
import { snippet } from "../text.ts";

/** Yahoo refused the access token; the client retries with a new one. */
export class TokenRefusedError extends Error {
  override name = "TokenRefusedError";
}

/** Yahoo refused this form of request. The league may still be readable, team by team. */
export class RequestRefusedError extends Error {
  override name = "RequestRefusedError";
}

/** Address of Yahoo's form for requesting access for an application. */
const ACCESS_FORM = "https://sports.yahoo.com/developer/access/";

/**
 * Whether Yahoo refused a request because of its rate limit. Yahoo's edge servers may report the limit with any status (docs/yahoo.md,
 * Errors).
 */
export const isRateLimit = (status: number, body: string): boolean =>
  status === 999 || status === 429 || /^\W*Edge: Too Many Requests/i.test(body);

/** Returns the error for a redirect. Redirects are not followed, because following a redirect would send the token to another host. */
function redirected(status: number, headers: Headers): SourceError {
  const to = headers.get("location");
  const target = to !== null && URL.canParse(to) ? new URL(to) : null;
  const isLogin = target !== null && /(^|\.)login\.yahoo\.com$/.test(target.hostname);
  const where = target === null ? "another address" : `${target.origin}${target.pathname}`;
  const why = isLogin ? "its login page, as if nobody were logged in" : where;
  return new SourceError("UNAVAILABLE", `Yahoo redirects to ${why} (status ${status}) instead of answering`);
}

/**
 * Returns the content of an answer as parsed JSON. For an answer without usable content, throws a SourceError, a TokenRefusedError or a
 * RequestRefusedError (docs/yahoo.md, Errors).
 */
export function contentOf(
  { status, headers, body: given }: Answer,
  now: number,
  redact: (text: string) => string,
): object {
  const content = parseJson(given);
  if (status === 200 && content !== null && "fantasy_content" in content) return content;
  // Redact before the text is cut, because a token that is cut in half would not be recognized.
  const body = redact(given);
  const parsed = parseJson(body);
  const words = description(body, parsed);
  const challenge = redact(headers.get("www-authenticate") ?? "");
  const said = words.includes("oauth_problem") ? words : [words, challenge].filter(Boolean).join("; ");
  if (isRateLimit(status, body)) {
    throw new SourceError("RATE_LIMITED", `Yahoo limits the rate of requests (status ${status})`, {
      retryAfterMs: retryAfterMs(headers, now),
    });
  }
  if (/you are not in this league|must be logged in to view this league/i.test(said)) {
    throw new SourceError("LEAGUE_PRIVATE", `The league is private, and this account is not in it: ${said}`);
  }
  if (/application is not authorized|appropriate OAuth scope|additional_authorization_required/i.test(said)) {
    throw new SourceError(
      "APP_NOT_APPROVED",
      `Yahoo has not approved this application, and a new login does not help. Request access at ${ACCESS_FORM}. Yahoo says: ${said}`,
    );
  }
  if (status >= 300 && status < 400) throw redirected(status, headers);
  if (status === 401 || /oauth_problem|^Jwt is not in the form/i.test(said))
    throw new TokenRefusedError(said || `status ${status}`);
  if (status === 403 && parsed !== null)
    throw new SourceError("UNAUTHORIZED", `Yahoo refuses access: ${said || "status 403"}`);
  if (/invalid game key|league key \S+ does not exist/i.test(said))
    throw new SourceError("LEAGUE_NOT_FOUND", `Yahoo has no such league: ${said}`);
  if (status === 400 || status === 404) throw new RequestRefusedError(said || `status ${status}`);
  if (status !== 200) {
    throw new SourceError("UNAVAILABLE", `Yahoo answered with status ${status}`, {
      retryAfterMs: retryAfterMs(headers, now),
    });
  }
  if (parsed === null)
    throw new SourceError("UNAVAILABLE", `Yahoo answered with something other than complete JSON: ${snippet(body)}`);
  if (said !== "") throw new RequestRefusedError(said);
  throw new SourceError("MALFORMED", `Yahoo answered with unexpected JSON: ${snippet(body)}`);
}

/** Returns the description in an error body, which may be JSON, XML or plain text; "" when there is none. */
function description(body: string, parsed: object | null): string {
  if (parsed !== null) {
    const error = "error" in parsed ? parsed.error : undefined;
    if (typeof error === "string") return error;
    return typeof error === "object" && error !== null && "description" in error ? String(error.description) : "";
  }
  const xml = /<(?:yahoo:)?description>([^<]*)</.exec(body.slice(0, 10_000));
  return xml?.[1] ?? (/^\s*[<{[]/.test(body) ? "" : snippet(body));
}

function parseJson(body: string): object | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" ? parsed : null;
  } catch {
    return null;
  }
}
