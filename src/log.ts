import type { LogLevel } from "./config/config.ts";
import { LOG_LEVELS } from "./config/variables.ts";
import { createSecrets, type Secrets } from "./secrets.ts";

/** A log with one line of JSON per entry. The secrets that were given to {@link createLog} never appear in the log. */
export type Log = Record<
  Exclude<LogLevel, "silent">,
  (message: string, fields?: Readonly<Record<string, unknown>>) => void
>;

/**
 * @param write Writes a finished line to the runtime's log.
 * @param secrets Secrets to remove from messages, fields and stacks.
 */
export function createLog(
  level: LogLevel,
  write: (line: string) => void,
  secrets: Pick<Secrets, "redact"> = createSecrets(),
): Log {
  const min = LOG_LEVELS.indexOf(level);
  const entry =
    (name: Exclude<LogLevel, "silent">) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (LOG_LEVELS.indexOf(name) < min) return;
      const line = JSON.stringify({ time: new Date().toISOString(), level: name, message, ...fields }, (_, value) =>
        value instanceof Error ? describeError(value) : value,
      );
      write(secrets.redact(line));
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
