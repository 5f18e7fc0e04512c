import { type Client, createClient, LibsqlError, type ResultSet } from "@libsql/client";
import { DrizzleQueryError, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { createRemoteFetch, type RemoteFetch } from "./remote.ts";

export type Db = {
  /** Typed reads. Writes go through {@link Db.write}: drizzle's own batch begins a deferred transaction, which fails under load. */
  readonly orm: LibSQLDatabase;
  readonly isFile: boolean;
  /** The database's clock in milliseconds, as an SQL expression: what leases are measured by. */
  readonly clock: SQL;
  /**
   * Runs the statements as one transaction, all or none, in one round trip. When the connection breaks before the answer is there,
   * nobody knows whether it was committed: then it throws an {@link UnknownOutcomeError}, unless it may be sent again.
   */
  write(statements: readonly SQLWrapper[], options?: WriteOptions): Promise<ResultSet[]>;
  /** Puts a file into WAL mode, in which readers and a writer do not wait for each other; any number of processes may do it at once. */
  useWal(): Promise<void>;
  /** Waits until what is under way is written, then closes. */
  close(): Promise<void>;
};

export type WriteOptions = {
  /** Sent twice, the statements leave the database as if sent once: each says on what condition it writes. Rows affected may be 0 then. */
  repeatable?: boolean;
};

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

const BUSY_TIMEOUT_MS = 5_000;
const BUSY_RETRIES = 5;
const WAL_RETRIES = 20;
/** Of what may be sent again after a connection broke. */
const LOST_RETRIES = 3;

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
  /** Sends the requests to a database elsewhere. */
  fetch?: RemoteFetch | undefined;
};

/** Opens a libSQL database: a file, sqld or Turso. A file's folder must exist. */
export function openDb({ url, authToken, now, busyTimeoutMs = BUSY_TIMEOUT_MS, onStatement, fetch }: DbOptions): Db {
  const isFile = url.startsWith("file:");
  const client = createClient({
    url,
    ...(authToken ? { authToken } : {}),
    // The busy timeout is given here, not by PRAGMA: that would reach one of the pool's connections only.
    ...(isFile ? { timeout: busyTimeoutMs, concurrency: 1 } : { fetch: createRemoteFetch({ fetch }) }),
  });
  const dialect = new SQLiteAsyncDialect();
  const underWay = new Set<Promise<unknown>>();
  // One write of this process at a time: SQLite has one writer anyway, and sqld, when several of one process wait for each other and one
  // is rolled back, may stop writing altogether (ARCHITECTURE.md, "Databases elsewhere").
  const inTurn = createTurns();

  return {
    orm: drizzle(isFile ? client : readingAgain(client), { logger: { logQuery: (text) => onStatement?.(text) } }),
    isFile,
    get clock() {
      return now ? sql`${now()}` : DATABASE_CLOCK;
    },
    async write(statements, { repeatable = false } = {}) {
      const batch = statements.map((statement) => {
        const { sql: text, params } = dialect.sqlToQuery(statement.getSQL());
        onStatement?.(text);
        return { sql: text, args: params as (string | number | null)[] };
      });
      const write = () => commit(client, batch, { isFile, repeatable });
      const running = isFile ? write() : inTurn(write);
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

/** Runs what it is given one after the other, whether or not the one before has failed. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(action: () => Promise<T>): Promise<T> => {
    const result = last.then(action, action);
    last = result;
    return result;
  };
}

async function commit(client: Client, batch: Batch, { isFile, repeatable }: Sending): Promise<ResultSet[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const results = await client.batch(batch, "write");
      // A file's calls are synchronous: without this pause a busy writer would starve timers and sockets.
      if (isFile) await pause(0);
      return results;
    } catch (error) {
      const mayBeSentAgain = isBusy(error)
        ? attempt <= BUSY_RETRIES
        : repeatable && isLost(error) && attempt <= LOST_RETRIES;
      if (!mayBeSentAgain) throw translate(error);
      // A file's connection that has seen SQLITE_BUSY cannot commit any more (libsql-client-ts#352). One to a database elsewhere has
      // no such memory, and to reconnect would break off what others have under way.
      if (isFile) await client.reconnect();
      await pause(spread(20 * 2 ** attempt));
    }
  }
}

/** Half to one and a half times as long: those that were in each other's way do not come back at once. */
const spread = (ms: number): number => ms * (0.5 + Math.random());

type Sending = { isFile: boolean; repeatable: boolean };

/** A client whose single statements, which all read, are sent again when the connection breaks. */
function readingAgain(client: Client): Client {
  const again: Client["execute"] = async (...statement: unknown[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.execute(...(statement as Parameters<Client["execute"]>));
      } catch (error) {
        if (attempt > LOST_RETRIES || !(isLost(error) || isBusy(error))) throw error;
        await pause(20 * 2 ** attempt);
      }
    }
  };
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = name === "execute" ? again : Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** The connection broke, or what answered was not the database: nobody knows what became of the statements. */
function isLost(error: unknown): boolean {
  return !(error instanceof LibsqlError) || /^(SERVER_ERROR|HRANA_\w+|UNKNOWN)$/.test(error.code);
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof LibsqlError &&
    // TRANSACTION_TIMEOUT: sqld has rolled it back, since another one waited for five seconds.
    (/^(SQLITE_(BUSY|LOCKED)|TRANSACTION_TIMEOUT)/.test(error.code) ||
      /statements in progress|database is locked/.test(error.message))
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
  if (isLost(error))
    return new UnknownOutcomeError(`The database was lost before it answered: ${message}`, { cause: error });
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
