import type { Calendar, IsoDate } from "../calendar.ts";
import { type Blame, type Doubt, isOpen } from "../db/doubts.ts";
import type { LineupSlot, StoredDay, TeamLineup } from "../db/lineups.ts";
import { plural } from "../text.ts";
import { contentHash, isDamaged, lineupHash } from "./compare.ts";
import { type Neighbour, playersHash, weighNeighbours } from "./neighbour.ts";

// One odd answer is never the truth. What a source says of a date is weighed against what the ledger knows of that date and of those
// next to it; what contradicts them is asked for again at once, and if it stays, it is written down as a doubt. The date is looked at again
// on another day: what is seen again then is believed, since a stale cache or a fault does not last that long.

/** What an answer is weighed against. */
export type Evidence = {
  date: IsoDate;
  known: StoredDay;
  before: Neighbour | null;
  after: Neighbour | null;
  /** The later date whose lineups the answer repeats in every slot, although something speaks against that; null where it repeats none. */
  repeats: IsoDate | null;
  /** Some of the date's lineups were stored before, and this is the rest of them. */
  isRest: boolean;
  /** When the source was asked, in milliseconds since 1970. */
  now: number;
  calendar: Calendar;
};

export type Verdict = {
  /** All that is odd, the open and the confirmed. */
  doubts: Doubt[];
  /** Teams whose answered lineup is not to be stored. */
  held: ReadonlySet<string>;
  /** Of those, the ones of whom nothing is known. */
  lacking: readonly string[];
  /** Doubts about other dates. */
  blamed: Blame[];
  /** When the date is to be looked at again, in milliseconds since 1970; null when nothing is open. */
  dueAt: number | null;
  /** Two answers that are doubted for the same reasons agree; null when there is no reason to ask again. */
  mark: string | null;
  /** The teams to ask for again; null for all. */
  doubted: readonly string[] | null;
};

/** Names that a message tells. */
const MAX_NAMES = 3;

/** What was found, before it is compared with what was found earlier. */
type Found = Pick<Doubt, "code" | "teamKey" | "hash" | "message"> & {
  /** The answer is not to replace what is known. */
  holds: readonly string[];
};

/** Weighs what a source says of a date. @param answered Every lineup that has come; none when the source has none for the date. */
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
    // What is damaged is right only once it is written anew.
    if (each.code === "DAMAGED") return before;
    return isOpen(before) && calendar.dateAt(before.since) !== today ? { ...before, confirmedAt: now } : before;
  });
  const isHeld = (_: Found, i: number) => doubts[i] !== undefined && isOpen(doubts[i]);
  const held = new Set(found.filter(isHeld).flatMap(({ holds }) => holds));
  const open = doubts.filter(isOpen);
  const marks = open.filter(({ code }) => code !== "DAMAGED").map(({ code, teamKey, hash }) => [code, teamKey, hash]);
  // Where nothing speaks against it, an empty date is believed once it was seen twice.
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
  if (had > 0) return [doubt(`The source shows no lineups for ${date}, and ${plural(had, "team")} had one before`)];
  const full = [before, after].find((one) => one && one.rosters.size > 0);
  if (!full) return [];
  // It said so on another day already, and nothing was doubted then.
  const isOld =
    known.state === "EMPTY" && known.doubts.length === 0 && calendar.dateAt(known.updatedAt) !== calendar.dateAt(now);
  return isOld ? [] : [doubt(`The source shows no lineups for ${date}, and those of ${full.date} are there`)];
}

/** Teams whose stored lineup was marked as damaged. */
const damagedTeams = (known: StoredDay): string[] =>
  [...known.lineups.values()].flatMap(({ day }) => (day.lineupHash === "" ? [day.teamKey] : []));

/** Lineups that were marked as damaged and are not written anew by this answer. */
function weighDamaged(answered: readonly TeamLineup[], { date, known }: Evidence): Found[] {
  const came = new Set(answered.map(({ teamKey }) => teamKey));
  const left = damagedTeams(known).filter((teamKey) => !came.has(teamKey));
  if (left.length === 0) return [];
  const message = `The lineups of ${left.join(" and ")} on ${date} are damaged, and the source shows no others`;
  return [{ code: "DAMAGED", teamKey: null, hash: left.join(" "), message, holds: [] }];
}

/** Whether some lineup differs from what the ledger has of its date. */
async function isNews(answered: readonly TeamLineup[], known: StoredDay): Promise<boolean> {
  for (const { teamKey, slots } of answered)
    if (known.lineups.get(teamKey)?.day.lineupHash !== (await lineupHash(slots))) return true;
  return known.doubts.some(({ code }) => code === "OTHER_DATES_ROSTER");
}

/** Looks at one team's lineup: less than half of what it was, or with names that came damaged. */
async function weighLineup({ teamKey, teamName, slots }: TeamLineup, evidence: Evidence): Promise<Found[]> {
  const { date, known, before, after } = evidence;
  const found: Found[] = [];
  const stored = known.lineups.get(teamKey);
  const next = [before, after].find((one) => one?.rosters.get(teamKey) && one.isUndoubted);
  const usual = stored ? stored.slots.length : (next?.rosters.get(teamKey)?.size ?? 0);
  const rosterHash = () => playersHash(slots.map(({ playerId }) => playerId));
  const earlier = known.doubts.filter((one) => one.code === "LINEUP_SHRUNK" && one.teamKey === teamKey);
  if (earlier.length > 0 && slots.length * 2 >= usual) {
    // What was stored although it was doubted does not become right by being seen twice on a day.
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
      message: `The lineup of ${teamName} (${teamKey}) on ${date} has ${isNone ? "no players" : plural(slots.length, "player")}, and ${had}`,
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
      message: `Names came damaged in the lineup of ${teamName} (${teamKey}) on ${date}: ${listed(damaged.map((slot) => slot.playerName))}`,
      holds: [],
    });
  }
  return found;
}

/** The first few names, and how many more there are. */
const listed = (names: readonly string[]): string =>
  names.length <= MAX_NAMES
    ? names.join(", ")
    : `${names.slice(0, MAX_NAMES).join(", ")} and ${names.length - MAX_NAMES} more`;

const isSoundIn = (slot: LineupSlot | undefined) => slot !== undefined && !isDamaged(slot);

/** The rosters of a date as they would be, players' order aside. */
function rostersOf(answered: readonly TeamLineup[], known: StoredDay): Map<string, Set<string>> {
  const stored = [...known.lineups].map(([teamKey, { slots }]) => ({ teamKey, slots }));
  const filled = [...(answered.length > 0 ? stored : []), ...answered].filter(({ slots }) => slots.length > 0);
  return new Map(filled.map(({ teamKey, slots }) => [teamKey, new Set(slots.map(({ playerId }) => playerId))]));
}

/** Those lineups that would replace another one. */
const changed = (answered: readonly TeamLineup[], known: StoredDay): string[] =>
  answered.map(({ teamKey }) => teamKey).filter((teamKey) => known.lineups.has(teamKey));

/** Looks for players who are on two teams of the date. */
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
      message: `Player ${playerId} (${name}) is on the rosters of ${teams.join(" and ")}${shared.length > 1 ? `, and ${shared.length - 1} more are on two` : ""}`,
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

/** The doubt about a date whose lineups are those of a later one. @param hashes Of each team's lineup. */
export async function repetition(date: IsoDate, of: IsoDate, hashes: readonly (readonly [string, string])[]) {
  return {
    code: "OTHER_DATES_ROSTER" as const,
    teamKey: null,
    hash: await contentHash(hashes),
    message: `The lineups that came for ${date} are those of ${of} in every slot: the source may have shown the present rosters for another date`,
  };
}
