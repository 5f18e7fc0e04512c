import { addDays, type IsoDate } from "../calendar.ts";
import type { Db } from "../db/client.ts";
import type { LeagueDates } from "../db/conditions.ts";
import type { Blame } from "../db/doubts.ts";
import { lineupHashes, repeatedDates } from "../db/rosters.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { repetition } from "./weigh.ts";

/**
 * Returns doubts about dates whose lineups equal today's lineups in every slot, although lineups on dates in between differ. The source may
 * have labelled today's rosters with another date. When the doubted date was collected, the repetition may have gone unnoticed, because
 * later dates were not yet known.
 * @param lastDate The last date of the season.
 * @param now The current time, in milliseconds since 1970.
 */
export async function doubtRepeated(db: Db, range: LeagueDates & { lastDate: IsoDate }, now: number): Promise<Blame[]> {
  const { environment, leagueKey, lastDate } = range;
  const calendar = calendarOf(leagueKey);
  const present = calendar.dateAt(now);
  const today = present < lastDate ? present : lastDate;
  const dates = await repeatedDates(
    db,
    { ...range, end: addDays(today, -1) < range.end ? addDays(today, -1) : range.end },
    today,
  );
  if (dates.length === 0) return [];
  const hashes = [...(await lineupHashes(db, { environment, leagueKey, date: today }))];
  return Promise.all(
    dates.map(async (date) => ({
      date,
      dueAt: calendar.finalAt(present),
      doubt: { ...(await repetition(date, today, hashes)), since: now, confirmedAt: null },
    })),
  );
}
