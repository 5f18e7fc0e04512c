import { LRUCache } from "lru-cache";
import type { Calendar, IsoDate } from "../calendar.ts";
import type { LineupSlot, StoredLineup, StoredSlot, TeamLineup } from "../db/lineups.ts";
import type { LineupChange, LineupWrite } from "../db/lineupWrites.ts";
import { DAMAGED } from "../db/tables/values.ts";
import { sha256Hex } from "../hash.ts";

/** Where and when a lineup was seen. */
export type Observation = {
  date: IsoDate;
  jobId: string;
  /** When the source was asked. */
  observedAt: number;
  /** The date was over by then. */
  final: boolean;
  /** It was seen on the date itself. */
  isSameDay: boolean;
};

/** The hash of who was in which slot: equal hashes, equal lineups. */
export function lineupHash(slots: readonly LineupSlot[]): Promise<string> {
  const content = contentOf(slots.map((e) => [e.playerId, e.selectedPosition]));
  const hash = hashes.get(content) ?? sha256Hex(content, 16);
  hashes.set(content, hash);
  return hash;
}

/** Which lineup something was observed of. */
type Place = { date: IsoDate; teamKey: string };

/** The hash of what sources keep no history of, and of where it belongs: so that a lineup that is moved whole is noticed. */
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

/** Whether a text of the slot came with bytes that are no text. */
export const isDamaged = ({ playerName, playerTeam, positionType, playerStatus }: LineupSlot): boolean =>
  [playerName, playerTeam, positionType, playerStatus].some((text) => text?.includes(DAMAGED));

/** Whether a lineup's rows are those that its hashes were made of: who was in which slot, and what was observed of the players. */
export async function checkRows(
  day: Pick<StoredLineup, "teamKey" | "lineupHash" | "observedHash" | "players">,
  slots: readonly LineupSlot[],
  date: IsoDate,
): Promise<{ lineup: boolean; observed: boolean }> {
  const [lineup, own] = await Promise.all([lineupHash(slots), observedHash(slots, { date, teamKey: day.teamKey })]);
  // Before, the hash did not say where a lineup belongs.
  const observed = own === day.observedHash ? own : await contentHash(observations(slots));
  return { lineup: day.players === slots.length && lineup === day.lineupHash, observed: observed === day.observedHash };
}

/**
 * Decides what to write of one lineup: nothing when it is known and equal, else exactly the slots that differ, with a
 * change for each player that came, went or moved. A lineup whose rows are not those that its hashes were made of is repaired: all its rows
 * are written, and none of the differences counts as a change of the lineup.
 *
 * Only slots are history. Status, club and eligibility are those of the moment the source was asked, so an observation on the day
 * itself replaces what was noted before, and a later one never does, except what came damaged.
 *
 * @param before The stored lineup, if there is one, and its slots.
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

/** Whether something was seen on the very date it is about. */
export function isSameDay(observedAt: number, date: IsoDate, calendar: Calendar): boolean {
  return calendar.dateAt(observedAt) === date;
}

/** The slot as it is to be: the old one itself where nothing of it changes. */
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

/** The hash of rows in any order. 16 bytes: no two lineups of a ledger will ever share them by chance. */
export const contentHash = (rows: readonly unknown[]): Promise<string> => sha256Hex(contentOf(rows), 16);

/** Rows in any order as one text. */
const contentOf = (rows: readonly unknown[]): string => JSON.stringify(rows.map((row) => JSON.stringify(row)).sort());

/** Hashes of the last lineups: what a source says is mostly what is stored, and a lineup is mostly that of the day before. */
const hashes = new LRUCache<string, Promise<string>>({ max: 500 });
