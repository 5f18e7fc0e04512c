import { builder } from "./builder.ts";
import { list, SCHEDULES } from "./costs.ts";
import { inheritedArg } from "./environment.ts";
import { inherited } from "./inherits.ts";
import { JobRef } from "./job.ts";
import { LeagueRef } from "./league.ts";
import { ScheduleRef } from "./schedule.ts";

builder.objectField(JobRef, "schedule", (t) =>
  t.field({
    type: ScheduleRef,
    nullable: true,
    description:
      "The schedule that started the job; null if no schedule started the job, or if the schedule has been deleted.",
    resolve: ({ metadata }, _, { loaders }) => {
      const { scheduleId } = metadata as { scheduleId?: unknown };
      return typeof scheduleId === "string" ? loaders.schedule.load(scheduleId) : null;
    },
  }),
);

builder.objectField(LeagueRef, "schedules", (t) =>
  t.field({
    type: [ScheduleRef],
    complexity: list(SCHEDULES),
    description: "The schedules that name the league by key or by alias, sorted by name.",
    args: { environment: inheritedArg(t) },
    resolve: async (league, { environment }, { loaders }) => {
      const [aliases, all] = await Promise.all([
        loaders.aliasesOfLeague.load(league.key),
        loaders.schedules.load(inherited(environment, league)),
      ]);
      const names = [league.key, ...aliases];
      return all.filter(({ leagueKey }) => names.includes(leagueKey));
    },
  }),
);
