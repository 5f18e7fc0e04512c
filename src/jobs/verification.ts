import type { IsoDate } from "../calendar.ts";
import { NEVER } from "../clock.ts";
import { findLeague, listLeagues } from "../db/leagues.ts";
import type { Environment } from "../db/tables/values.ts";
import { storedDatesOf } from "../db/verification.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { storedKey } from "../leagues/alias.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { createJob, type JobRequest, refuseOverlap, type Started } from "./create.ts";
import type { PlannedDate } from "./plan.ts";

export type VerificationInput = {
  /** Null means every league that has data in the environment. */
  leagueKey: string | null;
  environment: Environment;
  /** Null means the first stored date. */
  start: IsoDate | null;
  /** Null means the last stored date. */
  end: IsoDate | null;
  /** If true, damaged data is mended, and data that cannot be mended is marked as unknown and due. */
  mend: boolean;
  idempotencyKey: string | null;
};

/**
 * Records a verification of the stored data, one job per league. A worker counts and hashes every record and makes no request to the
 * source. Throws NOT_FOUND for a league that the ledger does not know, JOB_OVERLAP while another verification covers one of the dates, and
 * IDEMPOTENCY_CONFLICT.
 */
export async function startVerification(deps: Deps, input: VerificationInput, startedBy: string): Promise<Started[]> {
  const keys = input.leagueKey === null ? (await listLeagues(deps.db)).map(({ key }) => key) : [input.leagueKey];
  const requests: JobRequest[] = [];
  for (const [i, leagueKey] of keys.entries()) {
    const key = input.idempotencyKey;
    const idempotencyKey = key === null || i === 0 ? key : `${key} ${leagueKey}`;
    const request = await planVerification(deps, { ...input, leagueKey, idempotencyKey }, startedBy);
    if (input.leagueKey !== null || request.dates.length > 0) requests.push(request);
  }
  if (requests.length === 0)
    throw new LedgerError("NOT_FOUND", `Cannot verify anything in ${input.environment}: nothing is stored there`);
  for (const request of requests) await refuseOverlap(deps, request);
  const started: Started[] = [];
  for (const request of requests) started.push(await createJob(deps, request));
  return started;
}

/** Returns the job that a verification of a league would record now. Throws NOT_FOUND for a league that the ledger does not know. */
export async function planVerification(
  deps: Deps,
  { leagueKey: givenKey, environment, start, end, mend, idempotencyKey }: VerificationInput & { leagueKey: string },
  startedBy: string,
): Promise<JobRequest> {
  const leagueKey = await storedKey(deps, givenKey, { reach: "stored", signal: NEVER });
  const league = await findLeague(deps.db, leagueKey);
  if (!league) throw new LedgerError("NOT_FOUND", `League ${givenKey} has not been collected`, { leagueKey: givenKey });
  const stored = await storedDatesOf(deps.db, { environment, leagueKey });
  const today = calendarOf(leagueKey).dateAt(deps.clock.now());
  const first = start ?? stored[0] ?? league.startDate;
  const last = end ?? stored.at(-1) ?? (league.endDate < today ? league.endDate : today);
  const dates = stored
    .filter((date) => date >= first && date <= last)
    .map((date): PlannedDate => ({ date, action: "COLLECT", state: "COMPLETE", reason: "To be verified" }));
  return {
    kind: "VERIFY",
    leagueKey,
    start: first,
    end: last < first ? first : last,
    environment,
    dates,
    concurrency: 1,
    idempotencyKey,
    input: ["VERIFY", leagueKey, environment, start, end, mend],
    metadata: { leagueKey: givenKey, environment, start, end, mend, idempotencyKey, startedBy },
  };
}
