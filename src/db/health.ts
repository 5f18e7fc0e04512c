import { sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import type { SOURCE_KINDS } from "./tables/values.ts";

/** The result of a health check. */
export type Check = {
  /** What was checked, such as `database` or `yahoo`. */
  name: string;
  status: "OK" | "WARNING" | "FAILURE";
  /** Describes the result to people. */
  message: string;
  /** The command or step that fixes the problem; null if there is no problem. */
  remedy: string | null;
  /** Time of the check, in milliseconds since 1970. The stored result of a source's check may be old. */
  at: number;
};

const checks = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(
    v.object({
      name: v.string(),
      status: v.picklist(["OK", "WARNING", "FAILURE"]),
      message: v.string(),
      remedy: v.nullable(v.string()),
      at: v.number(),
    }),
  ),
);

/** Returns the database's size in bytes (null if it does not report one) and its clock in milliseconds since 1970. */
export async function databaseState(db: Db): Promise<{ bytes: number | null; clock: number }> {
  const [row] = await db.orm.all<{ clock: number }>(sql`select ${db.clock} as clock`);
  const bytes = await db.orm
    .all<{ bytes: number }>(
      sql`select page_count * page_size as bytes from pragma_page_count() as pages, pragma_page_size() as size`,
    )
    .then(([size]) => size?.bytes ?? null)
    .catch(() => null);
  return { bytes, clock: Number(row?.clock) };
}

/** Runs a write that changes nothing. Throws if the database cannot be written. */
export async function tryWrite(db: Db): Promise<void> {
  await db.write([sql`delete from source_logins where expires_at <= 0`], { repeatable: true, quiet: true });
}

/** Counts the unfinished jobs that need a worker, and the schedules that will start more jobs. */
export async function waitingWork(db: Db): Promise<{ jobs: number; schedules: number }> {
  const [row] = await db.orm.all<{ jobs: number; schedules: number }>(
    sql`select (select count(*) from job_log where finished_at is null and status in ('QUEUED', 'RUNNING', 'WAITING')) as jobs,
          (select count(*) from schedules where deleted_at is null and enabled = 1) as schedules`,
  );
  return row ?? { jobs: 0, schedules: 0 };
}

type SourceKind = (typeof SOURCE_KINDS)[number];

/** Stores a source's checks, to report them later without asking the source. */
export async function saveProbe(db: Db, source: SourceKind, found: readonly Check[], at: number): Promise<void> {
  await db.write(
    [
      sql`insert into source_probes (source, at, checks) values (${source}, ${at}, ${JSON.stringify(found)})
          on conflict do update set at = excluded.at, checks = excluded.checks where excluded.at >= at`,
    ],
    { repeatable: true, quiet: true },
  );
}

export async function lastProbe(db: Db, source: SourceKind): Promise<Check[]> {
  const [row] = await db.orm.all<{ checks: string }>(sql`select checks from source_probes where source = ${source}`);
  const parsed = v.safeParse(checks, row?.checks);
  return parsed.success ? parsed.output : [];
}
