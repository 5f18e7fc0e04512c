import { allTeamsOf, findLeague } from "../db/leagues.ts";
import { type LineupFilter, type LineupPosition, listLineups, slotsOf } from "../db/lineupQueries.ts";
import type { Deps } from "../deps.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { isSameDay } from "./compare.ts";

export const EXPORT_COLUMNS = [
  "environment",
  "league_key",
  "season",
  "date",
  "team_key",
  "team_name",
  "player_id",
  "player_name",
  "selected_position",
  "position_type",
  "eligible_positions",
  "player_team",
  "player_status",
  "observed_at",
  "observed_same_day",
  "provisional",
  "job_id",
] as const;
export type ExportRow = Record<(typeof EXPORT_COLUMNS)[number], string | number | boolean | null | readonly string[]>;

/** Number of lineups that an export reads at once, which limits the memory that the export needs for a range of any length. */
const DAYS_A_READ = 25;

/** Yields, in batches, all records of a league in a range of dates, ordered by date, team and player. */
export async function* exportRows(
  { db }: Pick<Deps, "db">,
  filter: LineupFilter,
): AsyncGenerator<ExportRow[], void, undefined> {
  // Cache the result for each time and date: many records of a collection have the same time, and computing the date of a time takes longer
  // than reading a record.
  const calendar = calendarOf(filter.leagueKey);
  const sameDay = new Map<string, boolean>();
  const isSeenOn = (observedAt: number, date: string): boolean => {
    const key = `${observedAt} ${date}`;
    const known = sameDay.get(key) ?? isSameDay(observedAt, date, calendar);
    sameDay.set(key, known);
    return known;
  };
  const { leagueKey } = filter;
  const [league, teams] = await Promise.all([findLeague(db, leagueKey), allTeamsOf(db, leagueKey)]);
  for (let after: LineupPosition | undefined; ; ) {
    const days = await listLineups(db, filter, { after, limit: DAYS_A_READ });
    if (days.length === 0) return;
    const slots = await slotsOf(db, days);
    sameDay.clear();
    yield days.flatMap((day, i) =>
      (slots[i] ?? []).map((slot) => ({
        environment: day.environment,
        league_key: day.leagueKey,
        season: league?.season ?? null,
        date: day.date,
        team_key: day.teamKey,
        team_name: teams.get(day.teamKey) ?? null,
        player_id: slot.playerId,
        player_name: slot.playerName,
        selected_position: slot.selectedPosition,
        position_type: slot.positionType,
        eligible_positions: slot.eligiblePositions,
        player_team: slot.playerTeam,
        player_status: slot.playerStatus,
        observed_at: new Date(slot.observedAt).toISOString(),
        observed_same_day: isSeenOn(slot.observedAt, day.date),
        provisional: !day.final,
        job_id: slot.jobId,
      })),
    );
    const last = days.at(-1);
    after = last && [last.date, last.teamKey];
  }
}
