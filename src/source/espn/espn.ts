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

/**
 * Schedules by game and season, with the time when each was requested. A schedule is plain data, so sources that are created later can
 * reuse it.
 */
export type ScheduleCache = Map<string, Schedule & { askedAt: number }>;

/** How long a season's schedule is cached. A cached schedule expires because games are moved and clubs are renamed. */
const SCHEDULE_FRESH_MS = 1 * DAY;

const LEAGUE_VIEWS = "view=mSettings&view=mStatus&view=mTeam";

/** Seasons before 2018 are at `leagueHistory`, which usually has only the last day of each season. */
const FIRST_DAILY_SEASON = 2018;

const gameShape = v.object({ currentSeasonId: v.pipe(v.number(), v.integer(), v.minValue(1990), v.maxValue(2100)) });

/** The ESPN league that a key names. */
type Named = { game: Game; code: string; season: number; id: number };

/**
 * Creates the source of ESPN Fantasy: one request per league and date. A public league needs no account.
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
  /** Returns ESPN's answer about a league. For seasons before 2018, ESPN wraps the answer in a list. */
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
    if (!read) throw new SourceError("LEAGUE_NOT_FOUND", `${key} is not the key of an ESPN league`);
    const game = GAMES[read.code];
    if (!game)
      throw new SourceError(
        "LEAGUE_NOT_DAILY",
        `League ${key} has weekly lineups, like all leagues of ${read.code}. The ledger records only games with daily lineups: flb, fba, fhl`,
      );
    return { ...read, game, season: read.season ?? (await currentSeason(get, read.code, options)) };
  };

  /**
   * Returns the date of period 1 from the schedule. If the schedule has no games yet, derives the date of period 1 from today's period.
   * Today's period is no help after the season, or in the hours when ESPN may or may not have begun the new day.
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
        `ESPN does not say yet when the ${league.season} season of ${league.code} begins`,
      );
    const periodOne = addDays(today, 1 - latest);
    schedules.set(`${league.code} ${league.season}`, { ...schedule, periodOne, askedAt: clock.now() });
    return periodOne;
  };

  /** Converts ESPN's refusal to an error that says whether the league is private, unknown or not open yet. */
  const meaningOf = async (error: unknown, league: Named, options: AskOptions): Promise<unknown> => {
    const which = `League ${league.id} (${league.code}, ${league.season} season)`;
    if (error instanceof NotVisibleError) {
      const help = hasAccount
        ? "the account of ESPN_S2 and ESPN_SWID is not in it, joined after that season, or its cookies have expired: copy them again"
        : "set ESPN_S2 and ESPN_SWID to a member's cookies, or have it made public. Past seasons of public leagues may need them too";
      return new SourceError("LEAGUE_PRIVATE", `${which} is not public (${error.message}): ${help}`, {
        cause: error,
      });
    }
    if (!(error instanceof UnknownError)) return error;
    const current = await currentSeason(get, league.code, options).catch(() => null);
    if (current !== null && league.season > current)
      return new SourceError(
        "LEAGUE_NOT_FOUND",
        `ESPN has not opened the ${league.season} season of ${league.code} yet: the current season is ${current}`,
        { cause: error },
      );
    return new SourceError(
      "LEAGUE_NOT_FOUND",
      `ESPN has no league ${league.id} of ${league.code} in the ${league.season} season: ${error.message}`,
      { cause: error },
    );
  };

  /** Throws LEAGUE_NOT_DAILY when ESPN has kept only a season's last day, because every date would then show the same lineups. */
  const assertDaily = async (league: Named, options: AskOptions) => {
    if (league.season >= FIRST_DAILY_SEASON) return;
    const day = (await getLeague(league, "view=mRoster&scoringPeriodId=1", options)) as {
      scoringPeriodId?: unknown;
    } | null;
    if (day?.scoringPeriodId === 1) return;
    throw new SourceError(
      "LEAGUE_NOT_DAILY",
      `ESPN has kept only the last day of the ${league.season} season (asked for period 1, got ` +
        `${String(day?.scoringPeriodId)}). ESPN has daily lineups only since the ${FIRST_DAILY_SEASON} season`,
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
            `Asked for league ${wanted.id} of ${wanted.season}, got league ${record.id} of ${record.seasonId}`,
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
        throw new SourceError("UNAVAILABLE", `${date} is in the future, for which ESPN shows today's lineups`);
      try {
        const { clubs } = await scheduleOf(wanted, options);
        const period = periodOf(date, await periodOneOf(wanted, null, options));
        const asked: Asked = { league, date, period, clubs, ...wanted };
        const ask = async () =>
          parseDay(await getLeague(wanted, `view=mRoster&view=mTeam&scoringPeriodId=${period}`, options), asked);
        let answers = await ask();
        // A team without players is odd if other teams have players, so ask once more.
        if (answers.some(isEmpty) && !answers.every(isEmpty) && !options.signal.aborted) {
          options.meter.retries++;
          answers = await ask();
        }
        // If no team has players, ESPN has no lineups for that date.
        if (answers.every(isEmpty)) return;
        const only = teamKeys && new Set(teamKeys);
        const listed = new Set(league.teams.map((team) => team.key));
        yield answers.filter((each) => !only || only.has(keyOf(each)) || !listed.has(keyOf(each)));
      } catch (error) {
        // A 404 for one date does not mean that the league, which was found before, is gone.
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

/** Returns the newest season that ESPN has opened for a game. A league key without a season means the newest season. Throws SourceError. */
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
