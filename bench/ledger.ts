import { sql } from "drizzle-orm";
import { addDays, datesBetween } from "../src/calendar.ts";
import { systemClock } from "../src/clock.ts";
import { parseConfig } from "../src/config/config.ts";
import { type Db, openDb } from "../src/db/client.ts";
import type { TeamLineup } from "../src/db/lineups.ts";
import { migrate } from "../src/db/migrate.ts";
import { readMigrations } from "../src/runtimes/migrations.ts";
import { createServer } from "../src/server.ts";
import { demoLeague } from "../src/source/demo/league.ts";
import { demoLineups } from "../src/source/demo/roster.ts";
import { PACIFIC } from "../src/source/leagueKey.ts";
import type { League, LineupSource } from "../src/source/source.ts";

// The league that all benchmarks share: 18 teams of 26 players, 468 records a date, 180 dates.

export const FIRST = "2025-04-01";
export const LAST = addDays(FIRST, 179);
export const NOW = Date.parse("2025-10-15T18:00:00Z");
const TEAMS = 18;
const demo = demoLeague("2025-06-01");

export const leagueOf = (key: string): League => {
  const year = /^20\d\d/.test(key) ? key.slice(0, 4) : "2025";
  return {
    ...demo,
    key,
    season: Number(year),
    source: "YAHOO",
    startDate: FIRST.replace("2025", year),
    endDate: LAST.replace("2025", year),
    previousKey: /^20\d\d\.l/.test(key) && Number(year) > 2016 ? `${Number(year) - 1}.l.1` : null,
    teams: Array.from({ length: TEAMS }, (_, i) => ({ key: `${key}.t.${i + 1}`, name: `Team ${i + 1}` })),
  };
};

/** Returns a lineup for each team: first the demo's twelve, then some of these again with other player ids. */
export function lineupsOf(league: League, date: string): TeamLineup[] {
  const twelve = demoLineups(demo, date);
  return league.teams.map(({ key, name }, i) => {
    const slots = twelve[i % twelve.length]?.slots ?? [];
    return {
      teamKey: key,
      teamName: name,
      slots:
        i < twelve.length
          ? slots
          : slots.map((e) => ({ ...e, playerId: `2${e.playerId}`, playerName: `${e.playerName} Jr` })),
    };
  });
}

/** Returns a source that answers at once, from memory, so a benchmark measures only our own cost. */
export function sourceOf(): LineupSource {
  const made = new Map<string, TeamLineup[]>();
  return {
    kind: "YAHOO",
    capabilities: { wholeDate: true, calendar: PACIFIC },
    league: async (key) => leagueOf(key),
    async *lineups(league, date) {
      const known = made.get(`${league.key} ${date}`) ?? lineupsOf(league, date);
      made.set(`${league.key} ${date}`, known);
      yield known.map((lineup) => ({ kind: "lineup" as const, lineup }));
    },
  };
}

export async function openFile(path: string, onStatement?: (text: string) => void): Promise<Db> {
  const db = openDb({ url: `file:${path}`, onStatement });
  await migrate(db, await readMigrations());
  await db.useWal();
  return db;
}

export function serverOn(db: Db, source: LineupSource | null, env: Record<string, string> = {}) {
  return createServer(parseConfig({ REQUESTS_PER_SECOND: "0", ...env }), {
    db,
    clock: { ...systemClock, now: () => NOW },
    ...(source ? { source: () => source } : {}),
  });
}

export const DATES = datesBetween(FIRST, LAST);

/** Copies a league with its teams and lineups to `copies` other keys, starting at 458.l.1000. */
export async function copyLeagues(db: Db, key: string, copies: number): Promise<void> {
  const columnsOf = async (table: string) =>
    (await db.orm.all<{ name: string }>(sql.raw(`select name from pragma_table_info('${table}')`))).map(
      ({ name }) => name,
    );
  const tables = await Promise.all(
    ["leagues", "teams", "team_days", "daily_lineups"].map(async (table) => ({
      table,
      columns: await columnsOf(table),
    })),
  );
  for (let i = 0; i < copies; i++) {
    const copy = `458.l.${1000 + i}`;
    await db.write(
      tables.map(({ table, columns }) => {
        const keyOf = table === "leagues" ? "key" : "league_key";
        const values = columns.map((name) =>
          name === keyOf
            ? `'${copy}'`
            : name === "team_key" || (table === "teams" && name === "key")
              ? `replace("${name}", '${key}', '${copy}')`
              : `"${name}"`,
        );
        const names = columns.map((name) => `"${name}"`).join(", ");
        return sql.raw(
          `insert into ${table} (${names}) select ${values.join(", ")} from ${table} where ${keyOf} = '${key}'`,
        );
      }),
    );
  }
}
