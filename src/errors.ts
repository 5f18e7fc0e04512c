/** Why a request is refused, as a code of the API. */
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

/** A refused request: a stable code, a message for people, and the ids that a program needs. */
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
