import { type IsoDate, leagueDate } from "../calendar.ts";
import type { LineupEntry, StoredEntry, StoredTeamDay, TeamLineup } from "../db/lineups.ts";
import type { LineupChange, TeamDayWrite } from "../db/lineupWrites.ts";
import { digest } from "../hash.ts";

/** Where and when a line-up was seen. */
export type Sighting = {
  date: IsoDate;
  jobId: string;
  /** When the source was asked. */
  observedAt: number;
  /** The date was over by then. */
  final: boolean;
};

/** The hash of who was in which slot: equal hashes, equal line-ups. */
export function lineupHash(entries: readonly LineupEntry[]): Promise<string> {
  return contentHash(entries.map((e) => [e.playerId, e.selectedPosition]));
}

/** The hash of what sources keep no history of. */
function observedHash(entries: readonly LineupEntry[]): Promise<string> {
  return contentHash(entries.map((e) => [e.playerId, ...attributes(e)]));
}

const attributes = (e: LineupEntry) => [
  e.playerName,
  e.positionType,
  [...e.eligiblePositions],
  e.playerTeam,
  e.playerStatus,
];

/**
 * Decides what to write of one team's day: nothing when it is known and equal, else exactly the records that differ, with a
 * change for each player that came, went or moved.
 *
 * Only slots are history. Status, club and eligibility are those of the moment the source was asked, so a sighting on the day
 * itself replaces what was noted before, and a later one never does.
 *
 * @param before The stored day, if there is one, and its records.
 */
export async function planTeamDay(
  lineup: TeamLineup,
  before: { day: StoredTeamDay; entries: readonly StoredEntry[] } | null,
  sighting: Sighting,
): Promise<TeamDayWrite> {
  const { jobId, observedAt, final } = sighting;
  const hash = await lineupHash(lineup.entries);
  const base = {
    teamKey: lineup.teamKey,
    teamName: lineup.teamName,
    lineupHash: hash,
    collectedAt: observedAt,
    players: lineup.entries.length,
  };
  const processed = lineup.entries.length;

  if (before === null) {
    return {
      ...base,
      is: "new",
      version: null,
      observedHash: await observedHash(lineup.entries),
      final,
      entries: lineup.entries.map((entry) => ({ ...entry, observedAt, jobId })),
      removed: [],
      changes: [],
      counts: { processed, inserted: processed, updated: 0, unchanged: 0 },
    };
  }

  const { day, entries: stored } = before;
  if (!(await differs(lineup, day, sighting))) {
    return {
      ...base,
      is: final && !day.final ? "confirmed" : "same",
      version: day.version,
      observedHash: day.observedHash,
      final: final || day.final,
      entries: [],
      removed: [],
      changes: [],
      counts: { processed, inserted: 0, updated: 0, unchanged: processed },
    };
  }

  const old = new Map(stored.map((entry) => [entry.playerId, entry]));
  const merged = lineup.entries.map((entry) => merge(entry, old.get(entry.playerId), sighting));
  const present = new Set(merged.map((entry) => entry.playerId));
  const gone = stored.filter((entry) => !present.has(entry.playerId));
  const written = merged.filter((entry) => entry !== old.get(entry.playerId));
  const inserted = written.filter((entry) => !old.has(entry.playerId)).length;
  return {
    ...base,
    is: "changed",
    version: day.version,
    observedHash: await observedHash(merged),
    final: final || day.final,
    entries: written,
    removed: gone.map((entry) => entry.playerId),
    changes: [...written.flatMap((entry) => changeOf(entry, old.get(entry.playerId), day.jobId)), ...gone.map(removal)],
    counts: { processed, inserted, updated: written.length - inserted, unchanged: processed - written.length },
  };
}

/** Whether a stored day has to be read in full and compared player by player. */
export async function differs(
  lineup: TeamLineup,
  day: StoredTeamDay,
  { date, observedAt }: Sighting,
): Promise<boolean> {
  if ((await lineupHash(lineup.entries)) !== day.lineupHash) return true;
  return isSameDay(observedAt, date) && (await observedHash(lineup.entries)) !== day.observedHash;
}

/** Whether something was seen on the very date it is about. */
export function isSameDay(observedAt: number, date: IsoDate): boolean {
  return leagueDate(observedAt) === date;
}

/** The record as it is to be: the old one itself where nothing of it changes. */
function merge(entry: LineupEntry, old: StoredEntry | undefined, { date, observedAt, jobId }: Sighting): StoredEntry {
  if (!old) return { ...entry, observedAt, jobId };
  const moved = entry.selectedPosition !== old.selectedPosition;
  if (isSameDay(observedAt, date)) {
    const seenAgain = JSON.stringify(attributes(entry)) === JSON.stringify(attributes(old));
    return moved || !seenAgain ? { ...entry, observedAt, jobId } : old;
  }
  return moved ? { ...old, selectedPosition: entry.selectedPosition, jobId } : old;
}

function changeOf(entry: StoredEntry, old: StoredEntry | undefined, dayJobId: string): LineupChange[] {
  const { playerId, playerName, selectedPosition: toPosition } = entry;
  if (!old) return [{ playerId, playerName, kind: "ADDED", fromPosition: null, toPosition, previousJobId: dayJobId }];
  if (old.selectedPosition === toPosition) return [];
  return [
    { playerId, playerName, kind: "MOVED", fromPosition: old.selectedPosition, toPosition, previousJobId: old.jobId },
  ];
}

function removal({ playerId, playerName, selectedPosition, jobId }: StoredEntry): LineupChange {
  return {
    playerId,
    playerName,
    kind: "REMOVED",
    fromPosition: selectedPosition,
    toPosition: null,
    previousJobId: jobId,
  };
}

/** 16 bytes: no two line-ups of a ledger will ever share them by chance. */
function contentHash(rows: readonly unknown[][]): Promise<string> {
  return digest(JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()), 16);
}
