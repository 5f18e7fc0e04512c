import { type Ledger, openLedger } from "./ledger.ts";
import type { Fault } from "./yahoo.ts";

export const START = "2025-04-01";

export const END = "2025-04-06";

export const BAD_DAY = "2025-04-03";

export const isWholeDay = (path: string, date = BAD_DAY) => path.endsWith(`/teams/roster;date=${date}`);

export async function collect(
  fault: (ledger: Ledger) => (path: string, nth: number) => Fault | null,
  more: { concurrency?: number } = {},
) {
  const ledger = await openLedger();
  ledger.yahoo.fault = fault(ledger);
  const id = await ledger.start(START, END, more);
  await ledger.work();
  return { ledger, id, job: await ledger.job(id) };
}
