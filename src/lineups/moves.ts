import type { LineupFilter } from "../db/lineupQueries.ts";
import { type ChangedLineup, changedLineups, type SlotOfPlayer, slotsByPlayer } from "../db/moves.ts";
import type { Window } from "../db/window.ts";
import type { Deps } from "../deps.ts";

/** A player who joined, left or moved within a team between two consecutive collected dates. */
export type RosterMove = {
  date: string;
  /** The earlier date with which the lineup is compared. */
  previousDate: string;
  teamKey: string;
  playerId: string;
  playerName: string;
  kind: RosterMoveKind;
  fromPosition: string | null;
  toPosition: string | null;
};
export type RosterMoveKind = "IN" | "OUT" | "MOVED";

/** A position in a list of moves. */
export type MovePosition = readonly [date: string, teamKey: string, playerId: string];

export const positionOfMove = ({ date, teamKey, playerId }: RosterMove): MovePosition => [date, teamKey, playerId];

/** Number of lineups that are compared at once. */
const AT_ONCE = 40;

/**
 * Returns a window of the teams' moves in a range of dates, ordered by date, team and player. The first date of the range is compared with
 * the last collected date before the range.
 * @param kinds Returns only moves of these kinds; undefined for all.
 */
export async function rosterMoves(
  { db }: Pick<Deps, "db">,
  filter: LineupFilter,
  kinds: readonly RosterMoveKind[] | undefined,
  { after, before, limit, isFromEnd = false }: Window<MovePosition>,
): Promise<RosterMove[]> {
  const isWithin = (move: RosterMove) =>
    (!after || order(positionOfMove(move), after) > 0) && (!before || order(positionOfMove(move), before) < 0);
  const all = await changedLineups(db, filter);
  // Keep the lineups between the two bounds, and those at the bounds.
  const changed = all.filter(
    ({ date, teamKey }) =>
      (!after || order([date, teamKey], after) >= 0) && (!before || order([date, teamKey], before) <= 0),
  );
  if (isFromEnd) changed.reverse();
  const moves: RosterMove[] = [];
  for (let from = 0; from < changed.length && moves.length < limit; from += AT_ONCE) {
    const part = changed.slice(from, from + AT_ONCE);
    const slots = await slotsByPlayer(db, filter, [
      ...part,
      ...part.map(({ teamKey, before: date }) => ({ teamKey, date })),
    ]);
    for (const [i, lineup] of part.entries()) {
      const found = movesOf(lineup, slots[part.length + i] ?? new Map(), slots[i] ?? new Map());
      const wanted = found.filter((move) => (!kinds || kinds.includes(move.kind)) && isWithin(move));
      moves.push(...(isFromEnd ? wanted.reverse() : wanted));
    }
  }
  const part = moves.slice(0, limit);
  return isFromEnd ? part.reverse() : part;
}

/** Returns one team's moves between two lineups, ordered by player id. */
function movesOf(
  { date, teamKey, before: previousDate }: ChangedLineup,
  before: ReadonlyMap<string, SlotOfPlayer>,
  now: ReadonlyMap<string, SlotOfPlayer>,
): RosterMove[] {
  const ids = [...new Set([...before.keys(), ...now.keys()])].sort();
  return ids.flatMap((playerId) => {
    const [was, is] = [before.get(playerId), now.get(playerId)];
    if (was?.position === is?.position) return [];
    return {
      date,
      previousDate,
      teamKey,
      playerId,
      playerName: is?.name ?? was?.name ?? "",
      kind: was ? (is ? "MOVED" : "OUT") : "IN",
      fromPosition: was?.position ?? null,
      toPosition: is?.position ?? null,
    };
  });
}

/** Compares two positions in a list. Only the parts that are present in both positions are compared. */
function order(a: readonly string[], b: readonly string[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? value;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
