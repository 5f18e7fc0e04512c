import { LibsqlError } from "@libsql/client";
import { DrizzleQueryError } from "drizzle-orm";
import { neverSent } from "./remote.ts";

/** A commit was refused because another worker has claimed the job meanwhile. */
export class FenceError extends Error {
  override name = "FenceError";
}

/** Tells programs why the database does not work. Only the fault UNAVAILABLE may soon pass by itself. */
export type DatabaseErrorCode =
  | "UNAVAILABLE"
  | "DATABASE_FULL"
  | "DATABASE_READONLY"
  | "DATABASE_CORRUPT"
  | "DATABASE_REPLACED";

/** The database is unreachable, full or damaged, or was busy for too long. As far as the database reported, nothing was written. */
export class DatabaseError extends Error {
  override name = "DatabaseError";
  readonly code: DatabaseErrorCode;
  constructor(message: string, { code = "UNAVAILABLE", cause }: { code?: DatabaseErrorCode; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The connection broke before the answer came. The writer has to check whether the write was committed. */
export class UnknownOutcomeError extends DatabaseError {
  override name = "UnknownOutcomeError";
}

/** A commit was refused because another job wrote the same lineup after it was read. */
export class ConflictError extends Error {
  override name = "ConflictError";
}

/** Returns whether a call's outcome is unknown: the connection broke, or something other than the database answered. */
export function isLost(error: unknown): boolean {
  if (neverSent(error)) return false;
  return !(error instanceof LibsqlError) || /^(SERVER_ERROR|HRANA_\w+|UNKNOWN)$/.test(error.code);
}

/**
 * Returns whether a call failed because another transaction was in the way. A call that failed because of another transaction has
 * written nothing.
 */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof LibsqlError &&
    // TRANSACTION_TIMEOUT: sqld rolled the transaction back because another transaction had waited for five seconds.
    (/^(SQLITE_(BUSY|LOCKED)|TRANSACTION_TIMEOUT)/.test(error.code) ||
      /statements in progress|database is locked/.test(error.message))
  );
}

/** Returns whether a call failed because the file's connection was being reopened. */
export const isReopened = (error: unknown): boolean => error instanceof LibsqlError && error.code === "CLIENT_CLOSED";

/** Codes of faulty statements. A faulty statement fails again on a retry. */
const FAULTY = /^SQLITE_(CONSTRAINT|ERROR|MISMATCH|RANGE|MISUSE|AUTH|TOOBIG)|^SQL_|^ARGS_/;

/** Faults that last until somebody fixes them, each with SQLite's code, the ledger's code, and a message that says what to do. */
const LASTING: readonly [RegExp, DatabaseErrorCode, string][] = [
  [
    /^SQLITE_READONLY_DBMOVED/,
    "DATABASE_REPLACED",
    "Cannot write: the database file was moved or deleted while the server ran. Put the file back or restore a backup, then restart the server",
  ],
  [
    /^SQLITE_FULL/,
    "DATABASE_FULL",
    "Cannot write: the disk is full. Free some space; the server then continues by itself",
  ],
  [
    /^SQLITE_READONLY/,
    "DATABASE_READONLY",
    "The database can be read but not written. Let this process write to the file and the folder of the database; the server then continues by itself",
  ],
  [
    /^SQLITE_CORRUPT/,
    "DATABASE_CORRUPT",
    "The database file is damaged. Stop the server, then restore a backup or recover the file (sqlite3 FILE .recover)",
  ],
  [
    /^SQLITE_NOTADB/,
    "DATABASE_CORRUPT",
    "The file is not a database, or it is encrypted. Stop the server, then restore a backup or set DATABASE_URL to another file",
  ],
];

/** Converts the error of a failed call to one of the ledger's own errors. The error of a faulty statement stays as it is. */
export function translate(error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const message = error instanceof Error ? error.message : "";
  if (message.includes("ledger: a newer claim"))
    return new FenceError("A newer claim holds this job", { cause: error });
  if (
    message.includes("was written by somebody else meanwhile") ||
    message.includes("UNIQUE constraint failed: team_days")
  ) {
    return new ConflictError("Another job wrote this lineup meanwhile", { cause: error });
  }
  if (error instanceof LibsqlError && FAULTY.test(error.code)) return error;
  const lasting = lastingError(error);
  if (lasting) return lasting;
  if (isLost(error))
    return new UnknownOutcomeError(`The connection broke before the database answered: ${message}`, { cause: error });
  return new DatabaseError(`The database does not answer: ${message}`, { cause: error });
}

/** Returns the lasting fault that an error reports; undefined for any other error. */
function lastingError(error: unknown): DatabaseError | undefined {
  if (!(error instanceof LibsqlError)) return undefined;
  const codes = [error.extendedCode, error.code].filter((code) => code !== undefined);
  const found = LASTING.find(([form]) => codes.some((code) => form.test(code)));
  return found && new DatabaseError(found[2], { code: found[1], cause: error });
}

/**
 * Returns the error if the database does not answer, cannot be written or is damaged; undefined for other errors, such as the error of a
 * faulty statement. Reads go through drizzle, which wraps the driver's errors.
 */
export function databaseErrorOf(error: unknown): DatabaseError | undefined {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof DrizzleQueryError)) return undefined;
  const translated = translate(error.cause);
  return translated instanceof DatabaseError ? translated : undefined;
}

export const isDatabaseError = (error: unknown): boolean => databaseErrorOf(error) !== undefined;
