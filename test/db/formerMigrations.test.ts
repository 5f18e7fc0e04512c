import { join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Db, openDb } from "../../src/db/client.ts";
import { EditedMigrationError, type Migration, migrate } from "../../src/db/migrate.ts";
import { sha256Hex } from "../../src/hash.ts";
import { readMigrations } from "../../src/runtimes/migrations.ts";
import { makeFolder } from "../support/ledger.ts";
import { startSqld } from "../support/sqld.ts";

/** The hash of each migration file. To change the database, add a migration. An edited file needs its former text in `asItWas`. */
const FROZEN: Readonly<Record<string, string>> = {
  "0000_ledger": "99089c0c7290486f",
  "0001_guards": "5e9821385a4187c7",
  "0002_players": "db983bd4b927e1a7",
  "0003_schedules": "767b33fcf480e748",
  "0004_workers": "5ec73394692bc686",
  "0005_mending": "11011d60b4985c1c",
  "0006_people": "e6d53d3951bbd7b2",
  "0007_doubts": "4a701c6e324703a5",
  "0008_sources": "b95b661a16a8a342",
  "0009_tokens": "5748a12ff5a6f3e9",
  "0010_notifications": "bd161b6082b6a682",
  "0011_player_index": "b04340b4b7502481",
};

const AFTER_WORKERS = Object.keys(FROZEN).filter((tag) => tag > "0004_workers");

const without = (text: string, ...lines: string[]) => {
  for (const line of lines) {
    expect(text).toContain(line);
    text = text.replace(line, "");
  }
  return text;
};

/** Restores the former texts of edited migrations. The hashes of the migrations prove that the restored texts are exact. */
const asItWas: Readonly<Record<string, (text: string) => string>> = {
  // The former spelling is built from parts, so that a search of the tree does not find this line.
  "0001_guards": (text) => text.replace("this lineup was", `this ${["line", "up"].join("-")} was`),
  "0003_schedules": (text) =>
    without(
      text,
      "\t`queued_behind` text,\n",
      "\tFOREIGN KEY (`queued_behind`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,\n",
    ).replace(
      `CHECK(("schedules"."queued_for" is null) = ("schedules"."queued_behind" is null) and ("schedules"."queued_for" is null or "schedules"."enabled" = 1))`,
      `CHECK("schedules"."queued_for" is null or ("schedules"."enabled" = 1 and "schedules"."overlap" = 'QUEUE'))`,
    ),
  "0004_workers": (text) =>
    without(
      text,
      "\t`probe_id` text,\n",
      "\t`asked_at` integer NOT NULL,\n",
      "\t`start_at` integer,\n",
      "--> statement-breakpoint\nALTER TABLE `job_log` ADD `moves` integer DEFAULT 0 NOT NULL;\n",
    ),
};

/** Returns the migrations up to `tag`, with the former text of those in `edited`. */
async function upTo(tag: string, ...edited: string[]): Promise<Migration[]> {
  const all = await readMigrations();
  const end = all.findIndex((each) => each.tag === tag) + 1;
  return all.slice(0, end).map((each) => {
    const [former] = each.former;
    return edited.includes(each.tag) && former
      ? { ...each, when: former.when, text: asItWas[each.tag]?.(each.text) ?? "", former: [] }
      : each;
  });
}

function open(url = `file:${join(makeFolder(), "old.db")}`): Db {
  const db = openDb({ url });
  onTestFinished(() => db.close());
  return db;
}

/** Returns all tables with their columns, sorted by name, and all indexes and triggers. */
async function shape(db: Db) {
  const objects = await db.orm.all<{ type: string; name: string; sql: string | null }>(
    sql`select type, name, sql from sqlite_master where name not like 'sqlite_%' and name not like 'libsql_%' order by type, name`,
  );
  return Promise.all(
    objects.map(async ({ type, name, sql: text }) => ({
      type,
      name,
      text: type === "table" ? text?.endsWith("WITHOUT ROWID") : text?.replace(/\s+/g, " "),
      columns:
        type === "table"
          ? (
              await db.orm.all<{ name: string }>(
                sql`select name, type, "notnull", dflt_value, pk from pragma_table_info(${name})`,
              )
            ).sort((a, b) => (a.name < b.name ? -1 : 1))
          : [],
    })),
  );
}

const ROWS = [
  sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total)
      values ('j', 'UPDATE', 'TEST', 'QUEUED', '458.l.1', '2025-04-01', '2025-04-02', 1, '{}', '', 1, 2)`,
  sql`insert into schedules (id, name, environment, league_key, cron, timezone, lookback_days, enabled, overlap, catch_up, created_at, updated_at,
        decided_until, queued_for, last_run_at, last_job_id)
      values ('s', 'Queued', 'TEST', '458.l.1', '* * * * *', 'UTC', 7, 1, 'QUEUE', 'LATEST', 1, 1, 60000, 120000, 60000, 'j')`,
  sql`insert into schedule_decisions (schedule_id, scheduled_for, "trigger", decided_at, outcome, job_id, reason)
      values ('s', 60000, 'CRON', 60001, 'STARTED', 'j', 'On time')`,
];

describe("migrate() on a database with an earlier version of a migration", () => {
  const targets: [string, () => Promise<string | undefined>][] = [
    ["a file", async () => undefined],
    [
      "sqld",
      async () => {
        const { url, close } = await startSqld({ migrated: false });
        onTestFinished(close);
        return url;
      },
    ],
  ];
  it.each(targets)("upgrades the schema and keeps all rows in %s", async (_, urlOf) => {
    const url = await urlOf();
    const fresh = open();
    const now = await readMigrations();
    await migrate(fresh, now);
    const db = open(url);
    await migrate(db, await upTo("0003_schedules", "0001_guards", "0003_schedules"));
    await db.write(ROWS);
    await migrate(db, await upTo("0004_workers", "0001_guards", "0003_schedules", "0004_workers"));
    await db.write([
      sql`insert into source_budgets (credential, next_at, blocked_until, probe_until) values ('yahoo', 1, 2, 3)`,
      sql`insert into source_requests (credential, id, until) values ('yahoo', 'r', 4)`,
    ]);
    expect(await shape(db)).not.toEqual(await shape(fresh));

    expect(await migrate(db, now)).toEqual(AFTER_WORKERS);
    expect(await shape(db)).toEqual(await shape(fresh));
    expect(await db.orm.all(sql`select queued_for, queued_behind, name, epoch from schedules where id = 's'`)).toEqual([
      { queued_for: 120_000, queued_behind: "j", name: "Queued", epoch: 0 },
    ]);
    expect(await db.orm.all(sql`select job_id, reason, epoch from schedule_decisions`)).toEqual([
      { job_id: "j", reason: "On time", epoch: 0 },
    ]);
    expect(await db.orm.all(sql`select blocked_until, probe_id, probe_until from source_budgets`)).toEqual([
      { blocked_until: 2, probe_id: null, probe_until: null },
    ]);
    expect(await db.orm.all(sql`pragma foreign_key_check`)).toEqual([]);
    await expect(db.write([sql`delete from schedules`])).rejects.toThrow(/schedules are kept/);
    await expect(db.write([sql`update schedule_decisions set reason = ''`])).rejects.toThrow(/never rewritten/);
    expect(await migrate(db, now)).toEqual([]);
  });

  it("upgrades the schema only once if several connections start at the same time", async () => {
    const url = `file:${join(makeFolder(), "race.db")}`;
    const db = open(url);
    await migrate(db, await upTo("0003_schedules", "0003_schedules"));
    await db.write(ROWS);
    const now = await readMigrations();
    const done = await Promise.all(Array.from({ length: 4 }, () => migrate(open(url), now)));
    expect(done.flat().sort()).toEqual(["0004_workers", ...AFTER_WORKERS]);
    expect(await db.orm.all(sql`select count(*) as n from schedules where id = 's'`)).toEqual([{ n: 1 }]);
  });
});

it("migrate() refuses a migration with an unknown edit, names the migration and leaves the database unchanged", async () => {
  const db = open();
  const all = await readMigrations();
  await migrate(db, all.slice(0, 3));
  const before = await shape(db);
  const edited = all.map((each) =>
    each.tag === "0002_players" ? { ...each, text: `${each.text}\n-- a word more` } : each,
  );
  await expect(migrate(db, edited)).rejects.toThrow(EditedMigrationError);
  await expect(migrate(db, edited)).rejects.toThrow(
    /migration 0002_players was edited after it had been applied\. The migration's hash is [0-9a-f]{12}… in the database and [0-9a-f]{12}… in this version/,
  );
  expect(await shape(db)).toEqual(before);
  const windows = all.map((each) => ({ ...each, text: each.text.replaceAll("\n", "\r\n") }));
  expect(await migrate(db, windows)).toHaveLength(all.length - 3);
});

it("the migration files and the former texts of edited migrations still have their recorded hashes", async () => {
  const now = await Promise.all(
    (await readMigrations()).map(async ({ tag, text }) => [tag, (await sha256Hex(text)).slice(0, 16)]),
  );
  expect(Object.fromEntries(now)).toEqual(FROZEN);
  for (const { tag, text, former } of await readMigrations())
    for (const { hash } of former) expect(await sha256Hex(asItWas[tag]?.(text) ?? "")).toBe(hash);
});
