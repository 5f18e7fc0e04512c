import * as v from "valibot";
import type { DecisionPosition, PlacedDecision } from "../db/scheduleDecisions.ts";
import { type CatchUpPolicy, findSchedule, listSchedules, type OverlapPolicy, type Schedule } from "../db/schedules.ts";
import type { ScheduleKind } from "../db/tables/values.ts";
import { isAhead } from "../schedules/decide.ts";
import { createSchedule, deleteSchedule, nextRuns, updateSchedule } from "../schedules/edit.ts";
import { triggerSchedule } from "../schedules/trigger.ts";
import { LEAGUE_KEY_FORMS } from "../source/leagueKey.ts";
import { builder, describedEnum } from "./builder.ts";
import { connectionOf, pageArgs, pageOf, pageSize } from "./connection.ts";
import { costOfPage, list, SCHEDULES } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { EnvironmentEnum, environmentArg, environmentField } from "./environment.ts";
import { leagueKey, lookbackDays } from "./input.ts";
import { NodeRef } from "./node.ts";
import { ScheduleDecisionRef } from "./scheduleDecision.ts";
import { StartPayload } from "./startPayload.ts";

const OverlapPolicyEnum = describedEnum<OverlapPolicy>(
  "OverlapPolicy",
  "What becomes of a due time while a job stands in its way: the schedule's own last one, or any that holds the same dates.",
  {
    SKIP: "It is skipped.",
    QUEUE: "It waits for the job to end; at most one waits, further ones are skipped.",
  },
);
const CatchUpPolicyEnum = describedEnum<CatchUpPolicy>(
  "CatchUpPolicy",
  "What becomes of due times that came more than two minutes before anything ran to see them.",
  {
    LATEST: "One update for all of them, at once.",
    NONE: "Nothing; the next due time is waited for.",
  },
);
const ScheduleKindEnum = describedEnum<ScheduleKind>("ScheduleKind", "What a schedule starts.", {
  UPDATE: "An update: the newest days, and what is due to be looked at again.",
  VERIFY: "A verification of all that is stored of the league.",
});
const DecisionConnection = connectionOf<PlacedDecision>("ScheduleDecision", ScheduleDecisionRef);
const cursors = cursorsOf<DecisionPosition>("decisions", v.tuple([v.number(), v.string(), v.number()]));

export const ScheduleRef = builder.objectRef<Schedule>("Schedule").implement({
  interfaces: [NodeRef],
  description: "When a league is brought up to date, or verified, by itself.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name", { description: "As somebody named it." }),
    kind: t.expose("kind", { type: ScheduleKindEnum, description: "What it starts." }),
    mend: t.exposeBoolean("mend", {
      description:
        "Of a verification: what is damaged is marked as not known and due, so that the next update takes it.",
    }),
    leagueKey: t.exposeString("leagueKey", {
      description: "As it was given: mlb.l.6966 goes on with the next season.",
    }),
    environment: t.expose("environment", { type: EnvironmentEnum }),
    cron: t.exposeString("cron", { description: "Minute, hour, day of the month, month, day of the week." }),
    timezone: t.exposeString("timezone", { description: "IANA name." }),
    lookbackDays: t.exposeInt("lookbackDays", {
      description: "Of an update: days back from the day of the run, 1 to 30.",
    }),
    enabled: t.exposeBoolean("enabled", { description: "False: it decides nothing." }),
    overlap: t.expose("overlap", { type: OverlapPolicyEnum, description: "When a job stands in its way." }),
    catchUp: t.expose("catchUp", { type: CatchUpPolicyEnum, description: "After nothing ran for a while." }),
    nextRuns: t.field({
      type: ["DateTime"],
      // To find a rare due time takes longer than to read a row.
      complexity: ({ first }) => 2 * (first ?? 1),
      description: "The next due times; none while it is disabled.",
      args: { first: t.arg.int({ required: true, defaultValue: 5, description: "1 to 100.", validate: pageSize() }) },
      resolve: (schedule, { first }, { deps }) => nextRuns(schedule, deps.clock.now(), first),
    }),
    queuedFor: t.field({
      type: "DateTime",
      nullable: true,
      description: "The due time that waits for a job to end; null when none does.",
      resolve: (schedule) => (schedule.enabled ? schedule.queuedFor : null),
    }),
    warning: t.string({
      nullable: true,
      description: "Why it stands still although it is enabled, and what to do about that; null while it does not.",
      resolve: (schedule, _, { deps }) =>
        schedule.enabled && isAhead(schedule, deps.clock.now())
          ? `A clock that was ahead has decided up to ${new Date(schedule.watermark).toISOString()}, and nothing runs before: enable the schedule again to start over`
          : null,
    }),
    lastRunAt: t.expose("lastRunAt", {
      type: "DateTime",
      nullable: true,
      description: "When it last started a job; null before.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was created." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When somebody last changed it." }),
    decisions: t.field({
      type: [ScheduleDecisionRef],
      complexity: costOfPage,
      description:
        "What the schedule decided at each due time, newest first, skips included; older ones are in `decisionsConnection`.",
      args: { first: t.arg.int({ required: true, defaultValue: 20, description: "1 to 100.", validate: pageSize() }) },
      resolve: ({ id }, { first }, { loaders }) => loaders.decisions.load({ scheduleId: id, window: { limit: first } }),
    }),
    decisionsConnection: t.field({
      type: DecisionConnection,
      complexity: costOfPage,
      description: "The same by pages.",
      args: pageArgs(t, 20),
      resolve: ({ id }, args, { loaders }) =>
        pageOf<PlacedDecision, DecisionPosition>(
          {
            cursors,
            positionOf: ({ scheduledFor, trigger, epoch }) => [scheduledFor, trigger, epoch],
            read: (window) => loaders.decisions.load({ scheduleId: id, window }),
            count: () => loaders.decisionCount.load(id),
          },
          args,
        ),
    }),
  }),
});

const NAME = ({ input }: { input: string }) => `expected 1 to 100 characters, got ${input.length}`;
const name = v.pipe(v.string(), v.trim(), v.minLength(1, NAME), v.maxLength(100, NAME));

const CRON = "Minute, hour, day of the month, month, day of the week, as `0 6,13,22 * * *`; no seconds.";

const MEND = "Of a verification: mark what is damaged as not known and due.";

const CreateScheduleInput = builder.inputType("CreateScheduleInput", {
  description: "Which league to bring up to date or to verify, and when.",
  validate: v.looseObject({ name, leagueKey, lookbackDays }),
  fields: (t) => ({
    name: t.string({ required: true, description: "1 to 100 characters." }),
    kind: t.field({ type: ScheduleKindEnum, required: true, defaultValue: "UPDATE", description: "What it starts." }),
    mend: t.boolean({ required: true, defaultValue: false, description: MEND }),
    leagueKey: t.string({ required: true, description: `For example ${LEAGUE_KEY_FORMS}.` }),
    environment: environmentField(t),
    cron: t.string({ required: true, description: CRON }),
    timezone: t.string({ required: true, defaultValue: "America/New_York", description: "IANA name." }),
    lookbackDays: t.int({
      required: true,
      defaultValue: 7,
      description: "Days back from the day of the run, 1 to 30.",
    }),
    enabled: t.boolean({ required: true, defaultValue: true, description: "False: it waits to be enabled." }),
    overlap: t.field({
      type: OverlapPolicyEnum,
      required: true,
      defaultValue: "SKIP",
      description: "When a job stands in its way.",
    }),
    catchUp: t.field({
      type: CatchUpPolicyEnum,
      required: true,
      defaultValue: "LATEST",
      description: "After nothing ran for a while.",
    }),
  }),
});

const UpdateScheduleInput = builder.inputType("UpdateScheduleInput", {
  description: "What to change of a schedule; what is left out, or null, stays as it is.",
  validate: v.looseObject({ name: v.nullish(name), lookbackDays: v.nullish(lookbackDays) }),
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string({ description: "1 to 100 characters." }),
    cron: t.string({ description: `${CRON} A new one counts from now.` }),
    timezone: t.string({ description: "IANA name. A new one counts from now." }),
    lookbackDays: t.int({ description: "Days back from the day of the run, 1 to 30." }),
    mend: t.boolean({ description: MEND }),
    enabled: t.boolean({
      description:
        "Enabled, it counts from now; what came before is never run. One that stands still since a clock was ahead starts over.",
    }),
    overlap: t.field({ type: OverlapPolicyEnum, description: "When a job stands in its way." }),
    catchUp: t.field({ type: CatchUpPolicyEnum, description: "After nothing ran for a while." }),
  }),
});

const SchedulePayload = builder.objectRef<{ schedule: Schedule }>("SchedulePayload").implement({
  description: "The schedule as it is now.",
  fields: (t) => ({ schedule: t.expose("schedule", { type: ScheduleRef, description: "The schedule." }) }),
});
const DeleteSchedulePayload = builder.objectRef<{ deletedId: string }>("DeleteSchedulePayload").implement({
  description: "The schedule that is no more.",
  fields: (t) => ({ deletedId: t.exposeID("deletedId", { description: "Its id." }) }),
});

builder.queryFields((t) => ({
  schedules: t.field({
    type: [ScheduleRef],
    complexity: list(SCHEDULES),
    description: "Every schedule of an environment, by name.",
    args: { environment: environmentArg(t) },
    resolve: (_, { environment }, { deps }) => listSchedules(deps.db, environment),
  }),
  schedule: t.field({
    type: ScheduleRef,
    nullable: true,
    description: "One schedule; null when there is none of that id.",
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, { deps }) => (await findSchedule(deps.db, id)) ?? null,
  }),
}));

builder.mutationFields((t) => ({
  createSchedule: t.field({
    type: SchedulePayload,
    description: "Creates a schedule; it counts from now. Errors: BAD_USER_INPUT.",
    args: { input: t.arg({ type: CreateScheduleInput, required: true, description: "The schedule." }) },
    resolve: async (_, { input }, context) => {
      const by = context.caller.name;
      return { schedule: await createSchedule(context.deps, { ...input, name: input.name.trim() }, by) };
    },
  }),
  updateSchedule: t.field({
    type: SchedulePayload,
    description:
      "Changes a schedule; a new pattern, zone or `enabled` never fires for the past. Errors: NOT_FOUND, BAD_USER_INPUT.",
    args: { input: t.arg({ type: UpdateScheduleInput, required: true, description: "What to change." }) },
    resolve: async (_, { input: { id, ...changes } }, context) => {
      const by = context.caller.name;
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value != null));
      if (typeof given.name === "string") given.name = given.name.trim();
      return { schedule: await updateSchedule(context.deps, id, given, by) };
    },
  }),
  deleteSchedule: t.field({
    type: DeleteSchedulePayload,
    description: "Ends a schedule for good; the jobs that it started go on. Errors: NOT_FOUND.",
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, context) => {
      const by = context.caller.name;
      await deleteSchedule(context.deps, id, by);
      return { deletedId: id };
    },
  }),
  triggerSchedule: t.field({
    type: StartPayload,
    description:
      "Runs it now, whatever its cron says and whether it is enabled; the decision is recorded as MANUAL. Errors: NOT_FOUND, JOB_OVERLAP, SOURCE_….",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) => triggerSchedule(context.deps, id, context.caller.name, context.signal),
  }),
}));
