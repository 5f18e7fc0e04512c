import { asc, eq, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import { inList } from "./conditions.ts";
import { leagues, teams } from "./tables/leagues.ts";
import type { SOURCE_KINDS } from "./tables/values.ts";

export type StoredTeam = { key: string; name: string; leagueKey: string };

const positions = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(v.object({ position: v.string(), count: v.number(), starting: v.boolean() })),
);

/** A league as its source described it last. */
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
  /** Milliseconds since 1970. */
  fetchedAt: number;
};

const parse = (row: typeof leagues.$inferSelect): StoredLeague => ({
  ...row,
  positions: v.parse(positions, row.positions),
});

export async function findLeague(db: Db, key: string): Promise<StoredLeague | undefined> {
  const [row] = await db.orm.select().from(leagues).where(eq(leagues.key, key));
  return row && parse(row);
}

/** All leagues that were ever collected, by name; of a name, the newest season first. */
export async function listLeagues(db: Db): Promise<StoredLeague[]> {
  const rows = await db.orm
    .select()
    .from(leagues)
    .orderBy(asc(leagues.name), sql`${leagues.season} desc`, asc(leagues.key));
  return rows.map(parse);
}

/** The teams of some leagues, in the order of their keys' numbers. */
export async function teamsOf(db: Db, leagueKeys: readonly string[]): Promise<StoredTeam[]> {
  return db.orm
    .select()
    .from(teams)
    .where(sql`${teams.leagueKey} ${inList(leagueKeys)}`)
    .orderBy(asc(teams.leagueKey), sql`length(${teams.key})`, asc(teams.key));
}

export async function findTeams(db: Db, keys: readonly string[]): Promise<StoredTeam[]> {
  return db.orm
    .select()
    .from(teams)
    .where(sql`${teams.key} ${inList(keys)}`);
}

export async function saveLeague(
  db: Db,
  league: StoredLeague & { teams: readonly { key: string; name: string }[] },
): Promise<void> {
  const { teams: members, positions: slots, key, ...rest } = league;
  const row = { ...rest, positions: JSON.stringify(slots) };
  await db.write(
    [
      db.orm
        .insert(leagues)
        .values({ key, ...row })
        .onConflictDoUpdate({ target: leagues.key, set: row }),
      sql`insert into teams (key, league_key, name) select value ->> 0, ${key}, value ->> 1
        from json_each(${JSON.stringify(members.map(({ key, name }) => [key, name]))}) where true
        on conflict do update set name = excluded.name where name <> excluded.name`,
    ],
    { repeatable: true },
  );
}

/** The league that an alias stands for, if that was found out after `since` (milliseconds). */
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
