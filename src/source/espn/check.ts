import * as v from "valibot";
import { SourceError } from "../source.ts";

export const malformed = (message: string) => new SourceError("MALFORMED", message);

/**
 * Validates a part of an answer. Throws MALFORMED.
 * @param what Beginning of the error message, before the path, the received value and the expected value.
 * @param within The path of the part within the answer.
 */
export function check<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
  within = "",
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = [within, v.getDotPath(issue)].filter(Boolean).join(".") || "the answer";
  const missing = issue.received === "undefined" || issue.received === "null";
  const expected = issue.kind === "schema" ? issue.expected : issue.message;
  throw malformed(
    `${what}: ${path} is ${missing ? "missing" : `${issue.received.slice(0, 80)}; expected ${expected}`}`,
  );
}
