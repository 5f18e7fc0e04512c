import { finalAt, type IsoDate } from "../calendar.ts";
import { commitDate, type DateCommit } from "../db/commit.ts";
import { ConflictError } from "../db/errors.ts";
import type { JobIn } from "../db/job.ts";
import { storedEntries, storedTeamDays, type TeamLineup } from "../db/lineups.ts";
import type { TeamDayWrite } from "../db/lineupWrites.ts";
import { unknownPlayers } from "../db/players.ts";
import type { JobAction } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { differs, planTeamDay, type Sighting } from "../lineups/compare.ts";

const CONFLICT_RETRIES = 5;

/** The parts of a commit that follow from what the ledger holds already. */
type Derived = "teamDays" | "newPlayers" | "event" | "final";

/**
 * Compares what was collected with what the ledger holds and writes what differs, as one transaction; when another job wrote
 * one of the line-ups in between, it compares again. Throws a FenceError once a newer claim exists.
 * @param describe The event, for which the outcome is known only now.
 */
export async function storeDate(
  { db, clock, settings }: Deps,
  job: JobIn<"RUNNING">,
  collected: { date: IsoDate; lineups: readonly TeamLineup[]; observedAt: number },
  commit: Omit<DateCommit, Derived | "date">,
  describe: (teamDays: readonly TeamDayWrite[]) => DateCommit["event"],
): Promise<JobAction | null> {
  const { date, lineups, observedAt } = collected;
  const sighting: Sighting = { date, jobId: job.id, observedAt, final: observedAt >= finalAt(date) };
  for (let attempt = 1; ; attempt++) {
    const teamDays = await plan(db, job, lineups, sighting);
    const written = teamDays.flatMap(({ entries }) =>
      entries.map(({ playerId, playerName }) => ({ id: playerId, name: playerName })),
    );
    const newPlayers = written.length === 0 ? [] : await unknownPlayers(db, job, written);
    try {
      return await commitDate(
        db,
        job,
        { ...commit, date, final: sighting.final, teamDays, newPlayers, event: describe(teamDays) },
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
  sighting: Sighting,
): Promise<TeamDayWrite[]> {
  if (lineups.length === 0) return [];
  const place = { environment: job.environment, leagueKey: job.leagueKey, date: sighting.date };
  const days = await storedTeamDays(db, place);
  const toCompare: string[] = [];
  for (const lineup of lineups) {
    const day = days.get(lineup.teamKey);
    if (day && (await differs(lineup, day, sighting))) toCompare.push(lineup.teamKey);
  }
  const entries = toCompare.length === 0 ? new Map<string, never[]>() : await storedEntries(db, place, toCompare);
  return Promise.all(
    lineups.map((lineup) => {
      const day = days.get(lineup.teamKey);
      return planTeamDay(lineup, day ? { day, entries: entries.get(lineup.teamKey) ?? [] } : null, sighting);
    }),
  );
}
