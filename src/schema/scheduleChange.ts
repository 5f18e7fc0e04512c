import * as v from "valibot";
import {
  countScheduleChanges,
  listScheduleChanges,
  type ScheduleChange,
  type ScheduleChangePosition,
} from "../db/scheduleChanges.ts";
import { builder, describedEnum } from "./builder.ts";
import { connectionOf, pageArgs, pageOf } from "./connection.ts";
import { costOfPage } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";

const ScheduleChangeKindEnum = describedEnum<ScheduleChange["kind"]>(
  "ScheduleChangeKind",
  "What a person did to a schedule.",
  {
    CREATED: "Created the schedule.",
    CHANGED: "Changed some of the schedule's fields.",
    DELETED: "Deleted the schedule.",
  },
);

const cursors = cursorsOf<ScheduleChangePosition>("scheduleChanges", v.tuple([v.number()]));

const ScheduleChangeRef = builder.objectRef<ScheduleChange>("ScheduleChange").implement({
  description:
    "What a person did to a schedule. The transaction that changes the schedule also writes the record. " +
    "The record is never modified.",
  fields: (t) => ({
    kind: t.expose("kind", { type: ScheduleChangeKindEnum, description: "What was done." }),
    at: t.expose("at", { type: "DateTime", description: "When the change was made." }),
    by: t.exposeString("by", { description: "The name of the token that was used." }),
    fields: t.field({
      type: "JSON",
      description: "Map from field name to new value, for each field that was set; empty for DELETED.",
      resolve: ({ fields }) => fields,
    }),
  }),
});

const ScheduleChangeConnection = connectionOf<ScheduleChange>("ScheduleChange", ScheduleChangeRef);

builder.queryField("scheduleChanges", (t) =>
  t.field({
    type: ScheduleChangeConnection,
    complexity: costOfPage,
    description:
      "Records of who created, changed or deleted a schedule, newest first. The list is kept when the schedule is deleted. " +
      "The list lacks changes that were made before the ledger began to record them.",
    args: { scheduleId: t.arg.id({ required: true, description: "The schedule's id." }), ...pageArgs(t, 20) },
    resolve: (_, { scheduleId, ...args }, { deps: { db } }) =>
      pageOf<ScheduleChange, ScheduleChangePosition>(
        {
          cursors,
          positionOf: ({ id }) => [id],
          read: (window) => listScheduleChanges(db, scheduleId, window),
          count: () => countScheduleChanges(db, scheduleId),
        },
        args,
      ),
  }),
);
