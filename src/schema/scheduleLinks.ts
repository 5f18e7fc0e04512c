import { aliasesOf } from "../db/leagues.ts";
import { findSchedule, listSchedules } from "../db/schedules.ts";
import { builder } from "./builder.ts";
import { list, SCHEDULES } from "./costs.ts";
import { inherited, inheritedArg } from "./environment.ts";
import { JobRef } from "./job.ts";
import { LeagueRef } from "./league.ts";
import { ScheduleRef } from "./schedule.ts";

builder.objectField(JobRef, "schedule", (t) =>
  t.field({
    type: ScheduleRef,
    nullable: true,
    description: "The schedule that has started it; null where a person has, or the schedule was deleted since.",
    resolve: async ({ metadata }, _, { deps }) => {
      const { scheduleId } = metadata as { scheduleId?: unknown };
      return typeof scheduleId === "string" ? ((await findSchedule(deps.db, scheduleId)) ?? null) : null;
    },
  }),
);

builder.objectField(LeagueRef, "schedules", (t) =>
  t.field({
    type: [ScheduleRef],
    complexity: list(SCHEDULES),
    description: "The schedules that are about the league, under its key or an alias, by name.",
    args: { environment: inheritedArg(t) },
    resolve: async (league, { environment }, { deps }) => {
      const names = [league.key, ...(await aliasesOf(deps.db, league.key))];
      const all = await listSchedules(deps.db, inherited(environment, league));
      return all.filter(({ leagueKey }) => names.includes(leagueKey));
    },
  }),
);
