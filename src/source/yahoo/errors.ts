import { type Answer, retryAfterMs } from "../http.ts";
import { SourceError } from "../source.ts";

/** The access token was refused: worth one refresh before it counts as UNAUTHORIZED. */
export class TokenRefusedError extends Error {
  override name = "TokenRefusedError";
}

/** This form of request was refused, though the league may be fine: asking team by team may help. */
export class RequestRefusedError extends Error {
  override name = "RequestRefusedError";
}

/**
 * Throws what an answer means unless it is a JSON object to be read (yahoo.md, section 4, and the bodies collected there):
 * a SourceError, a TokenRefusedError or a RequestRefusedError.
 */
export function throwIfRefused({ status, headers, body }: Answer, now: number): void {
  const said = description(body);
  if (status === 999 || status === 429) {
    throw new SourceError("RATE_LIMITED", `Yahoo limits the rate of requests (status ${status})`, {
      retryAfterMs: retryAfterMs(headers, now),
    });
  }
  if (/you are not in this league|must be logged in to view this league/i.test(said)) {
    throw new SourceError("LEAGUE_PRIVATE", `The league is private, and this account is not in it: ${said}`);
  }
  if (/application is not authorized|appropriate OAuth scope/i.test(said)) {
    throw new SourceError("APP_NOT_APPROVED", `Yahoo has not approved this application: ${said}`);
  }
  if (status === 401 || /oauth_problem|^Jwt is not in the form/i.test(said))
    throw new TokenRefusedError(said || `status ${status}`);
  if (status === 403 && isJson(body))
    throw new SourceError("UNAUTHORIZED", `Yahoo refuses access: ${said || "status 403"}`);
  if (/invalid game key|league key \S+ does not exist/i.test(said))
    throw new SourceError("LEAGUE_NOT_FOUND", `Yahoo knows no such league: ${said}`);
  if (status === 400 || status === 404) throw new RequestRefusedError(said || `status ${status}`);
  if (status !== 200) {
    throw new SourceError("UNAVAILABLE", `Yahoo answered with status ${status}`, {
      retryAfterMs: retryAfterMs(headers, now),
    });
  }
  if (!isJson(body))
    throw new SourceError("UNAVAILABLE", `Yahoo answered with something else than whole JSON: ${snippet(body)}`);
  if (said !== "" && !body.includes("fantasy_content")) throw new RequestRefusedError(said);
}

/** What an error body says, in whichever of its three forms: JSON, XML, plain text. */
function description(body: string): string {
  if (body.length > 10_000) return "";
  try {
    const parsed = JSON.parse(body) as { error?: { description?: unknown } | string } | null;
    const error = parsed?.error;
    return typeof error === "string" ? error : typeof error?.description === "string" ? error.description : "";
  } catch {
    const xml = /<(?:yahoo:)?description>([^<]*)</.exec(body);
    return xml?.[1] ?? (/^\s*[<{[]/.test(body) ? "" : snippet(body));
  }
}

function isJson(body: string): boolean {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null;
  } catch {
    return false;
  }
}

function snippet(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line === "" ? "an empty body" : line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
