import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { FINDING_SEVERITIES } from "./tables/values.ts";
import { readTogether } from "./window.ts";

/** Something that is, or seems to be, wrong in the stored data. */
export type Finding = {
  severity: (typeof FINDING_SEVERITIES)[number];
  code: string;
  message: string;
  date: string | null;
  teamKey: string | null;
  playerId: string | null;
};

/**
 * A verification's finding. `mended` is 1 if the verification repaired the data, or marked the data as unknown and due for the next update.
 */
export type KeptFinding = Finding & { mended: number };

/** Codes of damage: the stored data is not what the ledger wrote. Errors with a code outside this list concern the source's answers. */
export const DAMAGE_CODES: readonly string[] = [
  "RECORDS_DAMAGED",
  "OBSERVATIONS_DAMAGED",
  "LINEUP_GONE",
  "LINEUP_UNKNOWN",
  "ORPHAN_RECORD",
  "DATE_GONE",
  "STATE_DAMAGED",
  "TIME_DAMAGED",
  "TEAM_UNKNOWN",
  "PLAYER_UNKNOWN",
  "LEAGUE_DAMAGED",
  "JOB_DATE_DAMAGED",
  "JOB_TOTALS_DAMAGED",
  "CHECKPOINT_DAMAGED",
];

export const isDamage = ({ code }: Finding): boolean => DAMAGE_CODES.includes(code);

/** Returns a list with the statement that stores the findings; the list is empty when there are no findings. */
export function writeFindings(jobId: string, findings: readonly KeptFinding[]): SQL[] {
  if (findings.length === 0) return [];
  const rows = findings.map((f) => [f.severity, f.code, f.message, f.date, f.teamKey, f.playerId, f.mended]);
  return [
    sql`insert into job_findings (job_id, severity, code, message, date, team_key, player_id, mended)
        select ${jobId}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        from json_each(${JSON.stringify(rows)})`,
  ];
}

/** The maximum number of findings returned for a verification. */
export const MAX_FINDINGS = 1_000;

/** Returns one list of findings per verification, each sorted by severity (errors first), then by date. */
export async function findingsOfJobs(db: Db, jobIds: readonly string[]): Promise<KeptFinding[][]> {
  return readTogether<KeptFinding>(
    db,
    jobIds.map(
      (jobId) =>
        sql`select severity, code, message, date, team_key as "teamKey", player_id as "playerId", mended from job_findings
            where job_id = ${jobId} order by severity, date, id limit ${MAX_FINDINGS}`,
    ),
  );
}

/** Numbers of errors and warnings that a verification has found so far, and how many of them are mended. */
export type FindingCounts = { errors: number; warnings: number; mended: number };

export async function findingCounts(db: Db, jobId: string): Promise<FindingCounts> {
  return (await findingCountsOf(db, [jobId]))[0] ?? { errors: 0, warnings: 0, mended: 0 };
}

/** Counts the findings of several verifications. @returns The counts in the order of `jobIds`. */
export async function findingCountsOf(db: Db, jobIds: readonly string[]): Promise<FindingCounts[]> {
  const counts = await readTogether<FindingCounts>(
    db,
    jobIds.map(
      (jobId) =>
        sql`select coalesce(sum(severity = 'ERROR'), 0) as errors, coalesce(sum(severity = 'WARNING'), 0) as warnings, coalesce(sum(mended), 0) as mended
            from job_findings where job_id = ${jobId}`,
    ),
  );
  return counts.map(([row]) => row ?? { errors: 0, warnings: 0, mended: 0 });
}
