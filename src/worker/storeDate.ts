import { finalAt, type IsoDate } from "../calendar.ts";
import { commitDate, type DateCommit } from "../db/commit.ts";
import { ConflictError } from "../db/errors.ts";
import type { JobIn } from "../db/job.ts";
import { storedLineups, storedSlots, type TeamLineup } from "../db/lineups.ts";
import type { LineupWrite } from "../db/lineupWrites.ts";
import { unknownPlayers } from "../db/players.ts";
import type { JobAction } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { differs, type Observation, planLineup } from "../lineups/compare.ts";

const CONFLICT_RETRIES = 5;

/** The parts of a commit that follow from what the ledger holds already. */
type Known = "lineups" | "newPlayers" | "event" | "final";

/**
 * Compares what was collected with what the ledger holds and writes what differs, as one transaction; when another job wrote
 * one of the lineups in between, it compares again. Throws a FenceError once a newer claim exists.
 * @param describe The event, for which the outcome is known only now.
 */
export async function storeDate(
  { db, clock, settings }: Deps,
  job: JobIn<"RUNNING">,
  collected: { date: IsoDate; lineups: readonly TeamLineup[]; observedAt: number },
  commit: Omit<DateCommit, Known | "date">,
  describe: (lineups: readonly LineupWrite[]) => DateCommit["event"],
): Promise<JobAction | null> {
  const { date, lineups, observedAt } = collected;
  const observation: Observation = { date, jobId: job.id, observedAt, final: observedAt >= finalAt(date) };
  for (let attempt = 1; ; attempt++) {
    const writes = await plan(db, job, lineups, observation);
    const written = writes.flatMap(({ slots }) =>
      slots.map(({ playerId, playerName }) => ({ id: playerId, name: playerName })),
    );
    const newPlayers = written.length === 0 ? [] : await unknownPlayers(db, job, written);
    try {
      return await commitDate(
        db,
        job,
        { ...commit, date, final: observation.final, lineups: writes, newPlayers, event: describe(writes) },
        { leaseMs: settings.leaseMs, now: clock.now() },
      );
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === CONFLICT_RETRIES) throw error;
    }
  }
}

async function plan(
  db: Deps["db"],
  job: JobIn<"RUNNING">,
  lineups: readonly TeamLineup[],
  observation: Observation,
): Promise<LineupWrite[]> {
  if (lineups.length === 0) return [];
  const scope = { environment: job.environment, leagueKey: job.leagueKey, date: observation.date };
  const days = await storedLineups(db, scope);
  const toCompare: string[] = [];
  for (const lineup of lineups) {
    const day = days.get(lineup.teamKey);
    if (day && (await differs(lineup, day, observation))) toCompare.push(lineup.teamKey);
  }
  const slots = toCompare.length === 0 ? new Map<string, never[]>() : await storedSlots(db, scope, toCompare);
  return Promise.all(
    lineups.map((lineup) => {
      const day = days.get(lineup.teamKey);
      return planLineup(lineup, day ? { day, slots: slots.get(lineup.teamKey) ?? [] } : null, observation);
    }),
  );
}
