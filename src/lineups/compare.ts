import { LRUCache } from "lru-cache";
import type { Calendar, IsoDate } from "../calendar.ts";
import type { LineupSlot, StoredLineup, StoredSlot, TeamLineup } from "../db/lineups.ts";
import type { LineupChange, LineupWrite } from "../db/lineupWrites.ts";
import { DAMAGED } from "../db/tables/values.ts";
import { sha256Hex } from "../hash.ts";

/** When a lineup was observed, and by which job. */
export type Observation = {
  date: IsoDate;
  jobId: string;
  /** When the source was asked. */
  observedAt: number;
  /** Whether the date's lineups were final when the source was asked. */
  final: boolean;
  /** Whether the lineup was observed on the date itself. */
  isSameDay: boolean;
};

/** Returns the hash of a lineup: which player was in which slot. Equal hashes mean equal lineups. */
export function lineupHash(slots: readonly LineupSlot[]): Promise<string> {
  const content = contentOf(slots.map((e) => [e.playerId, e.selectedPosition]));
  const hash = hashes.get(content) ?? sha256Hex(content, 16);
  hashes.set(content, hash);
  return hash;
}

/** The date and team that identify a lineup of a league. */
type Place = { date: IsoDate; teamKey: string };

/**
 * Returns the hash of a lineup's date and team, and of the players' attributes for which the source keeps no history. If a stored lineup
 * was moved to another date or team, the stored hash no longer matches.
 */
function observedHash(slots: readonly LineupSlot[], { date, teamKey }: Place): Promise<string> {
  return contentHash([[date, teamKey], ...observations(slots)]);
}

const observations = (slots: readonly LineupSlot[]) => slots.map((e) => [e.playerId, ...attributes(e)]);

const attributes = (e: LineupSlot) => [
  e.playerName,
  e.positionType,
  [...e.eligiblePositions],
  e.playerTeam,
  e.playerStatus,
];

/** Whether some text of the slot contains damaged bytes. */
export const isDamaged = ({ playerName, playerTeam, positionType, playerStatus }: LineupSlot): boolean =>
  [playerName, playerTeam, positionType, playerStatus].some((text) => text?.includes(DAMAGED));

/**
 * Compares a lineup's rows with the lineup's two hashes: `lineup` covers which player was in which slot, and `observed` covers the players'
 * attributes.
 */
export async function checkRows(
  day: Pick<StoredLineup, "teamKey" | "lineupHash" | "observedHash" | "players">,
  slots: readonly LineupSlot[],
  date: IsoDate,
): Promise<{ lineup: boolean; observed: boolean }> {
  const [lineup, own] = await Promise.all([lineupHash(slots), observedHash(slots, { date, teamKey: day.teamKey })]);
  // Older hashes were computed without the date and the team.
  const observed = own === day.observedHash ? own : await contentHash(observations(slots));
  return { lineup: day.players === slots.length && lineup === day.lineupHash, observed: observed === day.observedHash };
}

/**
 * Decides what to write for one lineup. Nothing is written if the lineup equals the stored one. Otherwise only the slots that differ are
 * written, and a change is recorded for each player who joined, left or moved. If the stored rows do not match the stored hashes, the
 * lineup is repaired: all rows are written, and no change of the lineup is recorded.
 *
 * Sources keep a history of slots, but of nothing else. A source returns status, club and eligibility as they are at the time of the
 * request, so an observation on the date itself replaces earlier observations. An observation on a later day never replaces an earlier
 * observation, except where the stored text is damaged.
 *
 * @param before The stored lineup and its slots; null when there is none.
 */
export async function planLineup(
  lineup: TeamLineup,
  before: { day: StoredLineup; slots: readonly StoredSlot[] } | null,
  observation: Observation,
): Promise<LineupWrite> {
  const { jobId, observedAt, final } = observation;
  const processed = lineup.slots.length;
  const place = { date: observation.date, teamKey: lineup.teamKey };
  const base = { teamKey: lineup.teamKey, teamName: lineup.teamName, collectedAt: observedAt, players: processed };

  if (before === null) {
    return {
      ...base,
      kind: "new",
      version: null,
      lineupHash: await lineupHash(lineup.slots),
      observedHash: await observedHash(lineup.slots, place),
      final,
      slots: lineup.slots.map((slot) => ({ ...slot, observedAt, jobId })),
      removed: [],
      changes: [],
      counts: { processed, inserted: processed, updated: 0, unchanged: 0, removed: 0 },
    };
  }

  const { day, slots: stored } = before;
  const isIntact = await checkRows(day, stored, observation.date);
  const isRepair = !isIntact.lineup || !isIntact.observed;
  const old = new Map(stored.map((slot) => [slot.playerId, slot]));
  const merged = lineup.slots.map((slot) => {
    if (!isRepair) return merge(slot, old.get(slot.playerId), observation);
    const trusted = isIntact.observed ? old.get(slot.playerId) : undefined;
    return { ...merge(slot, trusted, observation), jobId };
  });
  const present = new Set(merged.map((slot) => slot.playerId));
  const gone = stored.filter((slot) => !present.has(slot.playerId));
  const written = merged.filter((slot) => slot !== old.get(slot.playerId));
  if (written.length === 0 && gone.length === 0 && !isRepair) {
    return {
      ...base,
      kind: final && !day.final ? "final" : "same",
      version: day.version,
      lineupHash: day.lineupHash,
      observedHash: day.observedHash,
      final: final || day.final,
      slots: [],
      removed: [],
      changes: [],
      counts: { processed, inserted: 0, updated: 0, unchanged: processed, removed: 0 },
    };
  }

  const inserted = written.filter((slot) => !old.has(slot.playerId)).length;
  const changes = [
    ...written.flatMap((slot) => changeOf(slot, old.get(slot.playerId), day.jobId)),
    ...gone.map(removal),
  ];
  return {
    ...base,
    kind: isRepair ? "repaired" : "changed",
    version: day.version,
    lineupHash: await lineupHash(merged),
    observedHash: await observedHash(merged, place),
    final: final || day.final,
    slots: written,
    removed: gone.map((slot) => slot.playerId),
    changes: isRepair ? [] : changes,
    counts: {
      processed,
      inserted,
      updated: written.length - inserted,
      unchanged: processed - written.length,
      removed: gone.length,
    },
  };
}

/** Whether a lineup was observed on the lineup's own date. */
export function isSameDay(observedAt: number, date: IsoDate, calendar: Calendar): boolean {
  return calendar.dateAt(observedAt) === date;
}

/** Returns the slot to store; `old` itself when nothing changes. */
function merge(
  slot: LineupSlot,
  old: StoredSlot | undefined,
  { isSameDay, observedAt, jobId }: Observation,
): StoredSlot {
  if (!old) return { ...slot, observedAt, jobId };
  const moved = slot.selectedPosition !== old.selectedPosition;
  const isMended = isDamaged(old) && !isDamaged(slot);
  const isWorse = isDamaged(slot) && !isDamaged(old);
  if (isMended || (isSameDay && !isWorse)) {
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

/**
 * Returns a hash that does not depend on the order of the rows. The hash has 16 bytes, so no two different lineups of a ledger will have
 * the same hash by chance.
 */
export const contentHash = (rows: readonly unknown[]): Promise<string> => sha256Hex(contentOf(rows), 16);

/** Joins rows into one text that does not depend on their order. */
const contentOf = (rows: readonly unknown[]): string => JSON.stringify(rows.map((row) => JSON.stringify(row)).sort());

/** Cached hashes of recent lineups. Most answers equal the stored lineup or the lineup of the day before. */
const hashes = new LRUCache<string, Promise<string>>({ max: 500 });
