import type { Finding } from "../db/findings.ts";
import type { StoredSlot } from "../db/lineups.ts";
import type { DayRows } from "../db/verification.ts";

/** What a date's lineups are compared with. */
export type Expected = {
  /** The league's positions; empty when they are not known. */
  positions: ReadonlySet<string>;
  /** Positions that require no eligibility. */
  idle: ReadonlySet<string>;
  /** The league's current teams. */
  teams: readonly { key: string }[];
  today: string;
};

/** Returns what is odd about a source's answer for a date: players in two places, wrong slots, future or missing lineups. */
export function oddLineups(
  { date, lineups, records }: DayRows,
  { positions, idle, teams, today }: Expected,
): Finding[] {
  const findings: Finding[] = [];
  const report = (severity: Finding["severity"], code: string, message: string, of: Partial<Finding>) =>
    void findings.push({ severity, code, message, date, teamKey: null, playerId: null, ...of });
  const teamsOf = new Map<string, string[]>();
  for (const [teamKey, slots] of records) {
    for (const slot of slots) {
      const { playerId, playerName, selectedPosition, eligiblePositions } = slot;
      const others = teamsOf.get(playerId);
      if (others) others.push(teamKey);
      else teamsOf.set(playerId, [teamKey]);
      if (positions.size > 0 && !positions.has(selectedPosition))
        report("WARNING", "UNKNOWN_POSITION", `The league has no slot ${selectedPosition}`, { teamKey, playerId });
      if (!eligiblePositions.includes(selectedPosition) && !idle.has(selectedPosition)) {
        const eligible = JSON.stringify(eligiblePositions);
        const message = `${playerName} is in slot ${selectedPosition} but eligible only for ${eligible}`;
        report("WARNING", "POSITION_NOT_ELIGIBLE", message, { teamKey, playerId });
      }
    }
    for (const [name, ids] of namesakes(slots)) {
      const message = `${name} is on the roster ${ids.length} times, as ${ids.join(" and ")}`;
      report("WARNING", "DUPLICATE_PLAYER", message, { teamKey, playerId: ids[0] ?? null });
    }
  }
  for (const [playerId, held] of teamsOf) {
    if (held.length === 1) continue;
    const message = `Player ${playerId} is on ${held.length} teams: ${held.join(", ")}`;
    report("ERROR", "PLAYER_ON_TWO_TEAMS", message, { teamKey: held.toSorted()[0] ?? null, playerId });
  }
  if (date > today)
    for (const { teamKey } of lineups) report("ERROR", "FUTURE_DATE", `The date is after today, ${today}`, { teamKey });
  const there = new Set(lineups.map(({ teamKey }) => teamKey));
  if (there.size > 0)
    for (const { key } of teams)
      if (!there.has(key)) report("ERROR", "MISSING_TEAM", "The team has no lineup on this date", { teamKey: key });
  return findings;
}

/** Returns a map from name to player ids, with only the names that several players share. */
function namesakes(slots: readonly StoredSlot[]): Map<string, string[]> {
  const names = new Set(slots.map(({ playerName }) => playerName));
  if (names.size === slots.length) return new Map();
  const byName = Map.groupBy(slots, ({ playerName }) => playerName);
  return new Map(
    [...byName]
      .filter(([, those]) => those.length > 1)
      .map(([name, those]) => [name, those.map(({ playerId }) => playerId).sort()]),
  );
}
