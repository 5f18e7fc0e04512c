import { type Ledger, openLedger } from "./ledger.ts";

export const rosters = ({ yahoo }: Ledger) => yahoo.requests.filter((path) => path.includes("/roster;"));

export const act = (action: "pause" | "resume" | "cancel") =>
  `mutation ($id: ID!) { ${action}Collection(jobId: $id) { job { id status pendingAction } } }`;

/** Starts a collection and calls `then` when the nth roster is requested. */
export async function interrupted(
  nth: number,
  then: (ledger: Ledger, id: string) => Promise<unknown>,
  concurrency = 1,
) {
  const ledger = await openLedger();
  const id = await ledger.start("2025-04-01", "2025-04-10", { concurrency });
  let acting: Promise<unknown> | undefined;
  ledger.yahoo.delayMs = 5;
  ledger.yahoo.fault = (path) => {
    if (path.includes("/roster;") && rosters(ledger).length === nth) acting ??= then(ledger, id);
    return null;
  };
  await ledger.work();
  await acting;
  ledger.yahoo.delayMs = 0;
  return { ledger, id, job: await ledger.job(id) };
}
