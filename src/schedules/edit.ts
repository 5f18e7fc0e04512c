import type { Db } from "../db/client.ts";
import { type CatchUpPolicy, findSchedule, listSchedules, type OverlapPolicy, type Schedule } from "../db/schedules.ts";
import { insertSchedule, rewriteSchedule } from "../db/scheduleWrites.ts";
import type { Environment, ScheduleKind } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { newId } from "../hash.ts";
import { foldName } from "../text.ts";
import { checkPattern, dueTimes, nextDueTime } from "./cron.ts";
import { findScheduleOrThrow } from "./find.ts";
import { revise, type ScheduleChanges, skipAll } from "./revise.ts";

/** Maximum number of schedules per environment. */
export const SCHEDULES = 1_000;

/** The settings that a person chooses for a schedule; the GraphQL input says which values are allowed. */
export type ScheduleInput = {
  name: string;
  kind: ScheduleKind;
  mend: boolean;
  leagueKey: string;
  environment: Environment;
  cron: string;
  timezone: string;
  lookbackDays: number;
  enabled: boolean;
  overlap: OverlapPolicy;
  catchUp: CatchUpPolicy;
};

/**
 * Records a schedule; its due times begin now. Throws BAD_USER_INPUT for an invalid pattern, for an invalid zone and for
 * a name that is taken. Throws LIMIT_EXCEEDED if there are already {@link SCHEDULES} schedules.
 */
export async function createSchedule({ db, clock }: Deps, input: ScheduleInput, by: string): Promise<Schedule> {
  const now = clock.now();
  checkPattern(input, now);
  const common = {
    ...input,
    id: newId("schedule"),
    createdAt: now,
    updatedAt: now,
    version: 1,
    epoch: 0,
    watermark: now,
    lastRunAt: null,
    lastJobId: null,
  };
  const schedule: Schedule = input.enabled
    ? { ...common, enabled: true, nextDueAt: nextDueTime(input, now), queuedFor: null, queuedBehind: null }
    : { ...common, enabled: false };
  await refuseTakenName(db, schedule);
  await insertSchedule(db, schedule, { by, most: SCHEDULES });
  if (await findSchedule(db, schedule.id)) return schedule;
  // Somebody else has just taken the name, or there are too many schedules.
  await refuseTakenName(db, schedule);
  throw new LedgerError(
    "LIMIT_EXCEEDED",
    `Cannot create schedule ${JSON.stringify(schedule.name)}: ${schedule.environment} has ${SCHEDULES} schedules, ` +
      "the limit per environment. Delete a schedule first",
  );
}

/** Throws BAD_USER_INPUT if another schedule of the environment already has the given name. */
async function refuseTakenName(db: Db, { id, environment, name }: Schedule): Promise<void> {
  const folded = foldName(name);
  const all = await listSchedules(db, environment);
  const other = all.find((each) => each.id !== id && (foldName(each.name) === folded || each.id === name));
  if (!other) return;
  throw new LedgerError(
    "BAD_USER_INPUT",
    `name: ${JSON.stringify(other.name)} is the name of schedule ${other.id} in ${environment}. ` +
      "Choose another name (case and accents make no difference), or edit that schedule",
    { scheduleId: other.id },
  );
}

/** Changes the given fields. A new value of the pattern, the zone or `enabled` applies from now on. Throws NOT_FOUND and BAD_USER_INPUT. */
export async function updateSchedule(deps: Deps, id: string, wanted: ScheduleChanges, by: string): Promise<Schedule> {
  for (;;) {
    const before = await findScheduleOrThrow(deps, id);
    const now = deps.clock.now();
    const counts = wanted.cron !== undefined || wanted.timezone !== undefined || wanted.enabled === true;
    if (counts) checkPattern({ ...before, ...wanted }, now);
    const { after, dropped } = revise(before, wanted, now);
    if (after.name !== before.name) await refuseTakenName(deps.db, after);
    if (await rewriteSchedule(deps.db, before, after, dropped, { now, by })) return findScheduleOrThrow(deps, id);
  }
}

/** Deletes a schedule and keeps its decisions. Throws NOT_FOUND. */
export async function deleteSchedule(deps: Deps, id: string, by: string): Promise<void> {
  for (;;) {
    const before = await findScheduleOrThrow(deps, id);
    const now = deps.clock.now();
    const dropped = skipAll(before, now, "The schedule was deleted");
    if (await rewriteSchedule(deps.db, before, "deleted", dropped, { now, by })) return;
  }
}

/** Returns upcoming due times; empty if the schedule is disabled or its pattern is not supported by this runtime. */
export function nextRuns(schedule: Schedule, now: number, first: number): number[] {
  if (!schedule.enabled || schedule.nextDueAt === null) return [];
  try {
    return dueTimes(schedule, Math.max(now, schedule.watermark), { limit: first });
  } catch {
    return [];
  }
}
