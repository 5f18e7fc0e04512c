/** What a caller did wrong, in the words of the API. */
export type LedgerErrorCode =
  | "BAD_USER_INPUT"
  | "NOT_FOUND"
  | "ILLEGAL_STATE"
  | "JOB_OVERLAP"
  | "IDEMPOTENCY_CONFLICT"
  | "CURSOR_AHEAD"
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "LIMIT_EXCEEDED"
  | "TIMEOUT"
  | "BUSY";

/** Refused, with a stable code, a message for people, and the ids a program needs. */
export class LedgerError extends Error {
  override name = "LedgerError";
  readonly code: LedgerErrorCode;
  readonly details: Readonly<Record<string, string>>;
  constructor(code: LedgerErrorCode, message: string, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
