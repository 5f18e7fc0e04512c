import { decodeHTMLStrict } from "entities/decode";

/**
 * Decodes HTML entities in a name, because sources sometimes send names such as `Bob&#39;s`. Decodes only once: `&amp;lt;` becomes `&lt;`.
 */
export const nameIn = (text: string): string => (text.includes("&") ? decodeHTMLStrict(text).trim() || text : text);

/** Returns the beginning of a response body on one line, for messages. */
export function snippet(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line === "" ? "an empty body" : line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
