import { type Client, createClient, LibsqlError, type ResultSet } from "@libsql/client";
import { DrizzleQueryError, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

export type Db = {
  /** Typed reads. Writes go through {@link Db.write}: drizzle's own batch begins a deferred transaction, which fails under load. */
  readonly orm: LibSQLDatabase;
  readonly isFile: boolean;
  /** The database's clock in milliseconds, as an SQL expression: what leases are measured by. */
  readonly clock: SQL;
  /** Runs the statements as one transaction, all or none, in one round trip. */
  write(statements: readonly SQLWrapper[]): Promise<ResultSet[]>;
  /** Puts a file into WAL mode, in which readers and a writer do not wait for each other; any number of processes may do it at once. */
  useWal(): Promise<void>;
  /** Waits until what is under way is written, then closes. */
  close(): Promise<void>;
};

/** A commit was refused since somebody else has claimed the job meanwhile. */
export class FenceError extends Error {
  override name = "FenceError";
}

/** The database could not be reached, is full, or was busy for too long; nothing was written, as far as it said. */
export class DatabaseError extends Error {
  override name = "DatabaseError";
}

/** A commit was refused since another job wrote the same line-up between reading and writing. */
export class ConflictError extends Error {
  override name = "ConflictError";
}

const BUSY_TIMEOUT_MS = 5_000;
const BUSY_RETRIES = 5;
const WAL_RETRIES = 20;

const DATABASE_CLOCK = sql`cast(unixepoch('subsec') * 1000 as integer)`;

export type DbOptions = {
  url: string;
  authToken?: string | undefined;
  /** Stands in for the database's clock; milliseconds. */
  now?: (() => number) | undefined;
  /** How long a statement waits for another process's transaction before the batch is begun anew, on a file. */
  busyTimeoutMs?: number | undefined;
  /** Called with the text of each statement. */
  onStatement?: ((text: string) => void) | undefined;
};

/** Opens a libSQL database: a file, sqld or Turso. A file's folder must exist. */
export function openDb({ url, authToken, now, busyTimeoutMs = BUSY_TIMEOUT_MS, onStatement }: DbOptions): Db {
  const isFile = url.startsWith("file:");
  const client = createClient({
    url,
    ...(authToken ? { authToken } : {}),
    // The busy timeout is given here, not by PRAGMA: that would reach one of the pool's connections only.
    ...(isFile ? { timeout: busyTimeoutMs, concurrency: 1 } : {}),
  });
  const dialect = new SQLiteAsyncDialect();
  const underWay = new Set<Promise<unknown>>();

  return {
    orm: drizzle(client, { logger: { logQuery: (text) => onStatement?.(text) } }),
    isFile,
    get clock() {
      return now ? sql`${now()}` : DATABASE_CLOCK;
    },
    async write(statements) {
      const batch = statements.map((statement) => {
        const { sql: text, params } = dialect.sqlToQuery(statement.getSQL());
        onStatement?.(text);
        return { sql: text, args: params as (string | number | null)[] };
      });
      const running = commit(client, batch);
      underWay.add(running);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    },
    async useWal() {
      for (let attempt = 1; isFile; attempt++) {
        try {
          const { rows } = await client.execute("pragma journal_mode");
          if (rows[0]?.journal_mode === "wal") return;
          await client.execute("pragma journal_mode = wal");
        } catch (error) {
          // The switch does not wait for the busy timeout.
          if (!isBusy(error) || attempt > WAL_RETRIES) throw translate(error);
          await client.reconnect();
          await pause(10 * attempt);
        }
      }
    },
    async close() {
      await Promise.allSettled(underWay);
      // What is in the log goes into the file, so that a copy of the file alone is whole; another process may prevent it.
      if (isFile) await client.execute("pragma wal_checkpoint(truncate)").catch(() => {});
      client.close();
    },
  };
}

type Batch = { sql: string; args: (string | number | null)[] }[];

async function commit(client: Client, batch: Batch): Promise<ResultSet[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const results = await client.batch(batch, "write");
      // A file's calls are synchronous: without this pause a busy writer would starve timers and sockets.
      await pause(0);
      return results;
    } catch (error) {
      if (!isBusy(error) || attempt > BUSY_RETRIES) throw translate(error);
      // A connection that has seen SQLITE_BUSY cannot commit any more (libsql-client-ts#352).
      await client.reconnect();
      await pause(20 * 2 ** attempt);
    }
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof LibsqlError &&
    (/^SQLITE_(BUSY|LOCKED)/.test(error.code) || /statements in progress|database is locked/.test(error.message))
  );
}

/** Faults of a statement, which would fail again however often it is tried. */
const FAULTY = /^SQLITE_(CONSTRAINT|ERROR|MISMATCH|RANGE|MISUSE|AUTH|TOOBIG)|^SQL_|^ARGS_/;

function translate(error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  if (message.includes("ledger: a newer claim"))
    return new FenceError("A newer claim holds this job", { cause: error });
  if (message.includes("ledger: this line-up was written") || message.includes("UNIQUE constraint failed: team_days")) {
    return new ConflictError("Another job wrote this line-up meanwhile", { cause: error });
  }
  if (error instanceof LibsqlError && FAULTY.test(error.code)) return error;
  return new DatabaseError(`The database does not answer: ${message}`, { cause: error });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether an error comes from a database that does not answer, and may be back soon; a faulty statement is none. */
export function isDatabaseError(error: unknown): boolean {
  if (error instanceof DatabaseError) return true;
  // Reads go through drizzle, which wraps whatever the driver throws: our own error, or that of a lost connection.
  if (!(error instanceof DrizzleQueryError)) return false;
  return !(error.cause instanceof LibsqlError && FAULTY.test(error.cause.code));
}
