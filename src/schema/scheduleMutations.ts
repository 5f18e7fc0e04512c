import * as v from "valibot";
import type { Schedule } from "../db/schedules.ts";
import { createSchedule, deleteSchedule, updateSchedule } from "../schedules/edit.ts";
import { triggerSchedule } from "../schedules/trigger.ts";
import { LEAGUE_KEY_FORMS } from "../source/leagueKey.ts";
import { builder } from "./builder.ts";
import { environmentField } from "./environment.ts";
import { leagueKey, lookbackDays } from "./input.ts";
import { CatchUpPolicyEnum, OverlapPolicyEnum, ScheduleKindEnum, ScheduleRef } from "./schedule.ts";
import { StartPayload } from "./startPayload.ts";

const NAME = ({ input }: { input: string }) => `expected 1 to 100 characters, got ${input.length}`;
const name = v.pipe(v.string(), v.trim(), v.minLength(1, NAME), v.maxLength(100, NAME));

const CRON =
  "Cron pattern: minute, hour, day of the month, month, day of the week, such as `0 6,13,22 * * *`. The pattern has no field for seconds.";

const MEND = "For VERIFY: whether to mark damaged dates as unknown and due, so the next update collects them.";

const CreateScheduleInput = builder.inputType("CreateScheduleInput", {
  description: "Which league to update or verify, and when.",
  validate: v.looseObject({ name, leagueKey, lookbackDays }),
  fields: (t) => ({
    name: t.string({ required: true, description: "1 to 100 characters, unique in the environment." }),
    kind: t.field({ type: ScheduleKindEnum, required: true, defaultValue: "UPDATE", description: "What to start." }),
    mend: t.boolean({ required: true, defaultValue: false, description: MEND }),
    leagueKey: t.string({ required: true, description: `Key of the league, for example ${LEAGUE_KEY_FORMS}.` }),
    environment: environmentField(t),
    cron: t.string({ required: true, description: CRON }),
    timezone: t.string({
      required: true,
      defaultValue: "America/New_York",
      description: "The time zone of `cron`, as an IANA name.",
    }),
    lookbackDays: t.int({
      required: true,
      defaultValue: 7,
      description: "For UPDATE: number of days to go back from the day of the run, 1 to 30.",
    }),
    enabled: t.boolean({
      required: true,
      defaultValue: true,
      description:
        "Whether the schedule runs at its due times. If false, nothing runs until somebody enables the schedule.",
    }),
    overlap: t.field({
      type: OverlapPolicyEnum,
      required: true,
      defaultValue: "SKIP",
      description: "What to do at a due time if a job blocks the run.",
    }),
    catchUp: t.field({
      type: CatchUpPolicyEnum,
      required: true,
      defaultValue: "LATEST",
      description: "What to do about missed due times.",
    }),
  }),
});

const UpdateScheduleInput = builder.inputType("UpdateScheduleInput", {
  description: "Changes to a schedule. A field that is left out or null leaves the schedule's value unchanged.",
  validate: v.looseObject({ name: v.nullish(name), lookbackDays: v.nullish(lookbackDays) }),
  fields: (t) => ({
    id: t.id({ required: true, description: "The id of the schedule to change." }),
    name: t.string({ description: "1 to 100 characters, unique in the environment." }),
    cron: t.string({ description: `${CRON} A new pattern applies from the time of the change.` }),
    timezone: t.string({
      description: "The time zone of `cron`, as an IANA name. A new time zone applies from the time of the change.",
    }),
    lookbackDays: t.int({ description: "For UPDATE: number of days to go back from the day of the run, 1 to 30." }),
    mend: t.boolean({ description: MEND }),
    enabled: t.boolean({
      description:
        "Whether the schedule runs at its due times. When a schedule is enabled, due times that have already passed are not run. " +
        "To restart a schedule that has a `warning`, enable the schedule again.",
    }),
    overlap: t.field({
      type: OverlapPolicyEnum,
      description: "What to do at a due time if a job blocks the run.",
    }),
    catchUp: t.field({ type: CatchUpPolicyEnum, description: "What to do about missed due times." }),
  }),
});

const SchedulePayload = builder.objectRef<{ schedule: Schedule }>("SchedulePayload").implement({
  description: "The schedule as it is now.",
  fields: (t) => ({ schedule: t.expose("schedule", { type: ScheduleRef, description: "The schedule." }) }),
});
const DeleteSchedulePayload = builder.objectRef<{ deletedId: string }>("DeleteSchedulePayload").implement({
  description: "The result of deleting a schedule.",
  fields: (t) => ({ deletedId: t.exposeID("deletedId", { description: "The id of the deleted schedule." }) }),
});

builder.mutationFields((t) => ({
  createSchedule: t.field({
    type: SchedulePayload,
    description:
      "Creates a schedule. The first due time is the next time that matches the cron pattern. Fails with BAD_USER_INPUT or LIMIT_EXCEEDED.",
    args: { input: t.arg({ type: CreateScheduleInput, required: true, description: "The schedule." }) },
    resolve: async (_, { input }, context) => {
      const by = context.caller.name;
      return { schedule: await createSchedule(context.deps, { ...input, name: input.name.trim() }, by) };
    },
  }),
  updateSchedule: t.field({
    type: SchedulePayload,
    description:
      "Changes a schedule. If the pattern, the time zone or `enabled` is changed, due times that have already passed are " +
      "not run. Fails with NOT_FOUND or BAD_USER_INPUT.",
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
    description:
      "Deletes a schedule. Deleting a schedule does not stop the jobs that the schedule has started. Fails with NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "The schedule's id." }) },
    resolve: async (_, { id }, context) => {
      const by = context.caller.name;
      await deleteSchedule(context.deps, id, by);
      return { deletedId: id };
    },
  }),
  triggerSchedule: t.field({
    type: StartPayload,
    description:
      "Runs a schedule now, even if it is disabled, and records the decision as MANUAL. " +
      "If the schedule's last job is waiting for the end of a source outage, that job retries now and no new job is started. " +
      "Fails with NOT_FOUND, JOB_OVERLAP or SOURCE_….",
    args: { id: t.arg.id({ required: true, description: "The schedule's id." }) },
    resolve: (_, { id }, context) => triggerSchedule(context.deps, id, context.caller.name, context.signal),
  }),
}));
