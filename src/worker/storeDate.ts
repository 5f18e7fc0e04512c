import type { IsoDate } from "../calendar.ts";
import { commitDate, type DateCommit } from "../db/commit.ts";
import { ConflictError } from "../db/errors.ts";
import { type StoredDay, storedDay, type TeamLineup } from "../db/lineups.ts";
import type { LineupWrite } from "../db/lineupWrites.ts";
import { unknownPlayers } from "../db/players.ts";
import type { JobAction } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { isSameDay, type Observation, planLineup } from "../lineups/compare.ts";
import { calendarOf } from "../source/leagueKey.ts";
import type { Session } from "./attempt.ts";

const CONFLICT_RETRIES = 5;

/** The fields of a commit that depend on what the ledger already holds. */
type Known = "lineups" | "teamNames" | "newPlayers" | "event" | "final";

/**
 * Compares the collected lineups with the ledger and writes the differences in one transaction. Compares again if another job has written
 * one of the lineups meanwhile. Throws a FenceError once a newer claim exists, and a ConflictError after {@link CONFLICT_RETRIES} attempts.
 * @param collected A date's lineups; `known` is what the ledger held when `weigh` judged the lineups.
 * @param describe Returns the event; called when the outcome is known.
 * @returns A pause or cancellation requested meanwhile; null if there is none.
 */
export async function storeDate(
  { db, clock, settings }: Deps,
  { job, knownNames, teamNames }: Pick<Session, "job" | "knownNames" | "teamNames">,
  collected: { date: IsoDate; lineups: readonly TeamLineup[]; observedAt: number; known: StoredDay },
  commit: Omit<DateCommit, Known | "date">,
  describe: (lineups: readonly LineupWrite[]) => DateCommit["event"],
): Promise<JobAction | null> {
  const { date, lineups, observedAt } = collected;
  const scope = { environment: job.environment, leagueKey: job.leagueKey, date };
  const calendar = calendarOf(job.leagueKey);
  const observation: Observation = {
    date,
    jobId: job.id,
    observedAt,
    final: observedAt >= calendar.finalAt(date),
    isSameDay: isSameDay(observedAt, date, calendar),
  };
  for (let { known } = collected, attempt = 1; ; known = await storedDay(db, scope), attempt++) {
    const writes = await Promise.all(
      lineups.map((lineup) => planLineup(lineup, known.lineups.get(lineup.teamKey) ?? null, observation)),
    );
    const unseen = writes.flatMap(({ slots }) =>
      slots.flatMap(({ playerId: id, playerName: name }) => (knownNames.get(id) === name ? [] : [{ id, name }])),
    );
    const newPlayers = unseen.length === 0 ? [] : await unknownPlayers(db, job, unseen);
    try {
      const action = await commitDate(
        db,
        job,
        { ...commit, date, final: observation.final, lineups: writes, teamNames, newPlayers, event: describe(writes) },
        { leaseMs: settings.leaseMs, now: clock.now() },
      );
      for (const { id, name } of unseen) knownNames.set(id, name);
      for (const { kind, teamKey, teamName } of writes) if (kind !== "same") teamNames.set(teamKey, teamName);
      return action;
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === CONFLICT_RETRIES) throw error;
    }
  }
}
