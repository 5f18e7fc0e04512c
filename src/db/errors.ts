import { LibsqlError } from "@libsql/client";
import { DrizzleQueryError } from "drizzle-orm";
import { neverSent } from "./remote.ts";

/** A commit was refused since somebody else has claimed the job meanwhile. */
export class FenceError extends Error {
  override name = "FenceError";
}

/** What keeps a database from working, for programs. Only UNAVAILABLE may be over in a moment by itself. */
export type DatabaseErrorCode =
  | "UNAVAILABLE"
  | "DATABASE_FULL"
  | "DATABASE_READONLY"
  | "DATABASE_CORRUPT"
  | "DATABASE_REPLACED";

/** The database could not be reached, is full or damaged, or was busy for too long; nothing was written, as far as it said. */
export class DatabaseError extends Error {
  override name = "DatabaseError";
  readonly code: DatabaseErrorCode;
  constructor(message: string, { code = "UNAVAILABLE", cause }: { code?: DatabaseErrorCode; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The connection broke before the answer was there: whoever wrote has to ask whether it was committed. */
export class UnknownOutcomeError extends DatabaseError {
  override name = "UnknownOutcomeError";
}

/** A commit was refused since another job wrote the same lineup between reading and writing. */
export class ConflictError extends Error {
  override name = "ConflictError";
}

/** The connection broke, or what answered was not the database: nobody knows what became of the statements. */
export function isLost(error: unknown): boolean {
  if (neverSent(error)) return false;
  return !(error instanceof LibsqlError) || /^(SERVER_ERROR|HRANA_\w+|UNKNOWN)$/.test(error.code);
}

/** Another transaction is in the way; nothing was written. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof LibsqlError &&
    // TRANSACTION_TIMEOUT: sqld has rolled it back, since another one waited for five seconds.
    (/^(SQLITE_(BUSY|LOCKED)|TRANSACTION_TIMEOUT)/.test(error.code) ||
      /statements in progress|database is locked/.test(error.message))
  );
}

/** A file's connection was closed, to be opened anew, between being taken and being used. */
export const isReopened = (error: unknown): boolean => error instanceof LibsqlError && error.code === "CLIENT_CLOSED";

/** Faults of a statement, which would fail again however often it is tried. */
const FAULTY = /^SQLITE_(CONSTRAINT|ERROR|MISMATCH|RANGE|MISUSE|AUTH|TOOBIG)|^SQL_|^ARGS_/;

/** What stays wrong until somebody does something about it, by SQLite's code, and what that is. */
const LASTING: readonly [RegExp, DatabaseErrorCode, string][] = [
  [
    /^SQLITE_READONLY_DBMOVED/,
    "DATABASE_REPLACED",
    "The database file was moved or deleted under the running server: nothing more is written. Put it back, or restore a backup, and start the server again",
  ],
  [
    /^SQLITE_FULL/,
    "DATABASE_FULL",
    "The disk is full, and nothing was written. Free some space: the server goes on by itself then",
  ],
  [
    /^SQLITE_READONLY/,
    "DATABASE_READONLY",
    "The database can be read but not written. Give this process the right to write its file and folder: the server goes on by itself then",
  ],
  [
    /^SQLITE_CORRUPT/,
    "DATABASE_CORRUPT",
    "The database file is damaged. Stop the server, and restore a backup or recover the file (sqlite3 FILE .recover)",
  ],
  [
    /^SQLITE_NOTADB/,
    "DATABASE_CORRUPT",
    "The file is not a database, or is encrypted. Stop the server, and restore a backup or set DATABASE_URL to another file",
  ],
];

/** What a failed transaction means for the ledger. */
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
    return new UnknownOutcomeError(`The database was lost before it answered: ${message}`, { cause: error });
  return new DatabaseError(`The database does not answer: ${message}`, { cause: error });
}

/** What is wrong with the database, where that lasts; undefined for all else. */
function lastingError(error: unknown): DatabaseError | undefined {
  if (!(error instanceof LibsqlError)) return undefined;
  const codes = [error.extendedCode, error.code].filter((code) => code !== undefined);
  const found = LASTING.find(([form]) => codes.some((code) => form.test(code)));
  return found && new DatabaseError(found[2], { code: found[1], cause: error });
}

/**
 * The error of a database that does not answer, cannot be written or is damaged; undefined for anything else, as a faulty statement.
 * Reads go through drizzle, which wraps whatever the driver throws.
 */
export function databaseErrorOf(error: unknown): DatabaseError | undefined {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof DrizzleQueryError)) return undefined;
  const translated = translate(error.cause);
  return translated instanceof DatabaseError ? translated : undefined;
}

export const isDatabaseError = (error: unknown): boolean => databaseErrorOf(error) !== undefined;
