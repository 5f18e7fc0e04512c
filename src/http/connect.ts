import type { Config } from "../config/config.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { connectYahoo } from "../jobs/connect.ts";
import { SourceError } from "../source/source.ts";
import type { Operated } from "../source/sources.ts";
import { plural } from "../text.ts";
import { CALLBACK_PATH } from "./guards.ts";

/** Whether Yahoo leads back to this server: only under https, as Yahoo takes no other, and only where its own address is the one that is registered. */
export function hasCallback({ publicUrl, yahoo }: Pick<Config, "publicUrl" | "yahoo">): boolean {
  return publicUrl?.startsWith("https://") === true && yahoo.app?.redirectUri === `${publicUrl}${CALLBACK_PATH}`;
}

/**
 * Ends a login that was begun here, from the address that Yahoo has led a browser to. Whoever holds the state has begun the login, so that
 * no token is wanted.
 */
export async function connectResponse(deps: Deps & { sources: Operated }, request: Request): Promise<Response> {
  if (request.method !== "GET") return page(405, "Only GET is answered here", { allow: "GET" });
  try {
    const { resumed, fault } = await connectYahoo(deps, deps.sources.yahooAccount, {
      answer: request.url,
      isVisit: true,
      by: "login at Yahoo",
      signal: request.signal,
    });
    if (fault) return page(200, `Lineup Ledger has its tokens, and Yahoo does not answer yet: ${fault.message}`);
    return page(
      200,
      `Lineup Ledger may read your leagues at Yahoo. ${plural(resumed.length, "job")} that waited for it went on. You can close this page.`,
    );
  } catch (error) {
    if (error instanceof LedgerError || error instanceof SourceError) return page(400, deps.redact(error.message));
    throw error;
  }
}

/** Words for a person; as text, so that nothing in them is ever markup. */
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
