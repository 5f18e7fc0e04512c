import type { Db } from "../db/client.ts";
import type { LeagueDates } from "../db/conditions.ts";
import type { Finding } from "../db/findings.ts";
import { lostPlayers } from "../db/lostPlayers.ts";
import { writePlayers } from "../db/players.ts";
import { jobFaults, type LeagueFault, recordFaults } from "../db/verification.ts";

/** What the jobs and players of a range of dates say of themselves that does not fit, and what mends it. */
export async function leagueFaults(db: Db, range: LeagueDates): Promise<LeagueFault[]> {
  const players = await lostPlayers(db, range);
  return [
    ...(await recordFaults(db, range)),
    ...(await jobFaults(db, range)),
    ...players.map(({ id, name, isKnown }) => ({
      code: "PLAYER_UNKNOWN",
      message: `Player ${id} (${name}) is ${isKnown ? "known under another name than his records have" : "on rosters, and no search finds him"}`,
      playerId: id,
      mend: writePlayers(range, [{ id, name }]),
    })),
  ];
}

/** A fault as a report has it: of no date. */
export const findingOf = ({ code, message, playerId }: LeagueFault): Finding => ({
  severity: "ERROR",
  code,
  message,
  date: null,
  teamKey: null,
  playerId,
});
