import * as v from "valibot";
import type { DecisionPosition, PlacedDecision } from "../db/scheduleDecisions.ts";
import { type CatchUpPolicy, findSchedule, listSchedules, type OverlapPolicy, type Schedule } from "../db/schedules.ts";
import type { ScheduleKind } from "../db/tables/values.ts";
import { isAhead } from "../schedules/decide.ts";
import { nextRuns } from "../schedules/edit.ts";
import { builder, describedEnum } from "./builder.ts";
import { connectionOf, pageArgs, pageOf, pageSize } from "./connection.ts";
import { costOfPage, list, SCHEDULES } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { EnvironmentEnum, environmentArg } from "./environment.ts";
import { NodeRef } from "./node.ts";
import { ScheduleDecisionRef } from "./scheduleDecision.ts";

export const OverlapPolicyEnum = describedEnum<OverlapPolicy>(
  "OverlapPolicy",
  "What happens at a due time if a job blocks the run. A run is blocked until the schedule's last job " +
    "and all other jobs with the same dates have ended.",
  {
    SKIP: "The due time is skipped.",
    QUEUE: "The run waits until the blocking job has ended. At most one run waits; further due times are skipped.",
  },
);
export const CatchUpPolicyEnum = describedEnum<CatchUpPolicy>(
  "CatchUpPolicy",
  "What happens to missed due times. A due time is missed if nothing handled it within two minutes.",
  {
    LATEST: "One job is started immediately and makes up for all missed due times.",
    NONE: "Missed due times are skipped. The schedule waits for the next due time.",
  },
);
export const ScheduleKindEnum = describedEnum<ScheduleKind>("ScheduleKind", "What a schedule starts.", {
  UPDATE: "An update, which collects the newest dates and also older dates that are due for another check.",
  VERIFY: "A verification, which checks everything stored for the league.",
});
const DecisionConnection = connectionOf<PlacedDecision>("ScheduleDecision", ScheduleDecisionRef);
const cursors = cursorsOf<DecisionPosition>("decisions", v.tuple([v.number(), v.string(), v.number()]));

export const ScheduleRef = builder.objectRef<Schedule>("Schedule").implement({
  interfaces: [NodeRef],
  description: "Starts updates or verifications of a league automatically.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "The schedule's id, unique in the ledger." }),
    name: t.exposeString("name", { description: "The schedule's name, unique in its environment." }),
    kind: t.expose("kind", { type: ScheduleKindEnum, description: "What the schedule starts." }),
    mend: t.exposeBoolean("mend", {
      description: "For VERIFY: whether damaged dates are marked as unknown and due, so the next update collects them.",
    }),
    leagueKey: t.exposeString("leagueKey", {
      description:
        "The league's key or alias, as given. A schedule for an alias such as mlb.l.6966 continues with the league's next season.",
    }),
    environment: t.expose("environment", { type: EnvironmentEnum }),
    cron: t.exposeString("cron", {
      description: "Cron pattern: minute, hour, day of the month, month, day of the week.",
    }),
    timezone: t.exposeString("timezone", { description: "The time zone of `cron`, as an IANA name." }),
    lookbackDays: t.exposeInt("lookbackDays", {
      description: "For UPDATE: number of days to go back from the day of the run, 1 to 30.",
    }),
    enabled: t.exposeBoolean("enabled", {
      description: "Whether the schedule runs at its due times. If false, only `triggerSchedule` starts a job.",
    }),
    overlap: t.expose("overlap", {
      type: OverlapPolicyEnum,
      description: "What to do at a due time if a job blocks the run.",
    }),
    catchUp: t.expose("catchUp", { type: CatchUpPolicyEnum, description: "What to do about missed due times." }),
    nextRuns: t.field({
      type: ["DateTime"],
      // Each due time costs 2: for a pattern that rarely matches, computing a due time takes longer than reading a row.
      complexity: ({ first }) => 2 * (first ?? 1),
      description:
        "The next due times. Empty while the schedule is disabled, or if this server cannot evaluate the cron pattern.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 5,
          description: "Number of due times to return, 1 to 100.",
          validate: pageSize(),
        }),
      },
      resolve: (schedule, { first }, { deps }) => nextRuns(schedule, deps.clock.now(), first),
    }),
    queuedFor: t.field({
      type: "DateTime",
      nullable: true,
      description: "The due time whose run is waiting until a job has ended; null if no run is waiting.",
      resolve: (schedule) => (schedule.enabled ? schedule.queuedFor : null),
    }),
    warning: t.string({
      nullable: true,
      description: "Why an enabled schedule does not run, and what to do; null if nothing is wrong.",
      resolve: (schedule, _, { deps }) =>
        schedule.enabled && isAhead(schedule, deps.clock.now())
          ? `Cannot run before ${new Date(schedule.watermark).toISOString()}: all earlier due times were handled too soon, while a clock was ahead. Enable the schedule again to start over.`
          : null,
    }),
    lastRunAt: t.expose("lastRunAt", {
      type: "DateTime",
      nullable: true,
      description: "When the schedule last started a job; null if it never has.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When the schedule was created." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When somebody last changed the schedule." }),
    decisions: t.field({
      type: [ScheduleDecisionRef],
      complexity: costOfPage,
      description:
        "What the schedule decided at each due time, newest first, including skips. `decisionsConnection` also returns older decisions.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          description: "Number of decisions to return, 1 to 100.",
          validate: pageSize(),
        }),
      },
      resolve: ({ id }, { first }, { loaders }) => loaders.decisions.load({ scheduleId: id, window: { limit: first } }),
    }),
    decisionsConnection: t.field({
      type: DecisionConnection,
      complexity: costOfPage,
      description: "All decisions of the schedule in pages, newest first.",
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

builder.queryFields((t) => ({
  schedules: t.field({
    type: [ScheduleRef],
    complexity: list(SCHEDULES),
    description: "All schedules of an environment, sorted by name.",
    args: { environment: environmentArg(t) },
    resolve: (_, { environment }, { deps }) => listSchedules(deps.db, environment),
  }),
  schedule: t.field({
    type: ScheduleRef,
    nullable: true,
    description: "One schedule by id; null if there is none.",
    args: { id: t.arg.id({ required: true, description: "The schedule's id." }) },
    resolve: async (_, { id }, { deps }) => (await findSchedule(deps.db, id)) ?? null,
  }),
}));
