import { findLeague, hasUse, restoreLeague, type StoredLeague, takeOffList } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { knownKey, storedKey } from "./alias.ts";
import { ensureLeague } from "./league.ts";

type Parts = Pick<Deps, "db" | "source" | "clock">;

/**
 * Adds a league to the list of known leagues. Fetches the league's record from the source unless a fresh record is stored. Collects no
 * lineups. Throws SourceError when no record is stored and the source returns none.
 */
export async function addLeague(deps: Parts, given: string, signal: AbortSignal): Promise<StoredLeague> {
  const key = await storedKey(deps, given, { signal });
  await ensureLeague(deps, key, { signal, meter: { requests: 0, retries: 0 } });
  await restoreLeague(deps.db, key);
  const league = await findLeague(deps.db, key);
  if (!league) throw new LedgerError("NOT_FOUND", `The ledger does not know league ${given}`, { leagueKey: key });
  return league;
}

/**
 * Removes a league from the list. Everything collected is kept, and a new job or {@link addLeague} puts the league on the list again.
 * Throws NOT_FOUND, and ILLEGAL_STATE while a schedule or an unfinished job uses the league.
 */
export async function removeLeague({ db, clock }: Parts, given: string): Promise<StoredLeague> {
  const key = await knownKey(db, given);
  const league = await findLeague(db, key);
  if (!league) throw new LedgerError("NOT_FOUND", `The ledger does not know league ${given}`, { leagueKey: key });
  const use = await hasUse(db, key);
  if (use !== null)
    throw new LedgerError(
      "ILLEGAL_STATE",
      `Cannot remove league ${key} (${league.name}): ${use.kind} ${use.id} uses it. ` +
        (use.kind === "schedule" ? "Delete the schedule first" : "Wait for the end of the job, or cancel it"),
      { leagueKey: key },
    );
  await takeOffList(db, key, clock.now());
  return league;
}
