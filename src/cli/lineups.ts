import type { Command } from "commander";
import { plural } from "../text.ts";
import { attribute, type Context, dateIn, seasonOf } from "./context.ts";
import { DATE_FORMS } from "./dates.ts";
import { leagueIn, teamOf } from "./find.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command } from "./options.ts";
import { instant } from "./text.ts";

/** Adds `lineup` and `lineups`. */
export function lineupCommands(program: Command, does: CommandFactory): void {
  command(program, "lineup", "Show one team's lineup on a date")
    .argument("<team>", "its key (458.l.6966.t.3), its number in the league (3), or a part of its name")
    .argument("<date>", DATE_FORMS)
    .addHelpText(
      "after",
      "\nExamples:\n  lineups lineup 3 yesterday --league demo.l.1\n  lineups lineup 'café' 2d --league demo.l.1\n",
    )
    .action(does(lineup));
  command(program, "lineups", "Show every team's lineup on a date")
    .argument("<date>", DATE_FORMS)
    .addHelpText("after", "\nExamples:\n  lineups lineups yesterday --league demo.l.1\n")
    .action(does(lineups));
}

const LINEUP = `attribution date provisional collectedAt jobId team { key name } slots { selectedPosition player { id: sourceId name } positionType eligiblePositions
  playerTeam playerStatus observedSameDay observedAt jobId }`;

type Lineup = {
  attribution: string | null;
  date: string;
  provisional: boolean;
  collectedAt: string;
  jobId: string;
  team: { key: string; name: string };
  slots: {
    selectedPosition: string;
    player: { id: string; name: string };
    eligiblePositions: string[];
    playerTeam: string | null;
    playerStatus: string | null;
    observedSameDay: boolean;
    observedAt: string;
  }[];
};

async function lineup(ctx: Context, _: unknown, which: string, day: string): Promise<Exit> {
  const date = await dateIn(ctx, day);
  const teamKey = await teamOf(ctx, which);
  const query = `query ($teamKey: String!, $date: Date!, $environment: Environment!) { lineup(teamKey: $teamKey, date: $date, environment: $environment) { ${LINEUP} } }`;
  const { lineup: found } = await ctx.api.ask<{ lineup: Lineup | null }>(query, {
    teamKey,
    date,
    environment: ctx.options.env,
  });
  if (!found) {
    throw new CliError(
      `The ledger has no lineup of team ${teamKey} on ${date}. ` +
        `\`lineups collect --league ${leagueIn(teamKey)} --start ${date} --end ${date}${ctx.hint}\` collects the date's lineups`,
      { code: "NOT_FOUND" },
    );
  }
  await tell(ctx, found);
  await attribute(ctx, leagueIn(teamKey));
  await ctx.emit({ result: found });
  return EXIT.ok;
}

/** Marks values that were not observed on the lineup's own date. */
const LATER = "*";

async function tell(ctx: Context, { team, date, slots, provisional, collectedAt, jobId }: Lineup): Promise<void> {
  await ctx.say(
    `${team.name} (${team.key}), ${date}${provisional ? ", provisional: collected while it could still change" : ""}`,
  );
  await ctx.show(
    ["Slot", "Player", "Id", "Club", "Status", "Eligible"],
    slots.map((s) => {
      const mark = s.observedSameDay ? "" : LATER;
      return [
        s.selectedPosition,
        s.player.name,
        s.player.id,
        s.playerTeam && s.playerTeam + mark,
        s.playerStatus && s.playerStatus + mark,
        s.eligiblePositions.join(",") + mark,
      ];
    }),
  );
  const later = slots
    .filter(({ observedSameDay }) => !observedSameDay)
    .map(({ observedAt }) => observedAt.slice(0, 10));
  if (later.length > 0) {
    const [first, last] = [later.reduce((a, b) => (a < b ? a : b)), later.reduce((a, b) => (a > b ? a : b))];
    await ctx.say(
      `${LATER} seen later, ${first === last ? `on ${first}` : `from ${first} to ${last}`}: ` +
        "sources keep no history of club, status and eligibility",
    );
  }
  await ctx.say(`collected ${instant(collectedAt)} by ${jobId}`);
}

async function lineups(ctx: Context, _: unknown, day: string): Promise<Exit> {
  const date = await dateIn(ctx, day);
  const { key: leagueKey } = await seasonOf(ctx);
  const query = `query ($leagueKey: String!, $date: Date!, $environment: Environment!, $after: String) {
    lineups(leagueKey: $leagueKey, start: $date, end: $date, environment: $environment, first: 50, after: $after) {
      nodes { ${LINEUP} } pageInfo { hasNextPage endCursor } } }`;
  const all: Lineup[] = [];
  type Page = { lineups: { nodes: Lineup[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
  for (let after: string | null = null, goesOn = true; goesOn; ) {
    const page: Page = await ctx.api.ask<Page>(query, { leagueKey, date, environment: ctx.options.env, after });
    all.push(...page.lineups.nodes);
    ({ hasNextPage: goesOn, endCursor: after } = page.lineups.pageInfo);
  }
  for (const each of all) {
    await tell(ctx, each);
    await ctx.say("\n");
  }
  await ctx.say(`${plural(all.length, "lineup")} of ${leagueKey} on ${date}`);
  await attribute(ctx, leagueKey);
  await ctx.emit({ result: all });
  return EXIT.ok;
}
