import type { Command } from "commander";
import type { Context } from "./context.ts";
import { idOf } from "./find.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, firstOption } from "./options.ts";
import { dateCell, instantCell, shownOf } from "./text.ts";

/** Adds `events`. */
export function eventsCommand(program: Command, does: CommandFactory): void {
  firstOption(command(program, "events", "Show what happened to a job, oldest first"), 50, 500)
    .argument("[job]", "job id, or its last six digits", "latest")
    .addHelpText("after", "\nExamples:\n  lineups events\n")
    .action(does(events));
}

type Event = { cursor: string; type: string; at: string; date: string | null; message: string; by: string | null };

async function events(ctx: Context, { first }: { first: number }, which: string): Promise<Exit> {
  const id = await idOf(ctx, which);
  const query = `query ($id: ID!, $first: Int!) { jobEvents(jobId: $id, first: $first) { totalCount nodes { cursor type at date message data by } } }`;
  const { jobEvents } = await ctx.api.ask<{ jobEvents: { totalCount: number; nodes: Event[] } }>(query, { id, first });
  await ctx.show(
    ["At", "Event", "Date", "By", "Message"],
    jobEvents.nodes.map((event) => [
      instantCell(event.at),
      event.type,
      event.date && dateCell(event.date, event.at),
      event.by,
      event.message,
    ]),
  );
  await ctx.say(`${id}: ${shownOf(jobEvents.nodes.length, jobEvents.totalCount, "event")}`);
  await ctx.emit({ result: jobEvents });
  return EXIT.ok;
}
