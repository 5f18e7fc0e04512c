import * as v from "valibot";
import { listScheduleChanges, type ScheduleChange } from "../db/scheduleChanges.ts";
import { builder, describedEnum } from "./builder.ts";
import { pageSize } from "./connection.ts";
import { costOfPage } from "./costs.ts";
import { decodePosition, encodePosition } from "./cursor.ts";

const ScheduleChangeKindEnum = describedEnum<ScheduleChange["kind"]>(
  "ScheduleChangeKind",
  "What a person did with a schedule.",
  { CREATED: "Created it.", CHANGED: "Changed some of its fields.", DELETED: "Deleted it." },
);

const encode = (id: number) => encodePosition("scheduleChanges", [id]);

const ScheduleChangeRef = builder.objectRef<ScheduleChange>("ScheduleChange").implement({
  description: "What a person did with a schedule; written in the transaction that did it, and never changed.",
  fields: (t) => ({
    cursor: t.string({
      description: "Its place in the list: pass it as `after` for older ones.",
      resolve: ({ id }) => encode(id),
    }),
    kind: t.expose("kind", { type: ScheduleChangeKindEnum, description: "What was done." }),
    at: t.expose("at", { type: "DateTime", description: "When it was done." }),
    by: t.exposeString("by", { description: "Who did it, by the name of the token." }),
    fields: t.field({
      type: "JSON",
      description: "The fields that were set, by name; empty for a deletion.",
      resolve: ({ fields }) => fields,
    }),
  }),
});

builder.queryField("scheduleChanges", (t) =>
  t.field({
    type: [ScheduleChangeRef],
    complexity: costOfPage,
    description:
      "Who created, changed and deleted a schedule, newest first; also of a deleted one. Empty for a schedule from before this was recorded.",
    args: {
      scheduleId: t.arg.id({ required: true, description: "The schedule's id." }),
      first: t.arg.int({ required: true, defaultValue: 20, description: "1 to 100.", validate: pageSize() }),
      after: t.arg.string({ description: "A cursor of this list." }),
    },
    resolve: (_, { scheduleId, first, after }, { deps }) => {
      const [before] = after
        ? decodePosition("scheduleChanges", after, v.tuple([v.number()]))
        : [Number.MAX_SAFE_INTEGER];
      return listScheduleChanges(deps.db, scheduleId, { before, limit: first });
    },
  }),
);
