import { sql } from "drizzle-orm";
import * as v from "valibot";
import { DAY, HOUR, SECOND } from "../clock.ts";
import type { Db } from "./client.ts";
import { ofLeagues } from "./jobWrites.ts";
import { RUNTIMES } from "./tables/values.ts";

export type Runtime = (typeof RUNTIMES)[number];

/** Who a worker is, as it says itself. */
export type Identity = { id: string; runtime: Runtime; serves: boolean; works: boolean };

const flag = v.pipe(
  v.number(),
  v.transform((n) => n === 1),
);
const worker = v.object({
  id: v.string(),
  runtime: v.picklist(RUNTIMES),
  serves: flag,
  works: flag,
  since: v.number(),
  /** By the database's clock, as is {@link Worker.silentMs}. */
  heardAt: v.number(),
  /** How long ago that is. */
  silentMs: v.number(),
  /** Jobs this worker is processing: leased jobs for a process, its single job for a workflow run. */
  jobIds: v.pipe(v.string(), v.parseJson(), v.array(v.string())),
});

export type Worker = v.InferOutput<typeof worker>;

/** Ends the name of a lease's owner: what comes before it is the worker, what follows the one claim. */
export const CLAIM_MARK = "#";

/** A worker that was heard of within this time is alive: three heartbeats of a process. */
export const ALIVE_MS = 30 * SECOND;
/** After this long without a word a worker is not listed any more. */
const FORGOTTEN_MS = 1 * HOUR;
/** Rows are kept for longer than a host keeps the ids of its instances. */
const KEPT_MS = 60 * DAY;

/** Says that a worker is there; the first time, since when. */
export async function recordHeartbeat(db: Db, { id, runtime, serves, works }: Identity, now: number): Promise<void> {
  await db.write(
    [
      sql`insert into workers (id, runtime, serves, works, since, heard_at)
          values (${id}, ${runtime}, ${Number(serves)}, ${Number(works)}, ${now}, ${db.clock})
          on conflict (id) do update set heard_at = excluded.heard_at where ended_at is null`,
    ],
    { repeatable: true, quiet: true },
  );
}

/** Says that a run goes on; false when it was taken for lost, and another one may carry its job. */
export async function touchRun(db: Db, id: string): Promise<boolean> {
  const [heard] = await db.write(
    [sql`update workers set heard_at = ${db.clock} where id = ${id} and ended_at is null`],
    { repeatable: true, quiet: true },
  );
  return heard?.rowsAffected === 1;
}

/** Says that a worker or a run has ended. */
export async function markEnded(db: Db, id: string): Promise<void> {
  await db.write([sql`update workers set ended_at = ${db.clock} where id = ${id} and ended_at is null`], {
    repeatable: true,
    quiet: true,
  });
}

/** The job is finished or paused: nobody need carry it. */
const SETTLED = sql`(job_log.finished_at is not null or job_log.status = 'PAUSED')`;

/** Says that a run has ended since its job rests; false when the job is to go on: somebody has resumed it meanwhile. */
export async function endRunIfIdle(db: Db, { id, jobId }: { id: string; jobId: string }): Promise<boolean> {
  const goesOn = sql`exists (select 1 from job_log where id = ${jobId} and not ${SETTLED})`;
  const [, state] = await db.write(
    [
      sql`update workers set ended_at = ${db.clock} where id = ${id} and ended_at is null and not ${goesOn}`,
      sql`select ${goesOn} and exists (select 1 from workers where id = ${id} and ended_at is null) as stays`,
    ],
    { repeatable: true, quiet: true },
  );
  return Number(state?.rows[0]?.stays) !== 1;
}

/** Forgets workers of long ago: processes, and runs of finished jobs. */
export async function pruneWorkers(db: Db): Promise<void> {
  await db.write(
    [
      sql`delete from workers where heard_at < ${db.clock} - ${KEPT_MS}
          and (job_id is null or exists (select 1 from job_log where job_log.id = job_id and finished_at is not null))`,
    ],
    { repeatable: true, quiet: true },
  );
}

/** Those that have not said that they end, the newest first; processes that have been silent for an hour are left out. */
export async function listWorkers(db: Db): Promise<Worker[]> {
  const rows = await db.orm.all(
    sql`select id, runtime, serves, works, since, heard_at as "heardAt", ${db.clock} - heard_at as "silentMs",
          (select json_group_array(id) from (
             select id from job_log where finished_at is null and (id = workers.job_id or (lease_until > ${db.clock}
               and substr(lease_owner, 1, instr(lease_owner, ${CLAIM_MARK}) - 1) = workers.id)) order by claimed_at)) as "jobIds"
        from workers where ended_at is null and (job_id is not null or heard_at > ${db.clock} - ${FORGOTTEN_MS})
        order by since desc, id limit 1000`,
  );
  return v.parse(v.array(worker), rows);
}

/** How many of those that work are alive. */
export const countAtWork = async (db: Db): Promise<number> =>
  (await listWorkers(db)).filter(({ works, silentMs }) => works && silentMs <= ALIVE_MS).length;

/** A workflow run of a job that has not been seen to end. */
export type WorkflowRun = {
  id: string;
  jobId: string;
  /** Nothing is left for it to do until somebody acts: the job is finished or paused. */
  isSettled: boolean;
  /** How long the run has not been heard of. */
  silentMs: number;
  /** Milliseconds the job has been runnable without a lease; 0 while leased or waiting. */
  idleMs: number;
};

/** Every run that has not been seen to end. */
export async function activeRuns(db: Db): Promise<WorkflowRun[]> {
  const rows = await db.orm.all<Omit<WorkflowRun, "isResting"> & { isResting: number }>(
    sql`select workers.id, job_id as "jobId", ${SETTLED} as "isResting",
          ${db.clock} - heard_at as "silentMs", max(0, ${db.clock} - max(heard_at, coalesce(lease_until, 0), coalesce(resume_at, 0))) as "idleMs"
        from workers join job_log on job_log.id = job_id where ended_at is null order by since`,
  );
  return rows.map((row) => ({ ...row, isResting: row.isResting === 1 }));
}

/**
 * Records runs for jobs that are to go on and have none, those that wait longest first; answers the new runs. The id of one is its job's
 * and the number of the attempt.
 * @param leagues Patterns of the league keys of one source.
 * @param limit How many of its jobs may be at work at once; those that wait for the source do not count.
 */
export async function recordRuns(
  db: Db,
  now: number,
  { leagues, limit }: { leagues: readonly string[]; limit: number },
): Promise<{ id: string; jobId: string }[]> {
  const due = sql`from job_log where finished_at is null and status in ('QUEUED', 'RUNNING', 'WAITING') and (${ofLeagues(leagues)})
    and not exists (select 1 from workers where job_id = job_log.id and ended_at is null)`;
  const atWork = sql`(select count(*) from workers join job_log on job_log.id = job_id where ended_at is null and status <> 'WAITING' and (${ofLeagues(leagues)}))`;
  const [wanted] = await db.orm.all<{ n: number }>(
    sql`select min((select count(*) ${due}), ${limit} - ${atWork}) as n`,
  );
  if (!wanted || wanted.n <= 0) return [];
  const attempt = sql`1 + coalesce((select max(cast(substr(id, length(job_id) + 2) as integer)) from workers where job_id = job_log.id), 0)`;
  const [recorded] = await db.write([
    sql`insert into workers (id, runtime, serves, works, job_id, since, heard_at)
        select id || '-' || (${attempt}), 'CLOUDFLARE', 0, 1, id, ${now}, ${db.clock}
        ${due} order by claimed_at, created_at, id limit max(0, ${limit} - ${atWork}) on conflict do nothing returning id, job_id`,
  ]);
  return (recorded?.rows ?? []).map((row) => ({ id: String(row.id), jobId: String(row.job_id) }));
}
