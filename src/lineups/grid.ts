import { datesBetween, type IsoDate } from "../calendar.ts";
import { type SlotUse, slotUse } from "../source/slots.ts";
import type { RosterSlot } from "../source/source.ts";
import { rosterOrder } from "./order.ts";

/** Who was in a slot on consecutive days. EMPTY: nobody; UNKNOWN: the team's lineup was not collected. */
export type GridStretch = {
  start: IsoDate;
  end: IsoDate;
  days: number;
  state: "FILLED" | "EMPTY" | "UNKNOWN";
  /** The player if the slot is FILLED; null otherwise. */
  playerId: string | null;
  /** Number of days with each state of the player's health; a day on which he was not observed is `unknown`. */
  health: Record<Health, number>;
};

/**
 * A player's health on a day. The health is known only if the player was observed on that day, because sources keep no history of health.
 */
type Health = "healthy" | "injured" | "unknown";

/** One slot of a roster over a range of dates, such as the first or second OF. */
export type GridRow = { position: string; number: number; use: SlotUse; stretches: GridStretch[] };

/** A player's slot and health on one date. */
export type GridDay = { playerId: string; position: string; health: Health };

/**
 * Returns a team's season as a grid with a row for each slot and a column for each date. A position has a row for each of its slots, and a
 * player who stays in the position keeps his row. If a position ever held more players at once than the league's roster allows, the
 * position has a further row for each extra player.
 * @param lineups The collected lineups, by date.
 */
export function gridOf(
  { start, end }: { start: IsoDate; end: IsoDate },
  positions: readonly RosterSlot[],
  lineups: ReadonlyMap<IsoDate, readonly GridDay[]>,
): GridRow[] {
  const rows = new Map<string, Row[]>(
    positions.map(({ position, count }) => [
      position,
      Array.from({ length: count }, (): Row => ({ last: null, stretches: [] })),
    ]),
  );
  const dates = datesBetween(start, end);
  for (const [i, date] of dates.entries()) {
    const lineup = lineups.get(date);
    const byPosition = Map.groupBy(lineup ?? [], ({ position }) => position);
    for (const [position, players] of byPosition) {
      const known = rows.get(position) ?? [];
      rows.set(position, known);
      while (known.length < players.length) known.push({ last: null, stretches: emptyUntil(dates, i, lineups) });
    }
    for (const [position, known] of rows) {
      if (!lineup) for (const row of known) extend(row, date, "UNKNOWN", null);
      else seat(known, byPosition.get(position) ?? [], date);
    }
  }
  const inOrder = rosterOrder(positions);
  return [...rows]
    .sort(([a], [b]) => inOrder(a, b))
    .flatMap(([position, known]) =>
      known.map(({ stretches }, i) => ({ position, number: i + 1, use: slotUse(position), stretches })),
    );
}

type Row = { last: string | null; stretches: GridStretch[] };

/** Fills the rows of a position on a date. A player who already had a row keeps that row, and the other players take the free rows. */
function seat(rows: readonly Row[], players: readonly GridDay[], date: IsoDate): void {
  const byId = new Map(players.map((player) => [player.playerId, player]));
  const staying = new Set(rows.flatMap(({ last }) => (last !== null && byId.has(last) ? last : [])));
  const coming = players.filter(({ playerId }) => !staying.has(playerId));
  for (const row of rows) {
    if (row.last === null || !staying.has(row.last)) row.last = coming.shift()?.playerId ?? null;
    const player = row.last === null ? undefined : byId.get(row.last);
    extend(row, date, player ? "FILLED" : "EMPTY", player ?? null);
  }
}

function extend({ stretches }: Row, date: IsoDate, state: GridStretch["state"], player: GridDay | null): void {
  const playerId = player?.playerId ?? null;
  let last = stretches.at(-1);
  if (last?.state !== state || last.playerId !== playerId) {
    last = { start: date, end: date, days: 0, state, playerId, health: { healthy: 0, injured: 0, unknown: 0 } };
    stretches.push(last);
  }
  last.end = date;
  last.days++;
  if (player) last.health[player.health]++;
}

/** Returns a row's stretches for the dates on which the row was not needed yet. Each stretch is EMPTY or UNKNOWN. */
function emptyUntil(dates: readonly IsoDate[], upTo: number, lineups: ReadonlyMap<IsoDate, unknown>): GridStretch[] {
  const row: Row = { last: null, stretches: [] };
  for (const date of dates.slice(0, upTo)) extend(row, date, lineups.has(date) ? "EMPTY" : "UNKNOWN", null);
  return row.stretches;
}
