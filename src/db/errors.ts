import { LibsqlError } from "@libsql/client";
import { DrizzleQueryError } from "drizzle-orm";
import { neverSent } from "./remote.ts";

/** A commit was refused since somebody else has claimed the job meanwhile. */
export class FenceError extends Error {
  override name = "FenceError";
}

/** The database could not be reached, is full, or was busy for too long; nothing was written, as far as it said. */
export class DatabaseError extends Error {
  override name = "DatabaseError";
}

/** The connection broke before the answer was there: whoever wrote has to ask whether it was committed. */
export class UnknownOutcomeError extends DatabaseError {
  override name = "UnknownOutcomeError";
}

/** A commit was refused since another job wrote the same line-up between reading and writing. */
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

/** Faults of a statement, which would fail again however often it is tried. */
const FAULTY = /^SQLITE_(CONSTRAINT|ERROR|MISMATCH|RANGE|MISUSE|AUTH|TOOBIG)|^SQL_|^ARGS_/;

/** What a failed transaction means for the ledger. */
export function translate(error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  if (message.includes("ledger: a newer claim"))
    return new FenceError("A newer claim holds this job", { cause: error });
  if (message.includes("ledger: this line-up was written") || message.includes("UNIQUE constraint failed: team_days")) {
    return new ConflictError("Another job wrote this line-up meanwhile", { cause: error });
  }
  if (error instanceof LibsqlError && FAULTY.test(error.code)) return error;
  if (isLost(error))
    return new UnknownOutcomeError(`The database was lost before it answered: ${message}`, { cause: error });
  return new DatabaseError(`The database does not answer: ${message}`, { cause: error });
}

/** Whether an error comes from a database that does not answer, and may be back soon; a faulty statement is none. */
export function isDatabaseError(error: unknown): boolean {
  if (error instanceof DatabaseError) return true;
  // Reads go through drizzle, which wraps whatever the driver throws: our own error, or that of a lost connection.
  if (!(error instanceof DrizzleQueryError)) return false;
  return !(error.cause instanceof LibsqlError && FAULTY.test(error.cause.code));
}
