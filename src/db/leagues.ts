import { asc, eq, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import { inList } from "./conditions.ts";
import { DOUBTS, type Doubt } from "./doubts.ts";
import { leagues, teams } from "./tables/leagues.ts";
import { DAMAGED, ENVIRONMENTS, type SOURCE_KINDS } from "./tables/values.ts";

/** `leftAt`: when the league's record first omitted the team, in milliseconds since 1970; null while the team is listed. */
export type StoredTeam = { key: string; name: string; leagueKey: string; leftAt: number | null };

/** Limit on how many previous seasons of a league are followed. */
export const MAX_SEASONS = 30;

const positions = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(v.object({ position: v.string(), count: v.number(), starting: v.boolean() })),
);

/** A league as its source last described it. */
export type StoredLeague = {
  key: string;
  source: (typeof SOURCE_KINDS)[number];
  sport: string;
  season: number;
  name: string;
  startDate: string;
  endDate: string;
  positions: v.InferOutput<typeof positions>;
  previousKey: string | null;
  /** When the league's record was fetched, in milliseconds since 1970. */
  fetchedAt: number;
};

const parse = ({ removedAt: _, ...row }: typeof leagues.$inferSelect): StoredLeague => ({
  ...row,
  // Damaged positions count as empty until the record is fetched again; `verify` reports them.
  positions: v.parse(v.fallback(positions, []), row.positions),
});

export async function findLeague(db: Db, key: string): Promise<StoredLeague | undefined> {
  const [row] = await db.orm.select().from(leagues).where(eq(leagues.key, key));
  return row && parse(row);
}

export async function findLeagues(db: Db, keys: readonly string[]): Promise<StoredLeague[]> {
  const rows = await db.orm
    .select()
    .from(leagues)
    .where(sql`${leagues.key} ${inList(keys)}`);
  return rows.map(parse);
}

/**
 * Returns a map from league key to the league's previous seasons, newest first. Follows the links in the records and ends at the first
 * unknown league.
 */
export async function previousSeasons(db: Db, keys: readonly string[]): Promise<Map<string, StoredLeague[]>> {
  const chains = await db.orm.all<{ origin: string; key: string }>(
    sql`with recursive chain (origin, key, n) as (
          select key, previous_key, 1 from leagues where key ${inList(keys)} and previous_key is not null
          union all select chain.origin, leagues.previous_key, n + 1 from leagues join chain on leagues.key = chain.key
            where leagues.previous_key is not null and n < ${MAX_SEASONS})
        select origin, key from chain order by n`,
  );
  const linked = [...new Set(chains.map(({ key }) => key))];
  const found = new Map((linked.length > 0 ? await findLeagues(db, linked) : []).map((league) => [league.key, league]));
  const seasons = new Map<string, StoredLeague[]>(keys.map((key) => [key, []]));
  for (const { origin, key } of chains) {
    const league = found.get(key);
    if (league) seasons.get(origin)?.push(league);
  }
  return seasons;
}

/** Returns the aliases of the given leagues. */
export async function aliasesOf(db: Db, keys: readonly string[]): Promise<{ alias: string; leagueKey: string }[]> {
  return db.orm.all(sql`select alias, league_key as "leagueKey" from league_aliases where league_key ${inList(keys)}`);
}

/** Lists all leagues by name, then newest season first. Omits leagues that were removed and have had no job since. */
export async function listLeagues(db: Db): Promise<StoredLeague[]> {
  const rows = await db.orm
    .select()
    .from(leagues)
    .where(
      sql`${leagues.removedAt} is null or exists (select 1 from job_log where job_log.league_key = ${leagues.key}
        and job_log.environment ${inList(ENVIRONMENTS)} and job_log.created_at > ${leagues.removedAt})`,
    )
    .orderBy(asc(leagues.name), sql`${leagues.season} desc`, asc(leagues.key));
  return rows.map(parse);
}

/** Returns the current teams of the given leagues, ordered by league and by the number in the team's key. */
export async function teamsOf(db: Db, leagueKeys: readonly string[]): Promise<StoredTeam[]> {
  return db.orm
    .select()
    .from(teams)
    .where(sql`${teams.leagueKey} ${inList(leagueKeys)} and ${teams.leftAt} is null`)
    .orderBy(asc(teams.leagueKey), sql`length(${teams.key})`, asc(teams.key));
}

/** Returns a map from team key to team name, for all teams that the league has ever had. */
export async function allTeamsOf(db: Db, leagueKey: string): Promise<Map<string, string>> {
  const rows = await db.orm.all<{ key: string; name: string }>(
    sql`select key, name from teams where league_key = ${leagueKey}`,
  );
  return new Map(rows.map(({ key, name }) => [key, name]));
}

export async function findTeams(db: Db, keys: readonly string[]): Promise<StoredTeam[]> {
  return db.orm
    .select()
    .from(teams)
    .where(sql`${teams.key} ${inList(keys)}`);
}

/**
 * Stores a league as its source describes it. If a team is no longer listed, sets its `leftAt` and keeps its lineups. When a team joins
 * the list, dates collected without that team become due again, because the source may have the team's lineups.
 */
export async function saveLeague(
  db: Db,
  league: StoredLeague & { teams: readonly { key: string; name: string }[] },
): Promise<void> {
  const { teams: members, positions: slots, key, ...rest } = league;
  const row = { ...rest, positions: JSON.stringify(slots) };
  const listed = JSON.stringify(members.map(({ key, name }) => [key, name]));
  const isListed = sql`key in (select value ->> 0 from json_each(${listed}))`;
  const joined = (name: string) =>
    ({
      code: "TEAM_JOINED",
      teamKey: null,
      hash: name,
      message: "The league now lists a team that it did not list when this date was collected",
      since: league.fetchedAt,
      confirmedAt: null,
    }) satisfies Doubt;
  await db.write(
    [
      db.orm
        .insert(leagues)
        .values({ key, ...row })
        .onConflictDoUpdate({ target: leagues.key, set: row }),
      sql`update league_dates set doubts = json_insert(${DOUBTS}, '$[#]', json(${JSON.stringify(joined(String(members.length)))})), due_at = ${league.fetchedAt}
          where environment ${inList(ENVIRONMENTS)} and league_key = ${key} and state = 'COMPLETE' and due_at is null
            and exists (select 1 from json_each(${listed}) as team
              where not exists (select 1 from teams where teams.key = team.value ->> 0 and left_at is null)
                and not exists (select 1 from team_days as day where day.environment = league_dates.environment
                  and day.league_key = league_dates.league_key and day.date = league_dates.date and day.team_key = team.value ->> 0))`,
      sql`update teams set left_at = ${league.fetchedAt} where league_key = ${key} and left_at is null and not ${isListed}`,
      sql`update teams set left_at = null where league_key = ${key} and left_at is not null and ${isListed}`,
      sql`insert into teams (key, league_key, name) select value ->> 0, ${key}, value ->> 1
        from json_each(${listed}) where true
        on conflict do update set name = excluded.name
          where name <> excluded.name and (instr(excluded.name, ${DAMAGED}) = 0 or instr(name, ${DAMAGED}) > 0)`,
    ],
    { repeatable: true },
  );
}

/** Puts a removed league back on the list. */
export async function restoreLeague(db: Db, key: string): Promise<void> {
  await db.write([sql`update leagues set removed_at = null where key = ${key} and removed_at is not null`], {
    repeatable: true,
  });
}

/** Takes a league off the list until a job is started for it or somebody adds it. */
export async function takeOffList(db: Db, key: string, now: number): Promise<void> {
  await db.write([sql`update leagues set removed_at = ${now} where key = ${key}`], { repeatable: true });
}

/**
 * Returns what still uses the league: an unfinished job, or a schedule that names the league by key or alias. Returns null if nothing uses
 * the league.
 */
export async function hasUse(db: Db, key: string): Promise<{ kind: "schedule" | "job"; id: string } | null> {
  const names = sql`(select ${key} union all select alias from league_aliases where league_key = ${key})`;
  const [use] = await db.orm.all<{ kind: "schedule" | "job"; id: string }>(
    sql`select 'schedule' as kind, id from schedules where deleted_at is null and league_key in ${names}
        union all select 'job', id from job_log where environment ${inList(ENVIRONMENTS)} and league_key = ${key} and finished_at is null limit 1`,
  );
  return use ?? null;
}

/** Returns the league key of an alias; undefined if the alias was not resolved after `since` (milliseconds since 1970). */
export async function resolveAlias(db: Db, alias: string, since: number): Promise<string | undefined> {
  const [row] = await db.orm.all<{ key: string }>(
    sql`select league_key as key from league_aliases where alias = ${alias} and resolved_at > ${since}`,
  );
  return row?.key;
}

export async function saveAlias(db: Db, alias: string, leagueKey: string, resolvedAt: number): Promise<void> {
  await db.write(
    [
      sql`insert into league_aliases (alias, league_key, resolved_at) values (${alias}, ${leagueKey}, ${resolvedAt})
        on conflict do update set league_key = excluded.league_key, resolved_at = excluded.resolved_at`,
    ],
    { repeatable: true },
  );
}
