import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, type LeagueDate, type LeagueDates, ofLeague, onDate } from "./conditions.ts";

// Rosters and hashes, to compare the lineups of different dates without reading their slots.

/** Returns a map from team key to the ids of the players on the team's roster on a date. */
export async function rostersOn(db: Db, place: LeagueDate): Promise<Map<string, Set<string>>> {
  const rows = await db.orm.all<{ teamKey: string; players: string }>(
    sql`select team_key as "teamKey", json_group_array(${asText("player_id")}) as players from daily_lineups
        where ${onDate(place)} group by team_key`,
  );
  return new Map(rows.map(({ teamKey, players }) => [teamKey, new Set(JSON.parse(players) as string[])]));
}

/** Returns a map from team key to the hash of the team's lineup on a date. */
export async function lineupHashes(db: Db, place: LeagueDate): Promise<Map<string, string>> {
  const rows = await db.orm.all<{ teamKey: string; hash: string }>(
    sql`select team_key as "teamKey", lineup_hash as hash from team_days where ${onDate(place)}`,
  );
  return new Map(rows.map(({ teamKey, hash }) => [teamKey, hash]));
}

/**
 * Returns the dates on which every lineup is the same, slot by slot, as on the date `after`. Omits dates that have
 * doubts. Also omits a date if no lineup changed between that date and `after`.
 * @param after The date to compare with; only earlier dates are returned.
 */
export async function repeatedDates(db: Db, range: LeagueDates, after: string): Promise<string[]> {
  const rows = await db.orm.all<{ date: string }>(
    sql`with present as (select team_key, lineup_hash from team_days where ${onDate({ ...range, date: after })}),
          same as (select day.date from team_days as day join present on present.team_key = day.team_key and present.lineup_hash = day.lineup_hash
            where ${ofLeague(range, "day")} and day.date between ${range.start} and ${range.end} and day.date < ${after}
            group by day.date having count(*) = (select count(*) from present))
        select same.date from same join league_dates as known on ${ofLeague(range, "known")} and known.date = same.date and known.doubts = '[]'
        where exists (select 1 from team_days as later join present on present.team_key = later.team_key and present.lineup_hash <> later.lineup_hash
          where ${ofLeague(range, "later")} and later.date > same.date and later.date < ${after})`,
  );
  return rows.map(({ date }) => date);
}

/** Returns whether any team's lineup of a date in the range differs from the same team's lineup on the date `after`. */
export async function movedBetween(db: Db, range: LeagueDates, after: string): Promise<boolean> {
  const rows = await db.orm.all(
    sql`select 1 from team_days as day join team_days as later on ${ofLeague(range, "later")} and later.date = ${after}
          and later.team_key = day.team_key and later.lineup_hash <> day.lineup_hash
        where ${ofLeague(range, "day")} and day.date between ${range.start} and ${range.end} limit 1`,
  );
  return rows.length > 0;
}
