import type { Calendar, IsoDate } from "../calendar.ts";
import { type Blame, type Doubt, isOpen } from "../db/doubts.ts";
import { plural } from "../text.ts";
import { contentHash } from "./compare.ts";

/** Player ids by team key. */
export type Rosters = ReadonlyMap<string, ReadonlySet<string>>;

/** A known date before or after the date that is weighed. */
export type Neighbour = {
  date: IsoDate;
  /** Empty when the source had no lineups. */
  rosters: Rosters;
  /** Whether the date has no open doubt. */
  isUndoubted: boolean;
  /** Whether the difference between the date's rosters and its neighbours' rosters is confirmed. */
  isBreak: boolean;
  /** Returns the next known date, going away from the weighed date; null if there is none. */
  beyond(): Promise<Neighbour | null>;
};

/**
 * Maximum number of consecutive dates that are doubted because of one date: MAX_BLAMED if the rosters contradict each other, MAX_SHRUNK if
 * a team has far fewer players.
 */
const MAX_BLAMED = 3;
const MAX_SHRUNK = 7;

/** Why a date's rosters are doubted. */
type Contradiction = Pick<Doubt, "code" | "teamKey" | "hash" | "message">;

/**
 * Returns the teams in `rosters` that seem to have exchanged rosters with another team: most of a team's players are on one other team in
 * `others`. Even with trades, most players stay on their team from one day to the next.
 */
export function swappedTeams(rosters: Rosters, others: Rosters): string[] {
  const teamOf = new Map([...others].flatMap(([teamKey, players]) => [...players].map((player) => [player, teamKey])));
  return [...rosters].flatMap(([teamKey, players]) => {
    if (!others.has(teamKey)) return [];
    const counts = new Map<string, number>();
    for (const player of players) {
      const team = teamOf.get(player);
      if (team !== undefined) counts.set(team, (counts.get(team) ?? 0) + 1);
    }
    const own = counts.get(teamKey) ?? 0;
    counts.delete(teamKey);
    const most = Math.max(0, ...counts.values());
    return most * 2 > players.size && own * 2 < players.size ? [teamKey] : [];
  });
}

/**
 * Compares a date's rosters with those of its neighbours and decides which dates to doubt.
 * @param own The date's stored ROSTERS_SWAPPED doubt, if any.
 */
export async function weighNeighbours(
  rosters: Rosters,
  {
    date,
    before,
    after,
    own,
    now,
    calendar,
  }: {
    date: IsoDate;
    before: Neighbour | null;
    after: Neighbour | null;
    own: Doubt | undefined;
    now: number;
    calendar: Calendar;
  },
): Promise<{ self: Contradiction | null; others: Blame[] }> {
  const others: Blame[] = [];
  const today = calendar.dateAt(now);
  const dueAt = calendar.finalAt(today);
  const blame = async (one: Neighbour, code: Doubt["code"], message: string) => {
    const hash = one.rosters.size === 0 ? "empty" : await rostersHash(one.rosters);
    others.push({
      date: one.date,
      dueAt,
      doubt: { code, teamKey: null, hash, message, since: now, confirmedAt: null },
    });
  };
  const compared: { one: Neighbour; swapped: string[] }[] = [];
  for (const one of [before, after]) {
    if (!one?.isUndoubted) continue;
    if (one.rosters.size > 0) {
      for (const [teamKey, players] of rosters)
        others.push(...(await blameShrunk(one, teamKey, players, { date, now, dueAt })));
      if (!one.isBreak) compared.push({ one, swapped: swappedTeams(rosters, one.rosters) });
    } else await blame(one, "DATE_EMPTY", `The source had no lineups for ${one.date}, but it has some for ${date}`);
  }
  const against = compared.filter(({ swapped }) => swapped.length > 0);
  const [first] = against;
  if (!first) return { self: null, others };
  const hash = await rostersHash(rosters);
  const self: Contradiction = {
    code: "ROSTERS_SWAPPED",
    teamKey: null,
    hash,
    message: swapMessage(date, first.swapped, first.one.date),
  };
  const isBackedSelf = compared.some(({ swapped }) => swapped.length === 0);
  if (own?.hash === hash) {
    // The same contradiction was seen before. Doubt the contradicting dates once more if the contradiction was first seen on an earlier
    // day and is not confirmed yet. After that, the contradiction is confirmed, and the dates are not doubted again.
    if (isOpen(own) && calendar.dateAt(own.since) !== today)
      for (const { one, swapped } of against) await blameRun(one, swapped);
    return { self, others };
  }
  for (const { one, swapped } of against) {
    // If two dates contradict each other, but each agrees with its other neighbour, nobody can tell which is right: doubt the whole run of
    // dates on the neighbour's side.
    const isBacked = await goesTogether(one, await one.beyond());
    if (isBacked && !isBackedSelf) continue;
    if (isBackedSelf) await blameRun(one, swapped);
    else await blame(one, "ROSTERS_SWAPPED", swapMessage(one.date, swapped, date));
  }
  return { self: isBackedSelf ? null : self, others };

  /** Doubts the dates from a neighbour outward, as long as they contradict the rosters of the weighed date. */
  async function blameRun(one: Neighbour, swapped: readonly string[]): Promise<void> {
    let other: Neighbour | null = one;
    for (let days = 0; other && days < MAX_BLAMED; days++, other = await other.beyond()) {
      if (!other.isUndoubted || other.isBreak || swappedTeams(rosters, other.rosters).length === 0) break;
      await blame(other, "ROSTERS_SWAPPED", swapMessage(other.date, swapped, date));
    }
  }
}

/** Whether the rosters of two dates agree; false if the second date is unknown, doubted or empty. */
async function goesTogether(one: Neighbour, other: Neighbour | null): Promise<boolean> {
  if (!other?.isUndoubted || other.rosters.size === 0) return false;
  return swappedTeams(one.rosters, other.rosters).length === 0;
}

/** Doubts the dates from a neighbour outward, as long as the team has less than half as many players as on the weighed date. */
async function blameShrunk(
  one: Neighbour,
  teamKey: string,
  players: ReadonlySet<string>,
  { date, now, dueAt }: { date: IsoDate; now: number; dueAt: number },
): Promise<Blame[]> {
  const blamed: Blame[] = [];
  for (let other: Neighbour | null = one; other?.isUndoubted; other = await other.beyond()) {
    const had = other.rosters.get(teamKey);
    if (!had || had.size * 2 >= players.size || blamed.length === MAX_SHRUNK) break;
    const message = `The lineup of ${teamKey} on ${other.date} has ${plural(had.size, "player")}, but the lineup on ${date} has ${players.size}`;
    const doubt = {
      code: "LINEUP_SHRUNK" as const,
      teamKey,
      hash: await playersHash(had),
      message,
      since: now,
      confirmedAt: null,
    };
    blamed.push({ date: other.date, dueAt, doubt });
  }
  return blamed;
}

const swapMessage = (date: IsoDate, swapped: readonly string[], other: IsoDate) =>
  `Most players of ${swapped.join(" and ")} on ${date} belonged to another team on ${other}`;

/** Returns a roster's hash, which does not depend on the order of the players. */
export const playersHash = (players: Iterable<string>): Promise<string> => contentHash([...players].sort());

/** Returns the hash of a date's rosters. */
const rostersHash = (rosters: Rosters): Promise<string> =>
  contentHash([...rosters].map(([teamKey, players]) => [teamKey, [...players].sort()]));
