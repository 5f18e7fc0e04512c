import { sql } from "drizzle-orm";
import * as v from "valibot";
import { DAY, HOUR, SECOND } from "../clock.ts";
import type { Db } from "./client.ts";
import { ofLeagues } from "./jobWrites.ts";
import { RUNTIMES } from "./tables/values.ts";

export type Runtime = (typeof RUNTIMES)[number];

/** A worker's description of itself. */
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
  /** When the last heartbeat came, by the database's clock. {@link Worker.silentMs} is measured by the same clock. */
  heardAt: v.number(),
  /** Milliseconds since the last heartbeat. */
  silentMs: v.number(),
  /** Ids of the jobs that the worker is processing: all leased jobs of a process, or the one job of a workflow run. */
  jobIds: v.pipe(v.string(), v.parseJson(), v.array(v.string())),
});

export type Worker = v.InferOutput<typeof worker>;

/** Separates the worker's id from the claim's id in the name of a lease's owner. */
export const CLAIM_MARK = "#";

/** A worker is live if its last heartbeat is at most this old: three heartbeat intervals of a process. */
export const ALIVE_MS = 30 * SECOND;
/** Time without a heartbeat after which a process is no longer listed. */
const FORGOTTEN_MS = 1 * HOUR;
/** How long rows are kept: longer than a workflow host keeps the ids of its instances. */
const KEPT_MS = 60 * DAY;

/** Records a worker's heartbeat. The first heartbeat also records when the worker started. */
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

/** Records a run's heartbeat. Returns false if the run was given up as stale; another run may have the job by now. */
export async function touchRun(db: Db, id: string): Promise<boolean> {
  const [heard] = await db.write(
    [sql`update workers set heard_at = ${db.clock} where id = ${id} and ended_at is null`],
    { repeatable: true, quiet: true },
  );
  return heard?.rowsAffected === 1;
}

/** Records that a worker or a run has ended. */
export async function markEnded(db: Db, id: string): Promise<void> {
  await db.write([sql`update workers set ended_at = ${db.clock} where id = ${id} and ended_at is null`], {
    repeatable: true,
    quiet: true,
  });
}

/** SQL condition: the job is finished or paused, so it needs no run. */
const SETTLED = sql`(job_log.finished_at is not null or job_log.status = 'PAUSED')`;

/**
 * If the run's job is finished or paused, records that the run has ended. Returns false if the run goes on because somebody has resumed the
 * job.
 */
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

/** Deletes old rows of processes and of runs of finished jobs. */
export async function pruneWorkers(db: Db): Promise<void> {
  await db.write(
    [
      sql`delete from workers where heard_at < ${db.clock} - ${KEPT_MS}
          and (job_id is null or exists (select 1 from job_log where job_log.id = job_id and finished_at is not null))`,
    ],
    { repeatable: true, quiet: true },
  );
}

/** Lists workers that have not ended, newest first. Omits processes that have had no heartbeat for an hour. */
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

/** Counts the live workers that process jobs. */
export const countAtWork = async (db: Db): Promise<number> =>
  (await listWorkers(db)).filter(({ works, silentMs }) => works && silentMs <= ALIVE_MS).length;

/** A workflow run that is not recorded as ended. */
export type WorkflowRun = {
  id: string;
  jobId: string;
  /** The job is finished or paused, so the run has nothing to do until somebody acts. */
  isSettled: boolean;
  /** Milliseconds since the run's last heartbeat. */
  silentMs: number;
  /** For how many milliseconds the job has been runnable without a lease or a heartbeat; 0 until its lease and its wait are over. */
  idleMs: number;
};

/** Returns every run that is not recorded as ended, oldest first. */
export async function activeRuns(db: Db): Promise<WorkflowRun[]> {
  const rows = await db.orm.all<Omit<WorkflowRun, "isSettled"> & { isSettled: number }>(
    sql`select workers.id, job_id as "jobId", ${SETTLED} as "isSettled",
          ${db.clock} - heard_at as "silentMs", max(0, ${db.clock} - max(heard_at, coalesce(lease_until, 0), coalesce(resume_at, 0))) as "idleMs"
        from workers join job_log on job_log.id = job_id where ended_at is null order by since`,
  );
  return rows.map((row) => ({ ...row, isSettled: row.isSettled === 1 }));
}

/**
 * Records a run for each job that has no run and is neither finished nor paused; the job that has waited longest comes first. Returns the
 * new runs. The id of a run consists of the job's id and the number of the attempt.
 * @param leagues Patterns of the league keys of one source.
 * @param limit How many jobs of the source may run at once; WAITING jobs do not count.
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
