import type { Client, ResultSet } from "@libsql/client";
import { jitter, retry, systemClock } from "../clock.ts";
import { DatabaseError, isBusy, isLost } from "./errors.ts";

/** Maximum number of retries while another transaction keeps a remote database busy. */
const BUSY_RETRIES = 5;
/** Maximum number of retries of a repeatable request after the connection broke. */
const LOST_RETRIES = 3;

type Batch = Parameters<Client["batch"]>[0];

/** Sends a batch to a remote database and retries where that is safe. */
export async function commit(
  client: Client,
  batch: Batch,
  { repeatable, giveUpAt, gone }: Sending,
): Promise<ResultSet[]> {
  const send = (attempt: number) => {
    // A batch that waited in the queue past its deadline was never sent.
    if (gone.aborted || (attempt === 1 && Date.now() > giveUpAt))
      throw new DatabaseError(
        `The database does not answer: ${gone.aborted ? "the connection is closed" : "other writes took too long"}`,
      );
    return client.batch(batch, "write");
  };
  // Do not reconnect: a reconnect would break off other requests under way.
  const pauseMs = (error: unknown, attempt: number) => {
    const mayBeSentAgain = isBusy(error)
      ? attempt <= BUSY_RETRIES
      : repeatable && isLost(error) && attempt <= LOST_RETRIES;
    return mayBeSentAgain && Date.now() <= giveUpAt ? jitter(20 * 2 ** attempt) : null;
  };
  return retry(systemClock, async (attempt) => send(attempt), pauseMs, gone);
}

type Sending = {
  repeatable: boolean;
  /** Deadline (milliseconds since 1970) after which the batch is neither sent nor retried. */
  giveUpAt: number;
  gone: AbortSignal;
};

/** Sends a single read statement to a remote database. Retries while the database is busy, and after the connection has broken. */
export const sendAgain =
  (client: Client, gone: AbortSignal) =>
  (statement: unknown[]): Promise<ResultSet> =>
    retry(
      systemClock,
      () => client.execute(...(statement as Parameters<Client["execute"]>)),
      (error, attempt) =>
        attempt <= LOST_RETRIES && (isLost(error) || isBusy(error)) ? jitter(50 * 2 ** attempt) : null,
      gone,
    );
