import { execute, type GraphQLError, parse, validate } from "graphql";
import type { Log } from "../log.ts";
import type { Context } from "../schema/builder.ts";
import { schema } from "../schema/index.ts";
import { createErrorMask } from "./errors.ts";

/** The result of a query or a mutation. */
export type Answer = { data?: Record<string, unknown> | null; errors?: readonly GraphQLError[] };

/**
 * Executes a query or a mutation without HTTP, with the same schema and error messages as over HTTP. Programs that answer only their own
 * queries use this function, because the modules that serve HTTP take a quarter of a second to load: too long for a command that sends one
 * query.
 */
export async function answerDirectly(
  { log, redact }: { log: Log; redact: (text: string) => string },
  { document: text, variables }: { document: string; variables: Record<string, unknown> },
  contextValue: Context,
): Promise<Answer> {
  const mask = createErrorMask(log, redact);
  const document = parse(text);
  const faults = validate(schema(), document);
  if (faults.length > 0) return { errors: faults.map(mask) };
  const { data, errors } = await execute({ schema: schema(), document, variableValues: variables, contextValue });
  return { ...(data === undefined ? {} : { data }), ...(errors ? { errors: errors.map(mask) } : {}) };
}
