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
  /** The database's clock in milliseconds, as an SQL expression: what leases are measured by. */
  readonly clock: SQL;
  /**
   * Runs the statements as one transaction, all or none, in one round trip. When the connection breaks before the answer is there,
   * nobody knows whether it was committed: then it throws an {@link UnknownOutcomeError}, unless it may be sent again.
   */
  write(statements: readonly SQLWrapper[], options?: WriteOptions): Promise<ResultSet[]>;
  /**
   * Calls the listener after each commit of {@link Db.write} that somebody may wait for; `quiet` ones are not told.
   * @returns Ends that.
   */
  onCommit(listener: () => void): () => void;
  /**
   * Puts a file into WAL mode, in which readers and a writer do not wait for each other; any number of processes may do it at once.
   * @returns The mode that it is in then: another one in memory, or where the file system cannot share memory between processes.
   */
  useWal(): Promise<string>;
  /** What is wrong with the database and lasts until somebody does something about it, as far as the last calls have shown; null while it works. */
  trouble(): DatabaseError | null;
  /** Waits until what is under way is written, five seconds at most; then closes. */
  close(): Promise<void>;
};

export type WriteOptions = {
  /** Sent twice, the statements leave the database as if sent once: each says on what condition it writes. Rows affected may be 0 then. */
  repeatable?: boolean;
  /** Nobody waits for what they say, as with heartbeats and with what a source may be asked: {@link Db.onCommit} tells nobody. */
  quiet?: boolean;
};

const WAL_RETRIES = 20;
/** Where a file is not put into WAL mode although nothing is in the way. */
const WAL_ATTEMPTS = 3;
/** How long a write may wait for its turn, and be sent again. */
const WRITE_MS = 30 * SECOND;
const CLOSE_MS = 5 * SECOND;

const DATABASE_CLOCK = sql`cast(unixepoch('subsec') * 1000 as integer)`;

export type DbOptions = {
  url: string;
  authToken?: string | undefined;
  /** Stands in for the database's clock; milliseconds. */
  now?: (() => number) | undefined;
  /** How long a file that another program has locked is tried again, in milliseconds. */
  patienceMs?: number | undefined;
  /** Looks at the file, so that nothing is written into one that was deleted or replaced. */
  identity?: (() => FileIdentity) | undefined;
  /** Called when what is wrong with the database changes; null when it works again. */
  onTrouble?: ((trouble: DatabaseError | null) => void) | undefined;
  /** How long a database may take to answer what is under way when it is closed. */
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
    // The same server answers both; for WebSockets there are no limits of time.
    url: url.replace(/^ws(s?):/, "http$1:"),
    ...(authToken ? { authToken } : {}),
    // The busy timeout is given here, not by PRAGMA: that would reach one of the pool's connections only.
    ...(isFile
      ? { timeout: BUSY_TIMEOUT_MS, concurrency: 1 }
      : { fetch: createRemoteFetch({ fetch, gone: gone.signal }) }),
  });
  const dialect = new SQLiteAsyncDialect();
  const underWay = new Set<Promise<unknown>>();
  const listeners = new Set<() => void>();
  // One write of this process at a time: SQLite has one writer anyway, and sqld, when several of one process wait for each other and one
  // is rolled back, may stop writing altogether (ARCHITECTURE.md, "Remote databases").
  const turns = createGate({ atOnce: 1 });
  const file = isFile ? createFileClient(client, { identity, patienceMs }) : null;
  let trouble: DatabaseError | null = null;
  const note = (now: DatabaseError | null) => {
    // What is away may be back in a moment; what was replaced or is damaged does not mend itself while the process lives.
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
      // From now on, not from when its turn comes: behind many others it would wait for each of them.
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
        // A server may repeat the token that it refuses.
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
      // The switch does not wait for the busy timeout.
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
      // What is in the log goes into the file, so that a copy of the file alone is whole; another process may prevent it.
      // Never into a file that was replaced: it would overwrite a backup that was put there.
      if (isFile && troubleNow() === null) await client.execute("pragma wal_checkpoint(truncate)").catch(() => {});
      client.close();
    },
  };
}

/** Aborts when a promise is settled. */
function signalOf(promise: Promise<unknown>): AbortSignal {
  const over = new AbortController();
  void promise.finally(() => over.abort());
  return over.signal;
}

/** A client whose single statements are sent by `read`. */
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
