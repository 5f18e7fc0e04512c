import type { Config } from "../config/config.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { connectYahoo } from "../jobs/connect.ts";
import { SourceError } from "../source/source.ts";
import type { Operated } from "../source/sources.ts";
import { plural } from "../text.ts";
import { CALLBACK_PATH } from "./guards.ts";

/**
 * Returns whether Yahoo redirects to this server, that is, whether PUBLIC_URL uses https (as Yahoo requires) and the registered redirect
 * address belongs to this server.
 */
export function hasCallback({ publicUrl, yahoo }: Pick<Config, "publicUrl" | "yahoo">): boolean {
  return publicUrl?.startsWith("https://") === true && yahoo.app?.redirectUri === `${publicUrl}${CALLBACK_PATH}`;
}

/**
 * Completes a login that began on this server. The request's address is the one to which Yahoo redirected the browser. The request needs no
 * token, because only the person who began the login knows its state.
 */
export async function connectResponse(deps: Deps & { sources: Operated }, request: Request): Promise<Response> {
  if (request.method !== "GET") return page(405, "Only GET is allowed here", { allow: "GET" });
  try {
    const { resumed, fault } = await connectYahoo(deps, deps.sources.yahooAccount, {
      answer: request.url,
      isVisit: true,
      by: "login at Yahoo",
      signal: request.signal,
    });
    if (fault) return page(200, `Lineup Ledger has stored the login, but Yahoo does not answer yet: ${fault.message}`);
    return page(
      200,
      `Lineup Ledger can now read your leagues at Yahoo. Resumed ${plural(resumed.length, "job")} that waited for the login. ` +
        "You can close this page.",
    );
  } catch (error) {
    if (error instanceof LedgerError || error instanceof SourceError) return page(400, deps.redact(error.message));
    throw error;
  }
}

/** Returns a page for a person to read. The page is plain text, so nothing in it can be markup. */
function page(status: number, words: string, headers: Record<string, string> = {}): Response {
  return new Response(`${words}\n`, {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}
