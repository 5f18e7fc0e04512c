import type { Db } from "../db/client.ts";
import { lastEventId } from "../db/events.ts";
import { findJob, type Job } from "../db/job.ts";
import { latestJob } from "../db/jobQueries.ts";
import { LedgerError } from "../errors.ts";
import { cursorAhead } from "../jobs/eventLogTail.ts";
import { decodeEventCursor } from "./cursor.ts";

/** The text that is accepted in place of a job id. The text means the most recently created job of all environments. */
export const LATEST = "latest";

export async function findJobOrLatest(db: Db, id: string): Promise<Job | undefined> {
  return id === LATEST ? latestJob(db) : findJob(db, id);
}

export async function existingJobId(db: Db, id: string): Promise<string> {
  const job = await findJobOrLatest(db, id);
  if (!job)
    throw new LedgerError("NOT_FOUND", id === LATEST ? "There is no job yet" : `There is no job ${id}`, { jobId: id });
  return job.id;
}

/** Decodes an event cursor. Throws BAD_USER_INPUT for an invalid cursor, and CURSOR_AHEAD for a cursor beyond the newest event. */
export async function existingCursor(db: Db, given: string, argument = "after"): Promise<number> {
  const cursor = decodeEventCursor(given, argument);
  const newest = await lastEventId(db);
  if (cursor > newest) throw cursorAhead(cursor, newest);
  return cursor;
}
