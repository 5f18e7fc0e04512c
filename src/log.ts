import type { LogLevel } from "./config.ts";
import { LOG_LEVELS } from "./variables.ts";

/** One line per entry, as JSON; secrets handed to {@link createLog} never appear in it. */
export type Log = Record<
  Exclude<LogLevel, "silent">,
  (message: string, fields?: Readonly<Record<string, unknown>>) => void
>;

/**
 * @param write Where a finished line goes; the runtime decides.
 * @param secrets Replaced wherever they would appear, in messages, fields and stacks.
 */
export function createLog(
  level: LogLevel,
  write: (line: string) => void,
  secrets: readonly (string | undefined)[] = [],
): Log {
  const least = LOG_LEVELS.indexOf(level);
  const hidden = secrets.filter((secret): secret is string => Boolean(secret));
  const entry =
    (name: Exclude<LogLevel, "silent">) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (LOG_LEVELS.indexOf(name) < least) return;
      let line = JSON.stringify({ level: name, message, ...fields }, (_, value) =>
        value instanceof Error ? describeError(value) : value,
      );
      for (const secret of hidden) line = line.replaceAll(JSON.stringify(secret).slice(1, -1), "[redacted]");
      write(redactTokens(line));
    };
  return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}

function describeError(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause ? { cause: error.cause } : {}),
  };
}

/** What looks like a credential goes too, whoever put it there: bearer headers and the fields of a token answer. */
function redactTokens(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g, "$1 [redacted]")
    .replace(/\b(access_token|refresh_token|client_secret)(\\?"?\s*[=:]\s*\\?"?)[\w.~+/=%-]+/g, "$1$2[redacted]")
    .replace(/([?&]code=)[\w.~+/=%-]+/g, "$1[redacted]");
}
