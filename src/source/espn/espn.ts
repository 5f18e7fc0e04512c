import * as v from "valibot";
import { addDays, dateIn, type IsoDate } from "../../calendar.ts";
import { type Clock, DAY } from "../../clock.ts";
import { EASTERN, readEspnKey } from "../leagueKey.ts";
import { type AskOptions, isEmpty, keyOf, type LineupSource, SourceError } from "../source.ts";
import { check } from "./check.ts";
import { type EspnGet, NotVisibleError, UnknownError } from "./client.ts";
import { GAMES, type Game } from "./games.ts";
import { type Asked, type LeagueRecord, parseDay, parseLeague, toLeague } from "./parse.ts";
import { parseSchedule, periodOf, type Schedule } from "./schedule.ts";

/** Schedules by game and season, with when they were asked for; plain values, for whoever makes several sources one after the other. */
export type ScheduleCache = Map<string, Schedule & { askedAt: number }>;

/** A season's schedule is asked for again after a day: games are moved, clubs renamed. */
const SCHEDULE_FRESH_MS = 1 * DAY;

const LEAGUE_VIEWS = "view=mSettings&view=mStatus&view=mTeam";

/** Before this season ESPN answers for whole seasons elsewhere, and as a rule with their last day (espn.md). */
const FIRST_DAILY_SEASON = 2018;

const gameShape = v.object({ currentSeasonId: v.pipe(v.number(), v.integer(), v.minValue(1990), v.maxValue(2100)) });

/** A league of ESPN that a key names. */
type Named = { game: Game; code: string; season: number; id: number };

/**
 * Daily lineups of ESPN Fantasy: one request per league and date, without an account where the league is public.
 * @param hasAccount Whether ESPN_S2 and ESPN_SWID are set.
 */
export function createEspnSource(
  { clock, get, hasAccount }: { clock: Clock; get: EspnGet; hasAccount: boolean },
  schedules: ScheduleCache = new Map(),
): LineupSource {
  const seasonPath = ({ code, season }: Named) => `/games/${code}/seasons/${season}`;
  const leaguePath = (named: Named, query: string) =>
    named.season < FIRST_DAILY_SEASON
      ? `/games/${named.code}/leagueHistory/${named.id}?seasonId=${named.season}&${query}`
      : `${seasonPath(named)}/segments/0/leagues/${named.id}?${query}`;
  /** Of seasons long ago the answer is a list of one. */
  const getLeague = async (named: Named, query: string, options: AskOptions): Promise<unknown> => {
    const answer = await get(leaguePath(named, query), options);
    return Array.isArray(answer) ? answer[0] : answer;
  };

  const scheduleOf = async (named: Named, options: AskOptions): Promise<Schedule> => {
    const place = `${named.code} ${named.season}`;
    const known = schedules.get(place);
    if (known && clock.now() - known.askedAt < SCHEDULE_FRESH_MS) return known;
    const asked = parseSchedule(await get(`${seasonPath(named)}?view=proTeamSchedules_wl`, options));
    schedules.set(place, { ...asked, askedAt: clock.now() });
    return asked;
  };

  const named = async (key: string, options: AskOptions): Promise<Named> => {
    const read = readEspnKey(key);
    if (!read) throw new SourceError("LEAGUE_NOT_FOUND", `${key} is no key of an ESPN league`);
    const game = GAMES[read.code];
    if (!game)
      throw new SourceError(
        "LEAGUE_NOT_DAILY",
        `League ${key} sets its lineups by the week, as all of ${read.code} do: the ledger records daily lineups, of flb, fba and fhl`,
      );
    return { ...read, game, season: read.season ?? (await currentSeason(get, read.code, options)) };
  };

  /**
   * The date of period 1: the schedule says it. Where that has no games yet, the period that runs today tells as well, but for the hours in
   * which ESPN's day may not have turned over, and not after the season.
   */
  const periodOneOf = async (league: Named, record: LeagueRecord | null, options: AskOptions): Promise<IsoDate> => {
    const schedule = await scheduleOf(league, options);
    if (schedule.periodOne !== null) return schedule.periodOne;
    const { status } = record ?? parseLeague(await getLeague(league, LEAGUE_VIEWS, options));
    const { latestScoringPeriod: latest = 0, finalScoringPeriod } = status;
    const today = dateIn(EASTERN.zone, clock.now());
    if (latest < 1 || latest > finalScoringPeriod || EASTERN.dateAt(clock.now()) !== today)
      throw new SourceError(
        "UNAVAILABLE",
        `ESPN does not say yet when the season of ${league.season} of ${league.code} begins`,
      );
    const periodOne = addDays(today, 1 - latest);
    schedules.set(`${league.code} ${league.season}`, { ...schedule, periodOne, askedAt: clock.now() });
    return periodOne;
  };

  /** What a refusal means for a league: whether it is private, not there, or not there yet. */
  const meaningOf = async (error: unknown, league: Named, options: AskOptions): Promise<unknown> => {
    const which = `League ${league.id}, season of ${league.season} (${league.code}),`;
    if (error instanceof NotVisibleError) {
      const help = hasAccount
        ? "the account of ESPN_S2 and ESPN_SWID is not in it, joined later than that season, or its cookies have run out: copy them anew from a browser"
        : "it needs ESPN_S2 and ESPN_SWID, the cookies of a member; or its commissioner makes it viewable to the public. Seasons of the past may need them though the league is public";
      return new SourceError("LEAGUE_PRIVATE", `${which} is not shown to everybody (${error.message}): ${help}`, {
        cause: error,
      });
    }
    if (!(error instanceof UnknownError)) return error;
    const current = await currentSeason(get, league.code, options).catch(() => null);
    if (current !== null && league.season > current)
      return new SourceError(
        "LEAGUE_NOT_FOUND",
        `ESPN has not opened the season of ${league.season} of ${league.code} yet: its current one is ${current}`,
        { cause: error },
      );
    return new SourceError(
      "LEAGUE_NOT_FOUND",
      `ESPN knows no league ${league.id} of ${league.code} in the season of ${league.season}: ${error.message}`,
      { cause: error },
    );
  };

  /** Throws LEAGUE_NOT_DAILY where ESPN has kept a season's last day alone: then every date would show the same lineups. */
  const assertDaily = async (league: Named, options: AskOptions) => {
    if (league.season >= FIRST_DAILY_SEASON) return;
    const day = (await getLeague(league, "view=mRoster&scoringPeriodId=1", options)) as {
      scoringPeriodId?: unknown;
    } | null;
    if (day?.scoringPeriodId === 1) return;
    throw new SourceError(
      "LEAGUE_NOT_DAILY",
      `ESPN has kept of the season of ${league.season} its last day alone (asked for period 1, period ${String(day?.scoringPeriodId)} came): there are daily lineups from ${FIRST_DAILY_SEASON} on`,
    );
  };

  return {
    kind: "ESPN",
    capabilities: { wholeDate: true, calendar: EASTERN },

    async league(key, options) {
      const wanted = await named(key, options);
      try {
        await assertDaily(wanted, options);
        const record = parseLeague(await getLeague(wanted, LEAGUE_VIEWS, options));
        if (record.id !== wanted.id || record.seasonId !== wanted.season)
          throw new SourceError(
            "MALFORMED",
            `League ${wanted.id} of ${wanted.season} was asked for, league ${record.id} of ${record.seasonId} came`,
          );
        const anchor = await periodOneOf(wanted, record, options);
        return toLeague(wanted, record, anchor);
      } catch (error) {
        throw await meaningOf(error, wanted, options);
      }
    },

    async *lineups(league, date, { teamKeys, ...options }) {
      const wanted = await named(league.key, options);
      if (date > EASTERN.dateAt(clock.now()))
        throw new SourceError("UNAVAILABLE", `${date} has not come yet: ESPN shows today's lineups for days to come`);
      try {
        const { clubs } = await scheduleOf(wanted, options);
        const period = periodOf(date, await periodOneOf(wanted, null, options));
        const asked: Asked = { league, date, period, clubs, ...wanted };
        const ask = async () =>
          parseDay(await getLeague(wanted, `view=mRoster&view=mTeam&scoringPeriodId=${period}`, options), asked);
        let answers = await ask();
        // One team without a player among others that have theirs is odd, and is asked for once more.
        if (answers.some(isEmpty) && !answers.every(isEmpty) && !options.signal.aborted) {
          options.meter.retries++;
          answers = await ask();
        }
        // All of them there and all empty: ESPN has no lineups for that date.
        if (answers.every(isEmpty)) return;
        const only = teamKeys && new Set(teamKeys);
        const listed = new Set(league.teams.map((team) => team.key));
        yield answers.filter((each) => !only || only.has(keyOf(each)) || !listed.has(keyOf(each)));
      } catch (error) {
        // The league was there a moment ago: it does not go away for one date.
        if (error instanceof UnknownError)
          throw new SourceError(
            "UNAVAILABLE",
            `ESPN does not find the rosters of ${league.key} on ${date}: ${error.message}`,
            { cause: error },
          );
        throw await meaningOf(error, wanted, options);
      }
    },
  };
}

/** The season of a game that ESPN has opened last: what a key without a season means. Throws a SourceError. */
export async function currentSeason(get: EspnGet, code: string, options: AskOptions): Promise<number> {
  let answer: unknown;
  try {
    answer = await get(`/games/${code}`, options);
  } catch (cause) {
    if (!(cause instanceof NotVisibleError) && !(cause instanceof UnknownError)) throw cause;
    throw new SourceError("UNAVAILABLE", `ESPN does not say which season of ${code} is open: ${cause.message}`, {
      cause,
    });
  }
  return check(gameShape, answer, `ESPN's record of ${code} cannot be read`).currentSeasonId;
}
