import type { Clock } from "../clock.ts";

/** Where a command reads its settings from and writes to; handed in, so that a test can be its own terminal. */
export type Io = {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Results: standard output. Resolves when there is room for more. */
  out(text: string): Promise<void>;
  /** Progress and errors: standard error. */
  err(text: string): void;
  /** The width of the terminal that shows progress; null where a line cannot be written anew: a pipe, or a dumb terminal. */
  columns(): number | null;
  /** The width of the terminal that shows results; null for a pipe, where nothing is shortened. */
  width(): number | null;
  /** Whether results may be coloured. */
  hasColor: boolean;
  /** Asks the person at the terminal; null where there is none. */
  ask(question: string): Promise<string | null>;
  /** Called at the first Ctrl+C or SIGTERM, while somebody listens; the second ends the process at once. Answers how to stop listening. */
  onInterrupt(listener: () => void): () => void;
};

/** What the process says at its end. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partly: 3, login: 4, rateLimited: 5, interrupted: 130 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** A command cannot go on: the message says why and what to do next. */
export class CliError extends Error {
  override name = "CliError";
  readonly exit: Exit;
  readonly code: string;
  constructor(message: string, { exit = EXIT.failed, code = "FAILED" }: { exit?: Exit; code?: string } = {}) {
    super(message);
    this.exit = exit;
    this.code = code;
  }
}

/** A command was used in a way that makes no sense. */
export const usage = (message: string): CliError => new CliError(message, { exit: EXIT.usage, code: "BAD_USER_INPUT" });
