import { spawn } from "node:child_process";
import { copyFileSync, openSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Db, openDb } from "../../src/db/client.ts";
import { DatabaseError, databaseErrorOf } from "../../src/db/errors.ts";
import { createLog } from "../../src/log.ts";
import { openDatabase } from "../../src/runtimes/database.ts";
import { makeDatabase, makeFolder, openLedger } from "../support/ledger.ts";

const WRITE = sql`update schedules set lookback_days = 8 where id = 'schedule_demo'`;
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => databaseErrorOf(error),
  );

/** Opens a database as a server does, and collects its log lines. */
async function opened(): Promise<{ db: Db; path: string; logged: string[] }> {
  const folder = makeFolder();
  const url = await makeDatabase(folder);
  const logged: string[] = [];
  const { db } = await openDatabase(
    { database: { url, authToken: undefined } },
    createLog("info", (line) => logged.push(line)),
  );
  onTestFinished(() => db.close());
  return { db, path: join(folder, "ledger.db"), logged };
}

describe("lock that another program holds", () => {
  it("delays a write, but does not delay reads or other work of the process", async () => {
    const url = await makeDatabase();
    const db = openDb({ url });
    const holder = createClient({ url });
    const transaction = await holder.transaction("write");
    let isWritten = false;
    const writing = db.write([WRITE]).then(() => {
      isWritten = true;
    });
    // This loop can run only while the process is not blocked.
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(await db.orm.all(sql`select lookback_days from schedules`)).toEqual([{ lookback_days: 7 }]);
    }
    expect(isWritten).toBe(false);
    await transaction.rollback();
    await writing;
    expect(await db.orm.all(sql`select lookback_days from schedules`)).toEqual([{ lookback_days: 8 }]);
    holder.close();
    await db.close();
  });

  it("makes a write fail after the maximum wait, and lets the next write succeed once the lock is released", async () => {
    const url = await makeDatabase();
    const db = openDb({ url, patienceMs: 30 });
    const holder = createClient({ url });
    const transaction = await holder.transaction("write");
    const error = await caught(db.write([WRITE]));
    expect(error?.code).toBe("UNAVAILABLE");
    expect(error?.message).toMatch(/Another program has held the database's lock for 0\.03 s/);
    expect(db.trouble()).toBeNull();
    await transaction.rollback();
    await db.write([WRITE]);
    holder.close();
    await db.close();
  });
});

describe("concurrent statements", () => {
  it("time out independently, not one after the other, if all wait for the same lock", async () => {
    const url = await makeDatabase();
    const db = openDb({ url, patienceMs: 100 });
    const holder = createClient({ url });
    const transaction = await holder.transaction("write");
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        expect((await caught(db.write([WRITE])))?.code).toBe("UNAVAILABLE");
        order.push(i);
      }),
    );
    const began = performance.now();
    expect((await caught(db.write([WRITE])))?.code).toBe("UNAVAILABLE");
    expect(order).toHaveLength(6);
    expect(performance.now() - began).toBeGreaterThan(50);
    await transaction.rollback();
    await db.write([WRITE]);
    holder.close();
    await db.close();
  });
});

describe("database file", () => {
  it.each<[string, (path: string) => void]>([
    ["deleted", (path) => rmSync(path)],
    ["renamed", (path) => renameSync(path, `${path}.old`)],
    [
      "replaced by a copy",
      (path) => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ],
    ["separated from its log", (path) => rmSync(`${path}-wal`)],
  ])("that was %s makes every write fail and causes one error in the log", async (_, harm) => {
    const { db, path, logged } = await opened();
    await db.write([WRITE]);
    harm(path);
    for (let i = 0; i < 2; i++) expect((await caught(db.write([WRITE])))?.code).toBe("DATABASE_REPLACED");
    expect(db.trouble()?.code).toBe("DATABASE_REPLACED");
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0] ?? "")).toMatchObject({ level: "error", code: "DATABASE_REPLACED" });
  });

  it("is not damaged by the server's old write-ahead log after a backup was copied over the file", async () => {
    const { db, path } = await opened();
    const many = sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total)
      values ('j', 'UPDATE', 'TEST', 'QUEUED', '458.l.1', '2025-04-01', '2025-04-02', 1, ${JSON.stringify("x".repeat(500_000))}, '', 1, 2)`;
    await db.write([sql`vacuum into ${`${path}.backup`}`]).catch(() => {});
    const backup = createClient({ url: `file:${path}` });
    await backup.execute({ sql: "vacuum into ?", args: [`${path}.backup`] });
    backup.close();
    await db.write([many]);
    await db.orm.all(sql`pragma wal_checkpoint(passive)`);
    rmSync(`${path}-wal`);
    rmSync(`${path}-shm`);
    copyFileSync(`${path}.backup`, path);
    expect((await caught(db.write([WRITE])))?.code).toBe("DATABASE_REPLACED");
    await db.close();
    const restored = createClient({ url: `file:${path}` });
    expect((await restored.execute("pragma integrity_check")).rows[0]?.integrity_check).toBe("ok");
    restored.close();
  });

  it("makes a commit fail with DATABASE_REPLACED if the file is renamed during the commit", async () => {
    const folder = makeFolder();
    const url = await makeDatabase(folder);
    const path = join(folder, "ledger.db");
    const look = (name: string) => statSync(name, { throwIfNoEntry: false })?.ino.toString() ?? null;
    let isToGo = false;
    const identity = () => {
      const seen = { database: look(path), log: look(`${path}-wal`), bytes: 0 };
      if (isToGo) renameSync(path, `${path}.old`);
      isToGo = false;
      return seen;
    };
    const db = openDb({ url, identity });
    await db.write([WRITE]);
    isToGo = true;
    expect((await caught(db.write([WRITE])))?.code).toBe("DATABASE_REPLACED");
    await db.close();
  });

  it("is treated as replaced if it becomes smaller", async () => {
    const { db, path } = await opened();
    await db.write([WRITE]);
    truncateSync(path, 4096);
    expect(db.trouble()?.code).toBe("DATABASE_REPLACED");
  });

  it("is treated as replaced as soon as the file is renamed, even if a new file gets the old name", async () => {
    const { db, path } = await opened();
    await db.write([WRITE]);
    renameSync(path, `${path}.old`);
    expect(db.trouble()?.code).toBe("DATABASE_REPLACED");
    copyFileSync(`${path}.old`, path);
    expect(db.trouble()?.code).toBe("DATABASE_REPLACED");
  });
});

describe("lasting database faults", () => {
  it("are reported as DATABASE_FULL while the disk is full, and reads still work", async () => {
    const url = await makeDatabase();
    const db = openDb({ url });
    const fill = sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total)
      values ('j', 'UPDATE', 'TEST', 'QUEUED', '458.l.1', '2025-04-01', '2025-04-02', 1, ${JSON.stringify("x".repeat(1_000_000))}, '', 1, 2)`;
    const [{ pages } = { pages: 0 }] = await db.orm.all<{ pages: number }>(
      sql`select page_count as pages from pragma_page_count()`,
    );
    await db.orm.all(sql.raw(`pragma max_page_count = ${pages + 2}`));
    const error = await caught(db.write([fill]));
    expect(error?.code).toBe("DATABASE_FULL");
    expect(error?.message).toMatch(/disk is full.*Free some space/);
    expect(db.trouble()?.code).toBe("DATABASE_FULL");
    expect(await db.orm.all(sql`select count(*) as n from job_log`)).toEqual([{ n: 0 }]);
    await db.orm.all(sql.raw(`pragma max_page_count = ${pages + 10_000}`));
    await db.write([fill]);
    expect(db.trouble()).toBeNull();
    await db.close();
  });

  it("are reported as DATABASE_READONLY while the database is read-only, and reads still work", async () => {
    const db = openDb({ url: await makeDatabase() });
    await db.orm.all(sql`pragma query_only = 1`);
    expect(await caught(db.write([WRITE]))).toMatchObject({
      code: "DATABASE_READONLY",
      message: expect.stringMatching(/can be read but not written/),
    });
    expect(await db.orm.all(sql`select id from schedules`)).toHaveLength(1);
    await db.close();
  });

  it("are reported as DATABASE_CORRUPT if pages of the file are damaged", async () => {
    const folder = makeFolder();
    const url = await makeDatabase(folder);
    const path = join(folder, "ledger.db");
    const file = openSync(path, "r+");
    for (let at = 4096; at < statSync(path).size; at += 4096) writeSync(file, Buffer.alloc(2048, 0xff), 0, 2048, at);
    const db = openDb({ url });
    expect((await caught(db.orm.all(sql`select * from schedules`)))?.code).toBe("DATABASE_CORRUPT");
    expect(db.trouble()?.message).toMatch(/damaged.*restore a backup/);
    await db.close();
  });

  it("make openDatabase() fail if the file is not a database", async () => {
    const path = join(makeFolder(), "notes.txt");
    writeFileSync(path, "These are my notes. ".repeat(100));
    await expect(
      openDatabase(
        { database: { url: `file:${path}`, authToken: undefined } },
        createLog("silent", () => {}),
      ),
    ).rejects.toThrow(/not a database/);
  });
});

describe("in-memory database", () => {
  it("opens and works, but causes a warning that nothing is kept", async () => {
    const logged: string[] = [];
    const { db, applied } = await openDatabase(
      { database: { url: "file::memory:", authToken: undefined } },
      createLog("warn", (line) => logged.push(line)),
    );
    expect(applied.length).toBeGreaterThan(4);
    await db.write([WRITE]);
    expect(await db.orm.all(sql`select lookback_days from schedules`)).toEqual([{ lookback_days: 8 }]);
    expect(JSON.parse(logged[0] ?? "")).toMatchObject({ level: "warn", journalMode: "memory" });
    await db.close();
  });
});

describe("API and /health", () => {
  it("report DATABASE_READONLY while the database is read-only, and /health answers with status 503", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-03");
    const health = async () => {
      const response = await ledger.server.fetch(new Request("http://localhost/health"));
      return { status: response.status, text: await response.text() };
    };
    expect(await health()).toEqual({ status: 200, text: "ok\n" });
    await ledger.db.orm.all(sql`pragma query_only = 1`);
    await expect(ledger.work()).rejects.toThrow(DatabaseError);
    const { errors } = await ledger.ask(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    expect(errors?.[0]?.extensions?.code).toBe("DATABASE_READONLY");
    expect(errors?.[0]?.message).not.toMatch(/retry/i);
    expect(await health()).toMatchObject({ status: 503, text: expect.stringMatching(/^DATABASE_READONLY: /) });
    expect((await ledger.job(id)).error).toMatchObject({ code: "DATABASE_READONLY" });

    await ledger.db.orm.all(sql`pragma query_only = 0`);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", error: null });
    expect(await health()).toEqual({ status: 200, text: "ok\n" });
  });
});

it("write() succeeds while another program writes continuously", async () => {
  const url = await makeDatabase();
  const code = `
    import { createClient } from ${JSON.stringify(import.meta.resolve("@libsql/client"))};
    const client = createClient({ url: ${JSON.stringify(url)}, timeout: 5000 });
    process.on("SIGTERM", () => process.exit(0));
    console.log("ready");
    for (;;) { await client.batch(["update schedules set version = version + 1"], "write"); await new Promise(setImmediate); }`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void other.kill("SIGKILL"));
  await new Promise((resolve) => other.stdout.once("data", resolve));
  const db = openDb({ url });
  for (let i = 0; i < 20; i++) await db.write([WRITE]);
  await db.close();
});
