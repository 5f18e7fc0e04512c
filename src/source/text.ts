import { decodeHTMLStrict } from "entities/decode";

/** A name as people write it: sources send `Bob&#39;s` for Bob's now and then. Decoded once, so that `&amp;lt;` is `&lt;` and no more. */
export const nameIn = (text: string): string => (text.includes("&") ? decodeHTMLStrict(text).trim() || text : text);

/** The beginning of what a source has answered, in a line, for a message. */
export function snippet(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line === "" ? "an empty body" : line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
