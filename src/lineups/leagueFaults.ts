import type { Db } from "../db/client.ts";
import type { LeagueDates } from "../db/conditions.ts";
import type { Finding } from "../db/findings.ts";
import { lostPlayers } from "../db/lostPlayers.ts";
import { writePlayers } from "../db/players.ts";
import { jobFaults, type LeagueFault, recordFaults } from "../db/verification.ts";

/** Returns the inconsistencies in the jobs, records and players of a range of dates, each with the statements that mend it. */
export async function leagueFaults(db: Db, range: LeagueDates): Promise<LeagueFault[]> {
  const players = await lostPlayers(db, range);
  return [
    ...(await recordFaults(db, range)),
    ...(await jobFaults(db, range)),
    ...players.map(({ id, name, isKnown }) => ({
      code: "PLAYER_UNKNOWN",
      message: `Player ${id} (${name}) is ${isKnown ? "listed under another name than in his records" : "on rosters, but not searchable"}`,
      playerId: id,
      mend: writePlayers(range, [{ id, name }]),
    })),
  ];
}

/** Converts a fault to a finding without a date. */
export const findingOf = ({ code, message, playerId }: LeagueFault): Finding => ({
  severity: "ERROR",
  code,
  message,
  date: null,
  teamKey: null,
  playerId,
});
