import { type IsoDate, leagueDate } from "../calendar.ts";
import type { LineupSlot, StoredLineup, StoredSlot, TeamLineup } from "../db/lineups.ts";
import type { LineupChange, LineupWrite } from "../db/lineupWrites.ts";
import { sha256Hex } from "../hash.ts";

/** Where and when a lineup was seen. */
export type Observation = {
  date: IsoDate;
  jobId: string;
  /** When the source was asked. */
  observedAt: number;
  /** The date was over by then. */
  final: boolean;
};

/** The hash of who was in which slot: equal hashes, equal lineups. */
export function lineupHash(slots: readonly LineupSlot[]): Promise<string> {
  return contentHash(slots.map((e) => [e.playerId, e.selectedPosition]));
}

/** The hash of what sources keep no history of. */
function observedHash(slots: readonly LineupSlot[]): Promise<string> {
  return contentHash(slots.map((e) => [e.playerId, ...attributes(e)]));
}

const attributes = (e: LineupSlot) => [
  e.playerName,
  e.positionType,
  [...e.eligiblePositions],
  e.playerTeam,
  e.playerStatus,
];

/**
 * Decides what to write of one lineup: nothing when it is known and equal, else exactly the slots that differ, with a
 * change for each player that came, went or moved.
 *
 * Only slots are history. Status, club and eligibility are those of the moment the source was asked, so an observation on the day
 * itself replaces what was noted before, and a later one never does.
 *
 * @param before The stored lineup, if there is one, and its slots.
 */
export async function planLineup(
  lineup: TeamLineup,
  before: { day: StoredLineup; slots: readonly StoredSlot[] } | null,
  observation: Observation,
): Promise<LineupWrite> {
  const { jobId, observedAt, final } = observation;
  const hash = await lineupHash(lineup.slots);
  const base = {
    teamKey: lineup.teamKey,
    teamName: lineup.teamName,
    lineupHash: hash,
    collectedAt: observedAt,
    players: lineup.slots.length,
  };
  const processed = lineup.slots.length;

  if (before === null) {
    return {
      ...base,
      kind: "new",
      version: null,
      observedHash: await observedHash(lineup.slots),
      final,
      slots: lineup.slots.map((slot) => ({ ...slot, observedAt, jobId })),
      removed: [],
      changes: [],
      counts: { processed, inserted: processed, updated: 0, unchanged: 0 },
    };
  }

  const { day, slots: stored } = before;
  if (!(await differs(lineup, day, observation))) {
    return {
      ...base,
      kind: final && !day.final ? "final" : "same",
      version: day.version,
      observedHash: day.observedHash,
      final: final || day.final,
      slots: [],
      removed: [],
      changes: [],
      counts: { processed, inserted: 0, updated: 0, unchanged: processed },
    };
  }

  const old = new Map(stored.map((slot) => [slot.playerId, slot]));
  const merged = lineup.slots.map((slot) => merge(slot, old.get(slot.playerId), observation));
  const present = new Set(merged.map((slot) => slot.playerId));
  const gone = stored.filter((slot) => !present.has(slot.playerId));
  const written = merged.filter((slot) => slot !== old.get(slot.playerId));
  const inserted = written.filter((slot) => !old.has(slot.playerId)).length;
  return {
    ...base,
    kind: "changed",
    version: day.version,
    observedHash: await observedHash(merged),
    final: final || day.final,
    slots: written,
    removed: gone.map((slot) => slot.playerId),
    changes: [...written.flatMap((slot) => changeOf(slot, old.get(slot.playerId), day.jobId)), ...gone.map(removal)],
    counts: { processed, inserted, updated: written.length - inserted, unchanged: processed - written.length },
  };
}

/** Whether a stored lineup has to be read in full and compared player by player. */
export async function differs(
  lineup: TeamLineup,
  day: StoredLineup,
  { date, observedAt }: Observation,
): Promise<boolean> {
  if ((await lineupHash(lineup.slots)) !== day.lineupHash) return true;
  return isSameDay(observedAt, date) && (await observedHash(lineup.slots)) !== day.observedHash;
}

/** Whether something was seen on the very date it is about. */
export function isSameDay(observedAt: number, date: IsoDate): boolean {
  return leagueDate(observedAt) === date;
}

/** The slot as it is to be: the old one itself where nothing of it changes. */
function merge(slot: LineupSlot, old: StoredSlot | undefined, { date, observedAt, jobId }: Observation): StoredSlot {
  if (!old) return { ...slot, observedAt, jobId };
  const moved = slot.selectedPosition !== old.selectedPosition;
  if (isSameDay(observedAt, date)) {
    const seenAgain = JSON.stringify(attributes(slot)) === JSON.stringify(attributes(old));
    return moved || !seenAgain ? { ...slot, observedAt, jobId } : old;
  }
  return moved ? { ...old, selectedPosition: slot.selectedPosition, jobId } : old;
}

function changeOf(slot: StoredSlot, old: StoredSlot | undefined, dayJobId: string): LineupChange[] {
  const { playerId, playerName, selectedPosition: toPosition } = slot;
  if (!old) return [{ playerId, playerName, kind: "ADDED", fromPosition: null, toPosition, previousJobId: dayJobId }];
  if (old.selectedPosition === toPosition) return [];
  return [
    { playerId, playerName, kind: "MOVED", fromPosition: old.selectedPosition, toPosition, previousJobId: old.jobId },
  ];
}

function removal({ playerId, playerName, selectedPosition, jobId }: StoredSlot): LineupChange {
  return {
    playerId,
    playerName,
    kind: "REMOVED",
    fromPosition: selectedPosition,
    toPosition: null,
    previousJobId: jobId,
  };
}

/** 16 bytes: no two lineups of a ledger will ever share them by chance. */
function contentHash(rows: readonly unknown[][]): Promise<string> {
  return sha256Hex(JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()), 16);
}
