import { sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import type { SOURCE_KINDS } from "./tables/values.ts";

/** Something that was looked at. */
export type Check = {
  /** What: `database`, `yahoo`. */
  name: string;
  status: "OK" | "WARNING" | "FAILURE";
  /** For people: how it is. */
  message: string;
  /** The line that mends it; null where nothing is to be mended. */
  remedy: string | null;
  /** When it was looked at, in milliseconds since 1970: what a source said may be old. */
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

/** How the database is: its size in bytes, null where it does not say; and its clock, in milliseconds since 1970. */
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

/** Writes nothing, as a write does: throws when the database cannot be written. */
export async function tryWrite(db: Db): Promise<void> {
  await db.write([sql`delete from source_logins where expires_at <= 0`], { repeatable: true, quiet: true });
}

/** Unfinished jobs that somebody has to work on, and schedules that are to start more. */
export async function waitingWork(db: Db): Promise<{ jobs: number; schedules: number }> {
  const [row] = await db.orm.all<{ jobs: number; schedules: number }>(
    sql`select (select count(*) from job_log where finished_at is null and status in ('QUEUED', 'RUNNING', 'WAITING')) as jobs,
          (select count(*) from schedules where deleted_at is null and enabled = 1) as schedules`,
  );
  return row ?? { jobs: 0, schedules: 0 };
}

type SourceKind = (typeof SOURCE_KINDS)[number];

/** Keeps what a source said, for whoever asks how it is without asking it. */
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
