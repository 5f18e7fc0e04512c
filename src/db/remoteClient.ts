import type { Client, ResultSet } from "@libsql/client";
import { systemClock } from "../clock.ts";
import { DatabaseError, isBusy, isLost } from "./errors.ts";
import { spread } from "./remote.ts";

/** How often a database elsewhere is asked again that another transaction keeps busy. */
const BUSY_RETRIES = 5;
/** Of what may be sent again after a connection broke. */
const LOST_RETRIES = 3;

type Batch = Parameters<Client["batch"]>[0];

/** Sends a batch to a database elsewhere, and again where that is safe. */
export async function commit(
  client: Client,
  batch: Batch,
  { repeatable, giveUpAt, gone }: Sending,
): Promise<ResultSet[]> {
  for (let attempt = 1; ; attempt++) {
    // One that has waited in the line for that long was never sent.
    if (gone.aborted || (attempt === 1 && Date.now() > giveUpAt))
      throw new DatabaseError(
        `The database does not answer: ${gone.aborted ? "closed" : "others were waiting before"}`,
      );
    try {
      return await client.batch(batch, "write");
    } catch (error) {
      const mayBeSentAgain = isBusy(error)
        ? attempt <= BUSY_RETRIES
        : repeatable && isLost(error) && attempt <= LOST_RETRIES;
      // No reconnect: it would break off what others have under way.
      if (!mayBeSentAgain || gone.aborted || Date.now() > giveUpAt) throw error;
      await systemClock.sleep(spread(20 * 2 ** attempt));
    }
  }
}

type Sending = {
  repeatable: boolean;
  /** After this instant (milliseconds) it is neither begun nor sent again. */
  giveUpAt: number;
  gone: AbortSignal;
};

/** Sends a single statement, which reads, again when the connection to a database elsewhere breaks. */
export const sendAgain = (client: Client, gone: AbortSignal) => async (statement: unknown[]) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.execute(...(statement as Parameters<Client["execute"]>));
    } catch (error) {
      if (attempt > LOST_RETRIES || gone.aborted || !(isLost(error) || isBusy(error))) throw error;
      await systemClock.sleep(spread(50 * 2 ** attempt));
    }
  }
};
