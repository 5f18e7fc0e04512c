/** The beginning of what a source has answered, in a line, for a message. */
export function snippet(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line === "" ? "an empty body" : line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
