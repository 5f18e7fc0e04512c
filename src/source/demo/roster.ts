import type { IsoDate } from "../../calendar.ts";
import type { LineupSlot, TeamLineup } from "../../db/lineups.ts";
import { HEALTHY } from "../slots.ts";
import type { League } from "../source.ts";
import { dayNumber, IL_SLOTS, STARTING_HITTERS, STARTING_PITCHERS } from "./league.ts";
import { type DemoPlayer, demoPlayer, draw, isNeverDropped, PLACES } from "./players.ts";

const FREE_AGENTS_PER_PLACE = 3;
/** For each place on the roster, one signing or trade happens in the league every `MOVE_EVERY_DAYS` days. */
const MOVE_EVERY_DAYS = 14;
const INJURY_DAYS = 15;
const CALL_UP_DAYS = 45;
/** Starting pitchers pitch every fifth day, and clubs rest every seventh day. */
const ROTATION_DAYS = 5;
const REST_DAYS = 7;

/**
 * Returns every team's lineup of a date. All moves up to the date decide which players are in a lineup. The date alone decides which
 * players of a lineup start.
 */
export function demoLineups(league: League, date: IsoDate): TeamLineup[] {
  const day = dayNumber(date);
  const owners = PLACES.map((_, place) => owned(place, day, league.teams.length));
  return league.teams.map(({ key, name }, team) => ({
    teamKey: key,
    teamName: name,
    slots: lineup(
      owners.map((indexes, place) => demoPlayer(place, indexes[team] ?? 0)),
      day,
    ),
  }));
}

/**
 * Returns a list of player indexes for a place and a day: each team's player first, then the free agents.
 * The list is computed from the draft and from all swaps up to the day.
 */
function owned(place: number, day: number, teams: number): number[] {
  const owners = Array.from({ length: teams + FREE_AGENTS_PER_PLACE }, (_, i) => i);
  const moves = Math.floor((day + place) / MOVE_EVERY_DAYS);
  for (let move = 1; move <= moves; move++) {
    const team = draw(teams, "team", place, move);
    const other = draw(owners.length, "other", place, move);
    if (other >= teams && isNeverDropped(place, owners[team] ?? 0)) continue;
    [owners[team], owners[other]] = [owners[other] ?? 0, owners[team] ?? 0];
  }
  return owners;
}

function lineup(players: readonly DemoPlayer[], day: number): LineupSlot[] {
  const slots = new Map<DemoPlayer, string>();
  const unavailable = players.filter((player) => !isCalledUp(player, day) || isInjured(player, day));
  let freeIl = IL_SLOTS;
  for (const player of unavailable) {
    if (!isCalledUp(player, day)) slots.set(player, "NA");
    else if (freeIl-- > 0) slots.set(player, "IL");
  }
  fill(
    slots,
    STARTING_HITTERS,
    players.filter(({ type }) => type === "B"),
    day,
  );
  fill(
    slots,
    STARTING_PITCHERS,
    players.filter(({ type }) => type === "P"),
    day,
  );
  return players.map((player) => slotOf(player, slots.get(player) ?? "BN", day));
}

/** Fills each slot with the first player who may play it, preferably one whose club plays; a slot that nobody can fill stays empty. */
function fill(
  slots: Map<DemoPlayer, string>,
  starting: readonly string[],
  players: readonly DemoPlayer[],
  day: number,
): void {
  for (const slot of starting) {
    const free = players.filter((player) => !slots.has(player) && !isInjured(player, day) && mayPlay(player, slot));
    const chosen = free.find((player) => plays(player, day)) ?? free[0];
    if (chosen) slots.set(chosen, slot);
  }
}

const mayPlay = ({ type, positions }: DemoPlayer, slot: string): boolean =>
  positions.includes(slot) || slot === (type === "B" ? "Util" : "P");

const isInjured = ({ id }: DemoPlayer, day: number): boolean =>
  draw(12, "injury", id, Math.floor((day + draw(INJURY_DAYS, id)) / INJURY_DAYS)) === 0;

const isCalledUp = ({ isProspect, id }: DemoPlayer, day: number): boolean =>
  !isProspect || draw(3, "call-up", id, Math.floor(day / CALL_UP_DAYS)) === 0;

/**
 * Whether a player plays on a day. The player's club must play on that day, and for a starting pitcher the day must also be his turn to
 * pitch.
 */
function plays({ id, club, positions }: DemoPlayer, day: number): boolean {
  if ((day + draw(REST_DAYS, "rest", club)) % REST_DAYS === 0) return false;
  return positions[0] !== "SP" || (day + draw(ROTATION_DAYS, "turn", id)) % ROTATION_DAYS === 0;
}

function slotOf(player: DemoPlayer, slot: string, day: number): LineupSlot {
  const status = !isCalledUp(player, day)
    ? "NA"
    : isInjured(player, day)
      ? "IL10"
      : draw(40, "sore", player.id, day) === 0
        ? "DTD"
        : HEALTHY;
  const extra = [
    player.type === "B" ? "Util" : "P",
    ...(status === "IL10" ? ["IL"] : []),
    ...(status === "NA" ? ["NA"] : []),
  ];
  return {
    playerId: player.id,
    playerName: player.name,
    selectedPosition: slot,
    positionType: player.type,
    eligiblePositions: [...player.positions, ...extra],
    playerTeam: player.club,
    playerStatus: status,
  };
}
