import { join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { migrate } from "../../src/db/migrate.ts";
import { readMigrations } from "../../src/runtimes/migrations.ts";
import { makeDatabase, makeFolder } from "../support/ledger.ts";

const tables = async (url: string) => {
  const db = openDb({ url });
  const rows = await db.orm.all<{ name: string; sql: string }>(
    sql`select name, sql from sqlite_master where type = 'table' order by name`,
  );
  await db.close();
  return rows;
};

describe("migrate()", () => {
  it("applies all migrations to an empty database once, in WAL mode and with foreign keys on", async () => {
    const url = `file:${join(makeFolder(), "new.db")}`;
    const db = openDb({ url });
    const migrations = await readMigrations();
    expect(await migrate(db, migrations)).toEqual(migrations.map(({ tag }) => tag));
    expect(await migrate(db, migrations)).toEqual([]);
    expect(await db.orm.all(sql`pragma journal_mode`)).toEqual([{ journal_mode: "wal" }]);
    expect(await db.orm.all(sql`pragma foreign_keys`)).toEqual([{ foreign_keys: 1 }]);
    expect(await db.orm.all(sql`pragma busy_timeout`)).toEqual([{ timeout: 10 }]);
    await db.close();
    const clustered = (await tables(url))
      .filter((table) => table.sql.endsWith("WITHOUT ROWID"))
      .map(({ name }) => name);
    expect(clustered).toEqual([
      "daily_lineups",
      "job_dates",
      "league_dates",
      "player_suffixes",
      "players",
      "schedule_decisions",
      "source_requests",
      "team_days",
    ]);
  });

  it("applies each migration once if several connections start at the same time with an empty database", async () => {
    for (let round = 0; round < 5; round++) {
      const url = `file:${join(makeFolder(), "race.db")}`;
      const migrations = await readMigrations();
      const dbs = Array.from({ length: 5 }, () => openDb({ url }));
      const done = await Promise.all(dbs.map((db) => migrate(db, migrations)));
      expect(done.flat().sort()).toEqual(migrations.map(({ tag }) => tag));
      await Promise.all(dbs.map((db) => db.close()));
    }
  });

  it("refuses a database that a newer version has written", async () => {
    const db = openDb({ url: await makeDatabase() });
    await db.write([sql`insert into __drizzle_migrations (hash, created_at) values ('x', ${Date.UTC(2050, 0, 1)})`]);
    await expect(migrate(db, await readMigrations())).rejects.toThrow(
      /Cannot open the database: it was written by a newer version of Lineup Ledger/,
    );
    await db.close();
  });

  it("refuses the database of another program and leaves it unchanged", async () => {
    const db = openDb({ url: `file:${join(makeFolder(), "other.db")}` });
    await db.write([sql`create table leagues (x)`]);
    await expect(migrate(db, await readMigrations())).rejects.toThrow(
      "it belongs to another program: it has the tables leagues",
    );
    expect(await db.orm.all(sql`select name from sqlite_master`)).toEqual([{ name: "leagues" }]);
    expect(await db.orm.all(sql`pragma journal_mode`)).toEqual([{ journal_mode: "delete" }]);
    await db.close();
  });

  it("rolls back a failed migration and names the migration in the error", async () => {
    const db = openDb({ url: `file:${join(makeFolder(), "bad.db")}` });
    const bad = {
      tag: "0000_bad",
      when: 1,
      former: [],
      text: "create table good (a)\n--> statement-breakpoint\ncreate nonsense",
    };
    await expect(migrate(db, [bad])).rejects.toThrow(/Cannot apply migration 0000_bad: .*nonsense/);
    expect(await db.orm.all(sql`select name from sqlite_master where name = 'good'`)).toEqual([]);
    expect(await migrate(db, [{ ...bad, text: "create table good (a)" }])).toEqual(["0000_bad"]);
    await db.close();
  });
});
