import { type Client, createClient, type ResultSet } from "@libsql/client";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { systemClock } from "../clock.ts";
import { DatabaseError, isBusy, isLost, translate } from "./errors.ts";
import { createRemoteFetch, type RemoteFetch, spread } from "./remote.ts";

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
  /** Waits until what is under way is written, a database elsewhere for five seconds at most; then closes. */
  close(): Promise<void>;
};

export type WriteOptions = {
  /** Sent twice, the statements leave the database as if sent once: each says on what condition it writes. Rows affected may be 0 then. */
  repeatable?: boolean;
};

const BUSY_TIMEOUT_MS = 5_000;
const BUSY_RETRIES = 5;
const WAL_RETRIES = 20;
/** Of what may be sent again after a connection broke. */
const LOST_RETRIES = 3;
/** How long a write may wait for its turn, and be sent again. */
const WRITE_MS = 20_000;
const CLOSE_MS = 5_000;

const DATABASE_CLOCK = sql`cast(unixepoch('subsec') * 1000 as integer)`;

export type DbOptions = {
  url: string;
  authToken?: string | undefined;
  /** Stands in for the database's clock; milliseconds. */
  now?: (() => number) | undefined;
  /** How long a statement waits for another process's transaction before the batch is begun anew, on a file. */
  busyTimeoutMs?: number | undefined;
  /** How long a database elsewhere may take to answer what is under way when it is closed. */
  closeMs?: number | undefined;
  /** Called with the text of each statement. */
  onStatement?: ((text: string) => void) | undefined;
  /** Sends the requests to a database elsewhere. */
  fetch?: RemoteFetch | undefined;
};

/** Opens a libSQL database: a file, sqld or Turso. A file's folder must exist. */
export function openDb({
  url,
  authToken,
  now,
  busyTimeoutMs = BUSY_TIMEOUT_MS,
  closeMs = CLOSE_MS,
  onStatement,
  fetch,
}: DbOptions): Db {
  const isFile = url.startsWith("file:");
  const gone = new AbortController();
  const client = createClient({
    // The same server answers both; for WebSockets there are no limits of time.
    url: url.replace(/^ws(s?):/, "http$1:"),
    ...(authToken ? { authToken } : {}),
    // The busy timeout is given here, not by PRAGMA: that would reach one of the pool's connections only.
    ...(isFile
      ? { timeout: busyTimeoutMs, concurrency: 1 }
      : { fetch: createRemoteFetch({ fetch, gone: gone.signal }) }),
  });
  const dialect = new SQLiteAsyncDialect();
  const underWay = new Set<Promise<unknown>>();
  // One write of this process at a time: SQLite has one writer anyway, and sqld, when several of one process wait for each other and one
  // is rolled back, may stop writing altogether (ARCHITECTURE.md, "Databases elsewhere").
  const inTurn = createTurns();

  return {
    orm: drizzle(isFile ? client : readingAgain(client, gone.signal), {
      logger: { logQuery: (text) => onStatement?.(text) },
    }),
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
      const giveUpAt = Date.now() + WRITE_MS;
      const write = () => commit(client, batch, { isFile, repeatable, giveUpAt, gone: gone.signal });
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
          await systemClock.sleep(10 * attempt);
        }
      }
    },
    async close() {
      const settled = Promise.allSettled(underWay);
      if (!isFile) {
        await systemClock.sleep(closeMs, signalOf(settled));
        gone.abort();
      }
      await settled;
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

/** Aborts when a promise is settled. */
function signalOf(promise: Promise<unknown>): AbortSignal {
  const over = new AbortController();
  void promise.finally(() => over.abort());
  return over.signal;
}

async function commit(
  client: Client,
  batch: Batch,
  { isFile, repeatable, giveUpAt, gone }: Sending,
): Promise<ResultSet[]> {
  for (let attempt = 1; ; attempt++) {
    // One that has waited in the line for that long was never sent.
    if (gone.aborted || (attempt === 1 && Date.now() > giveUpAt))
      throw new DatabaseError(
        `The database does not answer: ${gone.aborted ? "closed" : "others were waiting before"}`,
      );
    try {
      const results = await client.batch(batch, "write");
      // A file's calls are synchronous: without this pause a busy writer would starve timers and sockets.
      if (isFile) await systemClock.sleep(0);
      return results;
    } catch (error) {
      const mayBeSentAgain = isBusy(error)
        ? attempt <= BUSY_RETRIES
        : repeatable && isLost(error) && attempt <= LOST_RETRIES;
      if (!mayBeSentAgain || gone.aborted || Date.now() > giveUpAt) throw translate(error);
      // A file's connection that has seen SQLITE_BUSY cannot commit any more (libsql-client-ts#352). One to a database elsewhere has
      // no such memory, and to reconnect would break off what others have under way.
      if (isFile) await client.reconnect();
      await systemClock.sleep(spread(20 * 2 ** attempt));
    }
  }
}

type Sending = {
  isFile: boolean;
  repeatable: boolean;
  /** After this instant (milliseconds) it is neither begun nor sent again. */
  giveUpAt: number;
  gone: AbortSignal;
};

/** A client whose single statements, which all read, are sent again when the connection breaks. */
function readingAgain(client: Client, gone: AbortSignal): Client {
  const again: Client["execute"] = async (...statement: unknown[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.execute(...(statement as Parameters<Client["execute"]>));
      } catch (error) {
        if (attempt > LOST_RETRIES || gone.aborted || !(isLost(error) || isBusy(error))) throw error;
        await systemClock.sleep(spread(50 * 2 ** attempt));
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
