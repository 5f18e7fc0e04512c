import type { Client, ResultSet } from "@libsql/client";
import { jitter, retry, systemClock } from "../clock.ts";
import { DatabaseError, isBusy, isLost } from "./errors.ts";

/** How often a remote database is asked again that another transaction keeps busy. */
const BUSY_RETRIES = 5;
/** Of what may be sent again after a connection broke. */
const LOST_RETRIES = 3;

type Batch = Parameters<Client["batch"]>[0];

/** Sends a batch to a remote database, and again where that is safe. */
export async function commit(
  client: Client,
  batch: Batch,
  { repeatable, giveUpAt, gone }: Sending,
): Promise<ResultSet[]> {
  const send = (attempt: number) => {
    // One that has waited in the line for that long was never sent.
    if (gone.aborted || (attempt === 1 && Date.now() > giveUpAt))
      throw new DatabaseError(
        `The database does not answer: ${gone.aborted ? "closed" : "others were waiting before"}`,
      );
    return client.batch(batch, "write");
  };
  // No reconnect: it would break off what others have under way.
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
  /** After this instant (milliseconds) it is neither begun nor sent again. */
  giveUpAt: number;
  gone: AbortSignal;
};

/** Sends a single statement, which reads, again when the connection to a remote database breaks. */
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
