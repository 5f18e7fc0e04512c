import { newKey } from "../../src/source/credentials/seal.ts";
import type { Ledger } from "./ledger.ts";

export const ENV = { ENCRYPTION_KEY: newKey(), WEBHOOKS_PRIVATE: "on" };

export const ADD =
  "mutation ($input: AddWebhookInput!) { addWebhook(input: $input) { secret webhook { id host kinds } } }";

export const NOTIFICATIONS =
  "{ webhooks { id notifications { id kind text attempts deliveredAt nextAttemptAt lastError } } }";

export const add = async (ledger: Ledger, input: Record<string, unknown>) =>
  (await ledger.data(ADD, { input })).addWebhook;

/** Runs two Yahoo jobs for different dates. The first job fails, and the second completes. */
export async function failAndComplete(ledger: Ledger): Promise<void> {
  ledger.yahoo.fault = (path) => (path.endsWith("2025-04-01") ? { status: 404, body: "" } : null);
  await ledger.start("2025-04-01", "2025-04-01");
  await ledger.work();
  await ledger.start("2025-04-02", "2025-04-02");
  await ledger.work();
}
