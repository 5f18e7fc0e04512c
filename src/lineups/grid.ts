import { datesBetween, type IsoDate } from "../calendar.ts";
import { type SlotUse, slotUse } from "../source/slots.ts";
import type { RosterSlot } from "../source/source.ts";
import { rosterOrder } from "./order.ts";

/** Who was in a slot on days in a row. EMPTY: nobody; UNKNOWN: the team's lineup was not collected. */
export type GridStretch = {
  start: IsoDate;
  end: IsoDate;
  days: number;
  state: "FILLED" | "EMPTY" | "UNKNOWN";
  /** Of FILLED, whom it was filled by; else null. */
  playerId: string | null;
  /** Of the days: on which he was seen to be healthy, on which he was seen not to be, and on which nobody looked. */
  health: Record<Health, number>;
};

/** How a player was on a day, as far as that was seen on the day itself: sources keep no history of it. */
type Health = "healthy" | "injured" | "unknown";

/** One slot of a roster through a range of dates: the first OF, the second OF. */
export type GridRow = { position: string; number: number; use: SlotUse; stretches: GridStretch[] };

/** Who was where on one date. */
export type GridDay = { playerId: string; position: string; health: Health };

/**
 * A team's season by slot and date. A slot of which a roster has several is as many rows, and a player who stays in such a slot stays in
 * his row; a row that the league's roster does not have is there for as many as were ever in it at once.
 * @param lineups What was collected, by date.
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

/** Fills the rows of a slot: those who were in one of them stay there, the others take what is free. */
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

/** What a row says of the dates before it was first needed. */
function emptyUntil(dates: readonly IsoDate[], upTo: number, lineups: ReadonlyMap<IsoDate, unknown>): GridStretch[] {
  const row: Row = { last: null, stretches: [] };
  for (const date of dates.slice(0, upTo)) extend(row, date, lineups.has(date) ? "EMPTY" : "UNKNOWN", null);
  return row.stretches;
}
