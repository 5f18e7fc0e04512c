import type { Client, ResultSet } from "@libsql/client";
import { jitter, retry, SECOND, systemClock, yieldToOthers } from "../clock.ts";
import { createGate } from "../gate.ts";
import { DatabaseError, isBusy, isReopened } from "./errors.ts";
/** What a file and its write-ahead log are, by names that another file does not have, null where there is none; and the file's size. */
export type FileIdentity = { database: string | null; log: string | null; bytes: number };

/**
 * A file database waits in C, where nothing else of the process can run: so a connection waits for this long only, and the rest of the
 * patience is spent here, asleep.
 */
export const BUSY_TIMEOUT_MS = 10;
/** … and then longer each time, up to this. */
const MAX_PAUSE_MS = 100;
/** The calls of a file are synchronous: after this long without a pause everything else of the process gets its turn. */
const HOLD_MS = 8;
/** How often a read looks whether the file is still the same one. */
const LOOK_EVERY_MS = 1 * SECOND;

const GONE =
  "The database file was deleted or replaced under the running server: what was written last may be lost, and nothing more is written. Put the file back, or restore a backup, and start the server again";

export type FileOptions = {
  /** Looks at the file; undefined where it is kept in memory, or a runtime cannot look. */
  identity: (() => FileIdentity) | undefined;
  /** How long a read or a write is tried while another program holds the file's lock, in milliseconds. */
  patienceMs: number;
};

/** Until when, and unless what, something is tried again. */
type Patience = { gone: AbortSignal; giveUpAt: number };

/** A client of a file that neither holds up the process nor writes into a file that is no longer there. */
export function createFileClient(client: Client, { identity, patienceMs }: FileOptions) {
  const first = identity?.();
  /** Known once the connection has used it: before, another process may still take it away, as whoever closes a file last does. */
  let log: string | null = null;
  let bytes = first?.bytes ?? 0;
  let replaced: DatabaseError | null = null;
  let lookedAt = 0;
  let heldMs = 0;
  const calls = createGate({ atOnce: 1 });

  /** Throws DATABASE_REPLACED unless the file and its log are those that were opened, and ever after. */
  const assertSame = () => {
    if (replaced) throw replaced;
    const now = identity?.();
    if (!now) return;
    lookedAt = performance.now();
    // A file grows: one that is smaller than before was overwritten, as by a copy of a backup.
    const isSame = now.database === first?.database && (log === null || now.log === log) && now.bytes >= bytes;
    bytes = now.bytes;
    if (isSame) return;
    replaced = new DatabaseError(GONE, { code: "DATABASE_REPLACED" });
    throw replaced;
  };

  /** Calls the database, one call after the other, and lets all that waits for the process have its turn in between. */
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
            `Another program has held the database's lock for ${patienceMs / SECOND} s: end it, or wait until it is done`,
            { cause: error },
          );
        // A connection that has seen SQLITE_BUSY cannot commit any more (libsql-client-ts#352).
        if (busy) await reopen();
        return jitter(Math.min(2 ** attempt, MAX_PAUSE_MS));
      },
      gone,
    );

  return {
    assertSame,
    /** The instant, on the clock of `performance`, at which what is asked now is given up. */
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
        // A busy writer would starve timers and sockets.
        heldMs = Number.POSITIVE_INFINITY;
        return results;
      }, patience),
  };
}
