import { findLeague, saveLeague } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { demoLeague } from "../source/demo/league.ts";
import { PACIFIC } from "../source/leagueKey.ts";

/** Stores today's demo league if it is not stored yet, so a newcomer's first query finds it before anything is collected. */
export async function storeDemoLeague({ db, clock }: Pick<Deps, "db" | "clock">): Promise<void> {
  const league = demoLeague(PACIFIC.dateAt(clock.now()));
  const stored = await findLeague(db, league.key);
  if (stored?.startDate === league.startDate) return;
  await saveLeague(db, { ...league, positions: [...league.positions], fetchedAt: clock.now() });
}
