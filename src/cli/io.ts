import type { Clock } from "../clock.ts";

/** Where a command reads its settings and writes its output. The `Io` is passed in, so a test can replace the terminal. */
export type Io = {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Writes results to standard output. Resolves when standard output has room for more text. */
  out(text: string): Promise<void>;
  /** Writes progress and errors to standard error. */
  err(text: string): void;
  /** The width of the terminal that shows progress; null for a pipe or a dumb terminal, which cannot rewrite a line. */
  columns(): number | null;
  /** The width of the terminal that shows results; null for a pipe, where nothing is shortened. */
  width(): number | null;
  /** Whether results may be coloured. */
  hasColor: boolean;
  /** Asks the person at the terminal. Returns null when there is no terminal. */
  ask(question: string): Promise<string | null>;
  /**
   * Calls the listener at the first Ctrl+C or SIGTERM. A second signal ends the process at once. Returns a function that stops listening.
   */
  onInterrupt(listener: () => void): () => void;
};

/** Exit codes of the process. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partly: 3, login: 4, rateLimited: 5, interrupted: 130 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Thrown when a command cannot continue. The message says why the command cannot continue, and what to do next. */
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

/** Creates the error for a command that was used wrongly. */
export const usage = (message: string): CliError => new CliError(message, { exit: EXIT.usage, code: "BAD_USER_INPUT" });
