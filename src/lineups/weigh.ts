import type { Calendar, IsoDate } from "../calendar.ts";
import { type Blame, type Doubt, isOpen } from "../db/doubts.ts";
import type { LineupSlot, StoredDay, TeamLineup } from "../db/lineups.ts";
import { plural } from "../text.ts";
import { contentHash, isDamaged, lineupHash } from "./compare.ts";
import { type Neighbour, playersHash, weighNeighbours } from "./neighbour.ts";

// An odd answer is not believed at once. A source's answer for a date is compared with what the ledger knows of that date and its
// neighbours. If the answer contradicts what the ledger knows, the source is asked again at once. If the contradiction stays, a doubt is
// stored, and the date is checked again on another day. If the source still gives the same answer on a later day, the answer is believed,
// because a stale cache or a fault does not last from one day to the next.

/** What an answer is weighed against. */
export type Evidence = {
  date: IsoDate;
  known: StoredDay;
  before: Neighbour | null;
  after: Neighbour | null;
  /** The later date whose lineups the answer repeats in every slot, although a repetition is unlikely; null if there is no such date. */
  repeats: IsoDate | null;
  /** True if lineups of the date are already stored and the answer contains only the rest. */
  isRest: boolean;
  /** Time at which the source was asked, in milliseconds since 1970. */
  now: number;
  calendar: Calendar;
};

export type Verdict = {
  /** All doubts about the date, open and confirmed. */
  doubts: Doubt[];
  /** Teams whose lineup in the answer must not be stored. */
  held: ReadonlySet<string>;
  /** Teams without a usable lineup: those in `held` that have no stored lineup, and those whose stored lineup is damaged. */
  lacking: readonly string[];
  /** Doubts about other dates. */
  blamed: Blame[];
  /** Time of the date's next check, in milliseconds since 1970; null when no doubt is open. */
  dueAt: number | null;
  /**
   * Identifies the reasons for doubt: two answers that are doubted for the same reasons have the same mark. Null when there is no reason to
   * ask again.
   */
  mark: string | null;
  /** The teams whose lineups are asked for again; null for all teams. */
  doubted: readonly string[] | null;
};

/** Maximum number of names in a message. */
const MAX_NAMES = 3;

/** Something odd about an answer, not yet compared with earlier doubts. */
type Found = Pick<Doubt, "code" | "teamKey" | "hash" | "message"> & {
  /** Teams whose lineup in the answer must not be stored while the doubt is open. */
  holds: readonly string[];
};

/** Weighs a source's answer for a date. @param answered All lineups in the answer; empty if the source has no lineups for the date. */
export async function weigh(answered: readonly TeamLineup[], evidence: Evidence): Promise<Verdict> {
  const { known, now, date, isRest, calendar } = evidence;
  const isEmpty = answered.length === 0 && !isRest;
  const found: Found[] = [];
  const blamed: Blame[] = [];
  const rosters = rostersOf(answered, known);
  found.push(...weighDamaged(answered, evidence));
  if (isEmpty) found.push(...weighEmpty(evidence));
  for (const lineup of answered) found.push(...(await weighLineup(lineup, evidence)));
  found.push(...(await weighShared(answered, known)));
  if (rosters.size > 0) {
    const own = known.doubts.find(({ code }) => code === "ROSTERS_SWAPPED");
    const { self, others } = await weighNeighbours(rosters, { ...evidence, own });
    if (self) found.push({ ...self, holds: changed(answered, known) });
    blamed.push(...others);
  }
  if (evidence.repeats !== null && (await isNews(answered, known)))
    found.push(await repeated(answered, evidence, evidence.repeats));

  const today = calendar.dateAt(now);
  const doubts = found.map(({ holds: _, ...each }): Doubt => {
    const before = known.doubts.find(
      (one) => one.code === each.code && one.teamKey === each.teamKey && one.hash === each.hash,
    );
    if (!before) return { ...each, since: now, confirmedAt: null };
    // Only rewriting the lineup settles a doubt about damage; a repeated answer does not.
    if (each.code === "DAMAGED") return before;
    return isOpen(before) && calendar.dateAt(before.since) !== today ? { ...before, confirmedAt: now } : before;
  });
  const isHeld = (_: Found, i: number) => doubts[i] !== undefined && isOpen(doubts[i]);
  const held = new Set(found.filter(isHeld).flatMap(({ holds }) => holds));
  const open = doubts.filter(isOpen);
  const marks = open.filter(({ code }) => code !== "DAMAGED").map(({ code, teamKey, hash }) => [code, teamKey, hash]);
  // An empty answer that nothing contradicts is believed when it has been received twice.
  const teams = open.map(({ teamKey }) => teamKey);
  return {
    doubts,
    held,
    lacking: [
      ...[...held].filter((teamKey) => !known.lineups.has(teamKey)),
      ...(open.some(({ code }) => code === "DAMAGED") ? damagedTeams(known) : []),
    ],
    blamed,
    dueAt: open.length === 0 ? null : calendar.finalAt(today),
    mark: marks.length > 0 ? JSON.stringify(marks) : isEmpty && known.state !== "EMPTY" ? `${date} is empty` : null,
    doubted: teams.length === 0 || teams.includes(null) ? null : [...new Set(teams as string[])],
  };
}

function weighEmpty({ date, known, before, after, now, calendar }: Evidence): Found[] {
  const had = [...known.lineups.values()].filter(({ slots }) => slots.length > 0).length;
  const doubt = (message: string): Found => ({ code: "DATE_EMPTY", teamKey: null, hash: "empty", message, holds: [] });
  if (had > 0)
    return [doubt(`The source shows no lineups for ${date}, but ${plural(had, "team")} had a lineup before`)];
  const full = [before, after].find((one) => one && one.rosters.size > 0);
  if (!full) return [];
  // The source already gave this empty answer on an earlier day, and no doubt was stored.
  const isOld =
    known.state === "EMPTY" && known.doubts.length === 0 && calendar.dateAt(known.updatedAt) !== calendar.dateAt(now);
  return isOld ? [] : [doubt(`The source shows no lineups for ${date}, but it has some for ${full.date}`)];
}

/** Returns the teams whose stored lineup is marked as damaged. */
const damagedTeams = (known: StoredDay): string[] =>
  [...known.lineups.values()].flatMap(({ day }) => (day.lineupHash === "" ? [day.teamKey] : []));

/** Finds lineups that are marked as damaged and that this answer does not replace. */
function weighDamaged(answered: readonly TeamLineup[], { date, known }: Evidence): Found[] {
  const came = new Set(answered.map(({ teamKey }) => teamKey));
  const left = damagedTeams(known).filter((teamKey) => !came.has(teamKey));
  if (left.length === 0) return [];
  const message = `The lineups of ${left.join(" and ")} on ${date} are damaged, and the source has not returned them again`;
  return [{ code: "DAMAGED", teamKey: null, hash: left.join(" "), message, holds: [] }];
}

/**
 * True if some lineup in the answer differs from the stored lineup, or if the stored lineups were suspected of belonging to another date.
 */
async function isNews(answered: readonly TeamLineup[], known: StoredDay): Promise<boolean> {
  for (const { teamKey, slots } of answered)
    if (known.lineups.get(teamKey)?.day.lineupHash !== (await lineupHash(slots))) return true;
  return known.doubts.some(({ code }) => code === "OTHER_DATES_ROSTER");
}

/** Finds what is odd about one team's lineup: less than half of the usual number of players, or damaged names. */
async function weighLineup({ teamKey, teamName, slots }: TeamLineup, evidence: Evidence): Promise<Found[]> {
  const { date, known, before, after } = evidence;
  const found: Found[] = [];
  const stored = known.lineups.get(teamKey);
  const next = [before, after].find((one) => one?.rosters.get(teamKey) && one.isUndoubted);
  const usual = stored ? stored.slots.length : (next?.rosters.get(teamKey)?.size ?? 0);
  const rosterHash = () => playersHash(slots.map(({ playerId }) => playerId));
  const earlier = known.doubts.filter((one) => one.code === "LINEUP_SHRUNK" && one.teamKey === teamKey);
  if (earlier.length > 0 && slots.length * 2 >= usual) {
    // If a lineup was stored with a doubt, receiving the same lineup again on the same day does not confirm the lineup.
    const hash = await rosterHash();
    const same = earlier.find((one) => one.hash === hash);
    if (same) found.push({ code: "LINEUP_SHRUNK", teamKey, hash, message: same.message, holds: [] });
  }
  if (slots.length * 2 < usual) {
    const had = stored ? `it had ${usual} before` : `${next?.date} has ${usual}`;
    const isNone = slots.length === 0;
    found.push({
      code: isNone ? "TEAM_EMPTY" : "LINEUP_SHRUNK",
      teamKey,
      hash: await rosterHash(),
      message: `${teamName} (${teamKey}) has ${isNone ? "no players" : plural(slots.length, "player")} on ${date}, but ${had}`,
      holds: stored || isNone ? [teamKey] : [],
    });
  }
  const sound = new Map(stored?.slots.map((slot) => [slot.playerId, slot]));
  const damaged = slots.filter((slot) => isDamaged(slot) && !isSoundIn(sound.get(slot.playerId)));
  if (damaged.length > 0) {
    found.push({
      code: "NAME_DAMAGED",
      teamKey,
      hash: await contentHash(
        damaged.map(({ playerId, playerName, playerTeam }) => [playerId, playerName, playerTeam]),
      ),
      message: `The lineup of ${teamName} (${teamKey}) on ${date} has damaged names: ${listed(damaged.map((slot) => slot.playerName))}`,
      holds: [],
    });
  }
  return found;
}

/** Returns the first few names, and how many more there are. */
const listed = (names: readonly string[]): string =>
  names.length <= MAX_NAMES
    ? names.join(", ")
    : `${names.slice(0, MAX_NAMES).join(", ")} and ${names.length - MAX_NAMES} more`;

const isSoundIn = (slot: LineupSlot | undefined) => slot !== undefined && !isDamaged(slot);

/** Returns the rosters that the date would have if the answer were stored. Leaves out teams without players. */
function rostersOf(answered: readonly TeamLineup[], known: StoredDay): Map<string, Set<string>> {
  const stored = [...known.lineups].map(([teamKey, { slots }]) => ({ teamKey, slots }));
  const filled = [...(answered.length > 0 ? stored : []), ...answered].filter(({ slots }) => slots.length > 0);
  return new Map(filled.map(({ teamKey, slots }) => [teamKey, new Set(slots.map(({ playerId }) => playerId))]));
}

/** Returns the teams whose stored lineup the answer would replace. */
const changed = (answered: readonly TeamLineup[], known: StoredDay): string[] =>
  answered.map(({ teamKey }) => teamKey).filter((teamKey) => known.lineups.has(teamKey));

/** Finds players who are on two teams on the date. */
async function weighShared(answered: readonly TeamLineup[], known: StoredDay): Promise<Found[]> {
  const came = new Set(answered.map(({ teamKey }) => teamKey));
  const stored = [...known.lineups].filter(([teamKey]) => !came.has(teamKey));
  const teamsOf = new Map<string, { name: string; teams: string[] }>();
  for (const { teamKey, slots } of [...answered, ...stored.map(([teamKey, { slots }]) => ({ teamKey, slots }))])
    for (const { playerId, playerName } of slots) {
      const one = teamsOf.get(playerId);
      if (one) one.teams.push(teamKey);
      else teamsOf.set(playerId, { name: playerName, teams: [teamKey] });
    }
  const shared = [...teamsOf].filter(([, { teams }]) => teams.length > 1);
  const [first] = shared;
  if (!first) return [];
  const [playerId, { name, teams }] = first;
  return [
    {
      code: "PLAYER_ON_TWO_TEAMS",
      teamKey: null,
      hash: await contentHash(shared.map(([id, one]) => [id, [...one.teams].sort()])),
      message:
        `Player ${playerId} (${name}) is on the rosters of ${teams.join(" and ")}` +
        `${shared.length > 1 ? `; ${shared.length - 1} more on two teams` : ""}`,
      holds: shared.flatMap(([, one]) => one.teams).filter((team) => came.has(team) && known.lineups.has(team)),
    },
  ];
}

async function repeated(answered: readonly TeamLineup[], { date, known }: Evidence, of: IsoDate): Promise<Found> {
  const hashes = answered.map(
    async ({ teamKey, slots }): Promise<[string, string]> => [teamKey, await lineupHash(slots)],
  );
  return { ...(await repetition(date, of, await Promise.all(hashes))), holds: changed(answered, known) };
}

/**
 * Returns the doubt about a date on which all lineups equal the lineups of a later date.
 * @param hashes Each team's key and the hash of its lineup.
 */
export async function repetition(date: IsoDate, of: IsoDate, hashes: readonly (readonly [string, string])[]) {
  return {
    code: "OTHER_DATES_ROSTER" as const,
    teamKey: null,
    hash: await contentHash(hashes),
    message: `The lineups for ${date} equal those of ${of} in every slot. Maybe the source returned its present rosters although another date was requested`,
  };
}
