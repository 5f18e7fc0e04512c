import { type Client, createClient, type ResultSet } from "@libsql/client";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { retry, SECOND, systemClock } from "../clock.ts";
import { createGate } from "../gate.ts";
import { createSecrets, redactError } from "../secrets.ts";
import { type DatabaseError, databaseErrorOf, isBusy, translate } from "./errors.ts";
import { BUSY_TIMEOUT_MS, createFileClient, type FileIdentity } from "./file.ts";
import { createRemoteFetch, type RemoteFetch } from "./remote.ts";
import { commit, sendAgain } from "./remoteClient.ts";

export type Db = {
  /** Typed reads. Writes go through {@link Db.write}: drizzle's own batch begins a deferred transaction, which fails under load. */
  readonly orm: LibSQLDatabase;
  readonly isFile: boolean;
  /** SQL expression for the database's clock, in milliseconds since 1970. Leases are measured by the database's clock. */
  readonly clock: SQL;
  /**
   * Runs the statements as one transaction, all or none, in one round trip. Throws an {@link UnknownOutcomeError} if the connection breaks
   * before the answer. A repeatable write is retried after a broken connection, and throws only when the last retry has failed.
   */
  write(statements: readonly SQLWrapper[], options?: WriteOptions): Promise<ResultSet[]>;
  /**
   * Calls the listener after each commit of {@link Db.write}, except `quiet` ones.
   * @returns A function that removes the listener.
   */
  onCommit(listener: () => void): () => void;
  /**
   * Puts a file into WAL mode, in which readers and a writer do not block each other.
   * Any number of processes may switch a file to WAL mode at once.
   * @returns The resulting mode. WAL mode needs a file, on a file system that can share memory between processes.
   */
  useWal(): Promise<string>;
  /** Returns the database's current fault if only a person can fix it; otherwise null. */
  trouble(): DatabaseError | null;
  /** Waits for writes in flight, by default at most five seconds, then closes. */
  close(): Promise<void>;
};

export type WriteOptions = {
  /** The statements are conditional, so they can safely be sent twice. When the statements are sent again, `rowsAffected` may be 0. */
  repeatable?: boolean;
  /** Skips the listeners of {@link Db.onCommit}. Meant for writes that nobody waits for, such as heartbeats and request budgets. */
  quiet?: boolean;
};

const WAL_RETRIES = 20;
/** Maximum number of attempts to switch to WAL mode when the attempts fail without an error. */
const WAL_ATTEMPTS = 3;
/** How long a write may take in all, including its retries and the wait for its turn. */
const WRITE_MS = 30 * SECOND;
const CLOSE_MS = 5 * SECOND;

const DATABASE_CLOCK = sql`cast(unixepoch('subsec') * 1000 as integer)`;

export type DbOptions = {
  url: string;
  authToken?: string | undefined;
  /** Replaces the database's clock. Returns milliseconds since 1970. */
  now?: (() => number) | undefined;
  /** How long calls are retried while another program has locked the file, in milliseconds. */
  patienceMs?: number | undefined;
  /** Identifies the file, so a write can first check whether the file was deleted or replaced. */
  identity?: (() => FileIdentity) | undefined;
  /** Called with the fault when {@link Db.trouble} changes; called with null when the database works again. */
  onTrouble?: ((trouble: DatabaseError | null) => void) | undefined;
  /** How long closing waits for writes in flight, in milliseconds. */
  closeMs?: number | undefined;
  /** Called with the text of each statement. */
  onStatement?: ((text: string) => void) | undefined;
  /** Sends the requests to a remote database. */
  fetch?: RemoteFetch | undefined;
};

/** Opens a libSQL database: a file, sqld or Turso. A file's folder must exist. */
export function openDb({
  url,
  authToken,
  now,
  patienceMs = WRITE_MS,
  identity,
  onTrouble,
  closeMs = CLOSE_MS,
  onStatement,
  fetch,
}: DbOptions): Db {
  const isFile = url.startsWith("file:");
  const gone = new AbortController();
  const client = createClient({
    // The database server speaks WebSocket and HTTP, but the timeouts below apply to HTTP only.
    url: url.replace(/^ws(s?):/, "http$1:"),
    ...(authToken ? { authToken } : {}),
    // Set the busy timeout here: a PRAGMA would reach only one of the pool's connections.
    ...(isFile
      ? { timeout: BUSY_TIMEOUT_MS, concurrency: 1 }
      : { fetch: createRemoteFetch({ fetch, gone: gone.signal }) }),
  });
  const dialect = new SQLiteAsyncDialect();
  const underWay = new Set<Promise<unknown>>();
  const listeners = new Set<() => void>();
  // Run only one write of this process at a time. SQLite allows only one writer at a time. When several writes of one process
  // wait for each other and one of the writes is rolled back, sqld may stop writing altogether (ARCHITECTURE.md, "Remote databases").
  const turns = createGate({ atOnce: 1 });
  const file = isFile ? createFileClient(client, { identity, patienceMs }) : null;
  let trouble: DatabaseError | null = null;
  const note = (now: DatabaseError | null) => {
    // Ignore UNAVAILABLE, because the database may soon work again. A later success does not clear the fault of a replaced or damaged file.
    const isFinal = trouble?.code === "DATABASE_REPLACED" || (trouble?.code === "DATABASE_CORRUPT" && now === null);
    if (now?.code === "UNAVAILABLE" || isFinal || now?.code === trouble?.code) return;
    trouble = now;
    onTrouble?.(now);
  };
  const secrets = createSecrets([authToken]);
  const troubleNow = () => {
    try {
      if (trouble?.code !== "DATABASE_REPLACED") file?.assertSame();
    } catch (error) {
      note(databaseErrorOf(error) ?? null);
    }
    return trouble;
  };
  const read = file
    ? (statement: unknown[]) => file.read(statement, { gone: gone.signal, giveUpAt: file.patience() })
    : undefined;

  return {
    orm: drizzle(
      reading(client, read ?? sendAgain(client, gone.signal), (error) => {
        redactError(error, secrets);
        note(databaseErrorOf(translate(error)) ?? trouble);
      }),
      {
        logger: { logQuery: (text) => onStatement?.(text) },
      },
    ),
    isFile,
    get clock() {
      return now ? sql`${now()}` : DATABASE_CLOCK;
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async write(statements, { repeatable = false, quiet = false } = {}) {
      const batch = statements.map((statement) => {
        const { sql: text, params } = dialect.sqlToQuery(statement.getSQL());
        onStatement?.(text);
        return { sql: text, args: params as (string | number | null)[] };
      });
      // Start the timeout now, before the write waits for its turn. If a timeout started only when
      // a write's turn came, the timeouts of all waiting writes would add up.
      const giveUpAt = file ? file.patience() : Date.now() + WRITE_MS;
      const running = turns.run(() =>
        file
          ? file.write(batch, { gone: gone.signal, giveUpAt })
          : commit(client, batch, { repeatable, giveUpAt, gone: gone.signal }),
      );
      underWay.add(running);
      try {
        const results = await running;
        note(null);
        if (!quiet) for (const listener of [...listeners]) listener();
        return results;
      } catch (error) {
        // The server's error may contain the refused token.
        redactError(error, secrets);
        const translated = translate(error);
        note(databaseErrorOf(translated) ?? trouble);
        throw translated;
      } finally {
        underWay.delete(running);
      }
    },
    trouble: troubleNow,
    async useWal() {
      if (!isFile) return "remote";
      const modeAfter = async (statement: string) => String((await client.execute(statement)).rows[0]?.journal_mode);
      const change = async () => {
        let mode = await modeAfter("pragma journal_mode");
        for (let attempt = 1; mode !== "wal" && mode !== "memory" && attempt <= WAL_ATTEMPTS; attempt++)
          mode = await modeAfter("pragma journal_mode = wal");
        return mode;
      };
      // Switching to WAL ignores the busy timeout, so retry here.
      const pauseMs = async (error: unknown, attempt: number) => {
        if (!isBusy(error) || attempt > WAL_RETRIES) throw translate(error);
        await client.reconnect();
        return 10 * attempt;
      };
      return retry(systemClock, change, pauseMs, gone.signal);
    },
    async close() {
      const settled = Promise.allSettled(underWay);
      await systemClock.sleep(closeMs, signalOf(settled));
      gone.abort();
      await settled;
      // Move the log into the file, so a copy of the file alone is complete. Another process may prevent this checkpoint. Skip the
      // checkpoint if the file was replaced: the checkpoint would write the old log over the backup that has replaced the file.
      if (isFile && troubleNow() === null) await client.execute("pragma wal_checkpoint(truncate)").catch(() => {});
      client.close();
    },
  };
}

/** Returns a signal that aborts when the promise settles. */
function signalOf(promise: Promise<unknown>): AbortSignal {
  const over = new AbortController();
  void promise.finally(() => over.abort());
  return over.signal;
}

/** Returns a client that sends single statements through `read`. */
function reading(
  client: Client,
  read: (statement: unknown[]) => Promise<ResultSet>,
  onError: (error: unknown) => void,
): Client {
  const execute = (...statement: unknown[]) =>
    read(statement).catch((error) => {
      onError(error);
      throw error;
    });
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = name === "execute" ? execute : Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
