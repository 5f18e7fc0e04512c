import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { Environment } from "./job.ts";

/** Declares dates not needed, for a reason; dates whose line-ups are there stay as they are. */
export async function waive(
  db: Db,
  {
    environment,
    leagueKey,
    dates,
    reason,
    now,
  }: { environment: Environment; leagueKey: string; dates: readonly string[]; reason: string; now: number },
): Promise<void> {
  await db.write(
    [
      sql`insert into league_dates (environment, league_key, date, state, final, reason, job_id, updated_at)
        select ${environment}, ${leagueKey}, value, 'WAIVED', 1, ${reason}, null, ${now} from json_each(${JSON.stringify(dates)}) where true
        on conflict do update set state = excluded.state, final = 1, reason = excluded.reason, updated_at = excluded.updated_at
        where league_dates.state not in ('COMPLETE', 'EMPTY')`,
    ],
    { repeatable: true },
  );
}
