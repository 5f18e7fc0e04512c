import type { IsoDate } from "../calendar.ts";
import type { DateCommit } from "../db/commit.ts";
import { reasonOf } from "../db/doubts.ts";
import type { JobError } from "../db/job.ts";
import type { JobDate } from "../db/jobDates.ts";
import { type LineupWrite, totals } from "../db/lineupWrites.ts";
import type { JobAction } from "../db/tables/values.ts";
import type { Verdict } from "../lineups/weigh.ts";
import { plural } from "../text.ts";
import { ask, weighed } from "./askDate.ts";
import type { DateAttempt, Session } from "./attempt.ts";
import { toJobError } from "./sessionEnd.ts";
import { storeDate } from "./storeDate.ts";

/** Collects a date and commits the result. @returns The date to collect next; null when there is none. */
export async function collectDate(
  session: Session,
  { date, teamsProcessed, triedAgain }: JobDate,
): Promise<JobDate | null> {
  const attempt: DateAttempt = {
    date,
    again: triedAgain === 1,
    missing: new Set(session.league.teams.map(({ key }) => key).filter((key) => !teamsProcessed.includes(key))),
    received: [],
    before: teamsProcessed.length,
    stored: 0,
    weighed: null,
    begunAt: session.deps.clock.now(),
    observedAt: session.deps.clock.now(),
    attempts: 0,
    meter: { requests: 0, retries: 0 },
  };
  let next: JobDate | null = null;
  const outcome = await ask(session, attempt, {
    part: () => storePart(session, attempt),
    whole: () => {
      next = session.takeNext();
      return storeCompleted(session, attempt);
    },
  });
  if (outcome.kind === "stopped") await storePart(session, attempt);
  if (outcome.kind !== "failed") return next;
  next = session.takeNext();
  await storeFailure(session, attempt, toJobError(outcome.error));
  return next;
}

/** Stores the lineups that have arrived so far and are not doubted. Doubted lineups wait until the date is complete or has failed. */
async function storePart(session: Session, attempt: DateAttempt): Promise<void> {
  attempt.weighed = await weighed(session, attempt);
  const doubted = new Set([...attempt.weighed.verdict.held, ...(attempt.weighed.verdict.doubted ?? [])]);
  const waiting = attempt.received.filter(({ teamKey }) => doubted.has(teamKey));
  attempt.received = attempt.received.filter(({ teamKey }) => !doubted.has(teamKey));
  const { received } = attempt;
  await store(session, attempt, { status: "PENDING", items: received.length, attempts: 0, error: null, next: null });
  attempt.received = waiting;
}

async function storeFailure(session: Session, attempt: DateAttempt, error: JobError) {
  const { date, attempts, received, again } = attempt;
  session.deps.log.warn("A date failed", {
    jobId: session.job.id,
    date,
    attempts,
    code: error.code,
    reason: error.message,
  });
  attempt.received = believed(attempt);
  await store(
    session,
    attempt,
    { status: "FAILED", items: received.length, attempts, error, next: session.markNext() },
    () => ({
      type: "DATE_FAILED",
      date,
      message: `${date} failed: ${error.message}${again ? "" : "; it is retried once at the end of the job"}`,
      data: { code: error.code, attempts },
    }),
  );
}

async function storeCompleted(session: Session, attempt: DateAttempt) {
  const { date, attempts, before, stored, received } = attempt;
  const items = session.league.teams.length - before - stored;
  const verdict = attempt.weighed?.verdict ?? null;
  const isEmpty = received.length === 0 && before + stored === 0;
  attempt.received = believed(attempt);
  const rosters = new Map(
    attempt.received.map(({ teamKey, slots }) => [teamKey, new Set(slots.map(({ playerId }) => playerId))]),
  );
  await store(
    session,
    attempt,
    { status: "DONE", items, attempts, error: null, next: session.markNext() },
    (lineups) => completedEvent(date, lineups, isEmpty, verdict),
    verdict,
  );
  // `rosters` is incomplete if some lineups were stored earlier or were held back. Pass null instead of an incomplete `rosters`, so that
  // `neighbours` reads the date from the database.
  const isWhole = before + stored === 0 && (verdict?.held.size ?? 0) === 0;
  session.neighbours.note(date, isWhole ? rosters : null, verdict?.doubts ?? []);
}

/** Returns the received lineups that the verdict does not hold back. */
const believed = ({ received, weighed: judged }: DateAttempt) =>
  received.filter(({ teamKey }) => judged?.verdict.held.has(teamKey) !== true);

/** Commits the lineups received since the last commit, then obeys a pause or cancellation requested meanwhile. */
async function store(
  session: Session,
  attempt: DateAttempt,
  commit: Pick<DateCommit, "status" | "items" | "attempts" | "error" | "next">,
  describe: (lineups: readonly LineupWrite[]) => DateCommit["event"] = () => null,
  judgement: Verdict | null = null,
): Promise<void> {
  const { date, received: lineups, observedAt, meter } = attempt;
  const { known } = attempt.weighed ?? (await weighed(session, attempt));
  attempt.received = [];
  attempt.stored += lineups.length;
  const action = await storeDate(
    session.deps,
    session,
    { date, lineups, observedAt, known },
    { ...commit, ...meter, judgement, begunAt: attempt.begunAt },
    describe,
  );
  meter.requests = 0;
  meter.retries = 0;
  obey(session, action);
}

/** Ends the session if a person has requested a pause or a cancellation. */
export function obey(session: Pick<Session, "end">, action: JobAction | null): void {
  if (action !== null) session.end({ kind: "requested", action });
}

function completedEvent(
  date: IsoDate,
  lineups: readonly LineupWrite[],
  isEmpty: boolean,
  verdict: Verdict | null,
): DateCommit["event"] {
  const { processed, inserted, updated, unchanged, removed } = totals(lineups);
  const repaired = lineups.filter(({ kind }) => kind === "repaired").length;
  const counts = [
    `${inserted} new`,
    `${updated} changed`,
    ...(removed > 0 ? [`${removed} removed`] : []),
    `${unchanged} unchanged`,
  ];
  const done = isEmpty
    ? `${date}: the source has no lineups for this date`
    : `${date}: ${plural(lineups.length, "team")}, ${plural(processed, "record")} (${counts.join(", ")})`;
  const doubt = reasonOf(verdict?.doubts ?? []);
  const blamed = [...new Set(verdict?.blamed.map((each) => each.date))];
  const due = verdict?.dueAt ? `; it is checked again after ${new Date(verdict.dueAt).toISOString()}` : "";
  return {
    type: "DATE_COMPLETED",
    date,
    message: [
      done,
      ...(repaired > 0 ? [`repaired ${plural(repaired, "lineup")} with damaged records`] : []),
      ...(doubt === null ? [] : [`doubted: ${doubt}${due}`]),
      ...(blamed.length === 0 ? [] : [`casts doubt on ${blamed.join(", ")}`]),
    ].join("; "),
    data: {
      teams: lineups.length,
      recordsProcessed: processed,
      recordsInserted: inserted,
      recordsUpdated: updated,
      recordsUnchanged: unchanged,
      recordsRemoved: removed,
      ...(repaired > 0 ? { lineupsRepaired: repaired } : {}),
      ...(doubt === null ? {} : { doubt }),
      ...(blamed.length === 0 ? {} : { castsDoubtOn: blamed }),
    },
  };
}
