import type { IsoDate } from "../calendar.ts";
import { pool } from "../clock.ts";
import { beginDates } from "../db/commit.ts";
import type { JobDate } from "../db/jobDates.ts";
import type { Session } from "./attempt.ts";
import { collectDate } from "./collectDate.ts";

/** Collects the chosen dates, several at a time, until `noMoreDates` aborts. @returns The number of dates begun. */
export async function collectDates(session: Session, chosen: JobDate[], noMoreDates: AbortSignal): Promise<number> {
  const { deps, job } = session;
  let begun = 0;
  const unmarked: IsoDate[] = [];
  session.takeNext = () => {
    const next = noMoreDates.aborted ? undefined : chosen.shift();
    if (!next) return null;
    begun++;
    unmarked.push(next.date);
    return next;
  };
  session.markNext = () => unmarked.shift() ?? null;
  // With a concurrency above 1, the job holds one extra date, so that requests continue while a date is checked and stored.
  const inHand = job.concurrency === 1 ? 1 : job.concurrency + 1;
  const first = Array.from({ length: inHand }, session.takeNext).filter((date) => date !== null);
  const names = unmarked.splice(0, job.concurrency);
  await beginDates(deps.db, job, names, { leaseMs: deps.settings.leaseMs, now: deps.clock.now() });
  await pool(first.length, first, (date) => collectLane(session, date));
  return begun;
}

/** Collects one date after another. If `collectDate` throws, the session ends after the other lanes have finished their dates. */
async function collectLane(session: Session, first: JobDate): Promise<void> {
  try {
    for (let next: JobDate | null = first; next; ) next = await collectDate(session, next);
  } catch (error) {
    session.end({ kind: "yielded" });
    throw error;
  }
}
