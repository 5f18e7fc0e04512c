import * as v from "valibot";
import { addDays, type IsoDate } from "../../calendar.ts";
import type { LineupSlot } from "../../db/lineups.ts";
import { HEALTHY, slotUse } from "../slots.ts";
import { type League, nobodyJoined, SourceError, type TeamAnswer } from "../source.ts";
import { nameIn } from "../text.ts";
import { check, malformed } from "./check.ts";
import { eligiblePositions, type Game, slotName } from "./games.ts";
import type { Schedule } from "./schedule.ts";

// Owners and members are personal data: the schemas below do not name them, so parsing drops them.

const id = v.pipe(v.number(), v.integer());
const filled = v.pipe(v.string(), v.trim(), v.minLength(1, "not empty"), v.transform(nameIn));
const period = v.pipe(id, v.minValue(0));
/** Player ids of empty draft places (issues 37 and 21 of cwendt94/espn-api). */
const NOBODY: ReadonlySet<number> = new Set([0, -1]);
const MAX_PERIODS = 400;

const status = v.object({
  firstScoringPeriod: v.optional(period, 1),
  finalScoringPeriod: v.pipe(period, v.minValue(1), v.maxValue(MAX_PERIODS)),
  latestScoringPeriod: v.optional(period),
  previousSeasons: v.optional(v.array(id), []),
});

const teamMeta = v.object({
  id,
  /** Until October 2023, ESPN sent a team's name in two fields, `location` and `nickname`. */
  name: v.nullish(v.string()),
  location: v.nullish(v.string()),
  nickname: v.nullish(v.string()),
  abbrev: v.nullish(v.string()),
});

const leagueShape = v.object({
  id,
  seasonId: id,
  status,
  settings: v.object({
    name: v.optional(filled),
    rosterSettings: v.object({ lineupSlotCounts: v.record(v.string(), id) }),
  }),
  teams: v.array(teamMeta),
});

const dayShape = v.object({
  id,
  seasonId: id,
  scoringPeriodId: period,
  status: v.optional(v.object({ latestScoringPeriod: v.optional(period) })),
  teams: v.array(v.unknown()),
});

const entryShape = v.object({
  playerId: id,
  lineupSlotId: id,
  playerPoolEntry: v.object({
    player: v.object({
      fullName: filled,
      defaultPositionId: v.optional(id),
      eligibleSlots: v.optional(v.array(id), []),
      proTeamId: v.optional(id),
      injuryStatus: v.nullish(v.string()),
    }),
  }),
});

/** A league's record, with periods in place of dates. */
export type LeagueRecord = v.InferOutput<typeof leagueShape>;

export const parseLeague = (payload: unknown): LeagueRecord =>
  check(leagueShape, payload, "The league's record cannot be read");

/** Converts a record to a league. @param periodOne The date of period 1. */
export function toLeague(
  { game, code, season }: { game: Game; code: string; season: number },
  record: LeagueRecord,
  periodOne: IsoDate,
): League {
  const key = `espn.${code}.${season}.${record.id}`;
  const { firstScoringPeriod, finalScoringPeriod, previousSeasons } = record.status;
  if (finalScoringPeriod < firstScoringPeriod)
    throw malformed(
      `The last period of league ${key}, ${finalScoringPeriod}, is before its first period, ${firstScoringPeriod}`,
    );
  if (record.teams.length === 0) throw nobodyJoined(key, record.settings.name ?? `League ${record.id}`);
  const teams = record.teams.map((team) => ({ key: `${key}.t.${team.id}`, name: nameOf(team) }));
  if (new Set(teams.map((team) => team.key)).size !== teams.length) throw malformed(`League ${key} lists a team twice`);
  const before = previousSeasons.filter((year) => year < season);
  return {
    key,
    source: "ESPN",
    sport: game.sport,
    season: game.startsYearBefore ? season - 1 : season,
    name: record.settings.name ?? `League ${record.id}`,
    startDate: addDays(periodOne, Math.max(firstScoringPeriod, 1) - 1),
    endDate: addDays(periodOne, finalScoringPeriod - 1),
    teams,
    positions: Object.entries(record.settings.rosterSettings.lineupSlotCounts).flatMap(([slot, count]) => {
      const position = slotName(game, Number(slot));
      return count > 0 ? [{ position, count, starting: slotUse(position) === "STARTED" }] : [];
    }),
    previousKey: before.length === 0 ? null : `espn.${code}.${Math.max(...before)}.${record.id}`,
  };
}

/** The requested date of a league, and what is needed to read the answer. */
export type Asked = {
  league: League;
  date: IsoDate;
  period: number;
  id: number;
  season: number;
  game: Game;
  clubs: Schedule["clubs"];
};

/**
 * Reads the rosters of a date, team by team. Throws MALFORMED if the answer is not about the requested league and date, or if no
 * team can be read. Throws UNAVAILABLE for a period that has not begun.
 */
export function parseDay(payload: unknown, asked: Asked): TeamAnswer[] {
  const { league, date, period } = asked;
  const day = check(dayShape, payload, `The rosters of ${league.key} on ${date} cannot be read`);
  if (day.id !== asked.id || day.seasonId !== asked.season)
    throw malformed(
      `Asked for the rosters of ${league.key} on ${date}, but got the rosters of league ${day.id} in season ${day.seasonId}`,
    );
  if (day.scoringPeriodId !== period)
    throw malformed(
      `Asked for the rosters of ${league.key} on ${date} (period ${period}), but got those of period ${day.scoringPeriodId}`,
    );
  const latest = day.status?.latestScoringPeriod;
  if (latest !== undefined && latest < period)
    throw new SourceError(
      "UNAVAILABLE",
      `ESPN has no lineups for ${date} yet: ESPN is at period ${latest}, and ${date} is period ${period}`,
    );
  if (day.teams.length === 0)
    throw malformed(`The rosters of ${league.key} on ${date} cannot be read: the list of teams is empty`);
  const answers: TeamAnswer[] = [];
  let first: SourceError | undefined;
  for (const [i, team] of day.teams.entries()) {
    try {
      answers.push(parseTeam(team, `teams.${i}`, asked));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      first ??= error;
      const { id: teamId } = (team ?? {}) as { id?: unknown };
      if (typeof teamId === "number")
        answers.push({ kind: "fault", teamKey: `${league.key}.t.${teamId}`, error, refused: false });
    }
  }
  if (first && answers.every(({ kind }) => kind === "fault")) throw first;
  return answers;
}

function parseTeam(value: unknown, path: string, { league, date, game, clubs }: Asked): TeamAnswer {
  const meta = check(teamMeta, value, `A team on ${date} cannot be read`, path);
  const teamKey = `${league.key}.t.${meta.id}`;
  const teamName = nameOf(meta);
  const what = `The roster of ${teamKey} (${teamName}) on ${date}`;
  const { roster, owners } = value as { roster?: unknown; owners?: unknown };
  // A team that has just joined has no roster yet (issue 534 of cwendt94/espn-api).
  if (roster === undefined && Array.isArray(owners) && owners.length === 0)
    return { kind: "lineup", lineup: { teamKey, teamName, slots: [] } };
  const { entries } = check(
    v.object({ entries: v.array(v.unknown()) }),
    roster,
    `${what} cannot be read`,
    `${path}.roster`,
  );
  const slots: LineupSlot[] = [];
  const seen = new Set<number>();
  for (const [i, each] of entries.entries()) {
    if (NOBODY.has((each as { playerId?: number } | null)?.playerId ?? Number.NaN)) continue;
    const entry = check(
      entryShape,
      each,
      `A player on ${what.replace("The", "the")} cannot be read`,
      `${path}.roster.entries.${i}`,
    );
    if (seen.has(entry.playerId)) throw malformed(`${what} has player ${entry.playerId} twice`);
    seen.add(entry.playerId);
    slots.push(toSlot(entry, game, clubs));
  }
  return { kind: "lineup", lineup: { teamKey, teamName, slots } };
}

function toSlot(
  { playerId, lineupSlotId, playerPoolEntry: { player } }: v.InferOutput<typeof entryShape>,
  game: Game,
  clubs: Schedule["clubs"],
): LineupSlot {
  const own = game.positions[player.defaultPositionId ?? Number.NaN];
  const club = player.proTeamId;
  return {
    playerId: String(playerId),
    playerName: player.fullName,
    selectedPosition: slotName(game, lineupSlotId),
    positionType: game.typeOf(own),
    eligiblePositions: eligiblePositions(game, player.eligibleSlots, own),
    // ESPN gives a player without a club the club number 0.
    playerTeam: club === undefined || club === 0 ? null : (clubs[club] ?? `TEAM_${club}`),
    playerStatus: statusOf(player.injuryStatus),
  };
}

/** Returns a player's status. ESPN writes ACTIVE in a healthy player's own record, and NORMAL in his roster entry. */
const statusOf = (injury: string | null | undefined): string =>
  injury === null || injury === undefined || injury === "" || injury === "ACTIVE" || injury === "NORMAL"
    ? HEALTHY
    : injury;

function nameOf({ id: teamId, name, location, nickname, abbrev }: v.InferOutput<typeof teamMeta>): string {
  const parts = [location?.trim(), nickname?.trim()].filter(Boolean).join(" ");
  return nameIn(name?.trim() || parts || abbrev?.trim() || `Team ${teamId}`);
}
