import type { Client, ResultSet } from "@libsql/client";
import { jitter, retry, SECOND, systemClock, yieldToOthers } from "../clock.ts";
import { createGate } from "../gate.ts";
import { DatabaseError, isBusy, isReopened } from "./errors.ts";
/** Unique identities of a file and of its write-ahead log (null if there is no log), and the file's size in bytes. */
export type FileIdentity = { database: string | null; log: string | null; bytes: number };

/**
 * How long a connection itself waits for a file's lock. This wait is short, because it happens in C and blocks the whole process. The
 * code below makes all further attempts. The pauses between attempts block nothing.
 */
export const BUSY_TIMEOUT_MS = 10;
/** Longest pause between two attempts; the pauses grow up to this length. */
const MAX_PAUSE_MS = 100;
/** How long calls to a file, which are synchronous, may run before the rest of the process gets a turn. */
const HOLD_MS = 8;
/** How often reads check that the file is still the same. */
const LOOK_EVERY_MS = 1 * SECOND;

const GONE =
  "Cannot write: the database file was deleted or replaced, and its last writes may be lost. Restore the file or a backup, then restart the server";

export type FileOptions = {
  /** Identifies the file; undefined for a database in memory, or if the runtime cannot inspect files. */
  identity: (() => FileIdentity) | undefined;
  /** How long a read or write is retried while another program holds the file's lock, in milliseconds. */
  patienceMs: number;
};

/** Retries end when `gone` aborts, or when `performance.now()` reaches `giveUpAt`. */
type Patience = { gone: AbortSignal; giveUpAt: number };

/** Wraps a file's client so it neither blocks the process nor writes into a deleted or replaced file. */
export function createFileClient(client: Client, { identity, patienceMs }: FileOptions) {
  const first = identity?.();
  /**
   * The log's identity; null until the connection has made a call. Before the connection's first call, another process can
   * still delete the log: SQLite deletes the log when the last connection to the file is closed.
   */
  let log: string | null = null;
  let bytes = first?.bytes ?? 0;
  let replaced: DatabaseError | null = null;
  let lookedAt = 0;
  let heldMs = 0;
  const calls = createGate({ atOnce: 1 });

  /** Throws DATABASE_REPLACED, now and in every later call, if the file or its log was deleted or replaced since it was opened. */
  const assertSame = () => {
    if (replaced) throw replaced;
    const now = identity?.();
    if (!now) return;
    lookedAt = performance.now();
    // A database file never shrinks by itself. A file that has become smaller was overwritten, for example by a copy of a backup.
    const isSame = now.database === first?.database && (log === null || now.log === log) && now.bytes >= bytes;
    bytes = now.bytes;
    if (isSame) return;
    replaced = new DatabaseError(GONE, { code: "DATABASE_REPLACED" });
    throw replaced;
  };

  /** Runs calls to the database one at a time, and lets the rest of the process run in between. */
  const hold = <T>(call: () => Promise<T>): Promise<T> =>
    calls.run(async () => {
      if (heldMs > HOLD_MS) {
        await yieldToOthers();
        heldMs = 0;
      }
      const began = performance.now();
      try {
        const result = await call();
        log ??= identity?.().log ?? null;
        return result;
      } finally {
        heldMs += performance.now() - began;
      }
    });

  const reopen = async () => {
    await client.reconnect();
    log = null;
  };

  const patiently = <T>(call: () => Promise<T>, { gone, giveUpAt }: Patience): Promise<T> =>
    retry(
      systemClock,
      () => hold(call),
      async (error, attempt) => {
        const busy = isBusy(error);
        if (!busy && !isReopened(error)) return null;
        if (performance.now() > giveUpAt)
          throw new DatabaseError(
            `Another program has held the database's lock for ${patienceMs / SECOND} s. End the program that holds the lock, or wait until the program is done`,
            { cause: error },
          );
        // A connection that has seen SQLITE_BUSY can no longer commit (libsql-client-ts#352).
        if (busy) await reopen();
        return jitter(Math.min(2 ** attempt, MAX_PAUSE_MS));
      },
      gone,
    );

  return {
    assertSame,
    /** Returns the deadline of a call that is made now, as a value of `performance.now()`. */
    patience: (): number => performance.now() + patienceMs,
    read: (statement: unknown[], patience: Patience): Promise<ResultSet> =>
      patiently(() => {
        if (replaced || performance.now() - lookedAt > LOOK_EVERY_MS) assertSame();
        return client.execute(...(statement as Parameters<Client["execute"]>));
      }, patience),
    write: (batch: Parameters<Client["batch"]>[0], patience: Patience): Promise<ResultSet[]> =>
      patiently(async () => {
        assertSame();
        const results = await client.batch(batch, "write");
        assertSame();
        // Yield before the next call: otherwise, a busy writer would starve timers and sockets.
        heldMs = Number.POSITIVE_INFINITY;
        return results;
      }, patience),
  };
}
