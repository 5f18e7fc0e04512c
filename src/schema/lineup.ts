import * as v from "valibot";
import { isDate } from "../calendar.ts";
import type { Lineup, LineupFilter, LineupPosition } from "../db/lineupQueries.ts";
import type { StoredSlot } from "../db/lineups.ts";
import { ENVIRONMENTS, type Environment } from "../db/tables/values.ts";
import { isSameDay } from "../lineups/compare.ts";
import { rosterOrder } from "../lineups/order.ts";
import { attributionOf, calendarOf } from "../source/leagueKey.ts";
import { builder } from "./builder.ts";
import { connectionOf, type Fields, type Page, type PageArgs, pageArgs, pageOf } from "./connection.ts";
import { costOfPage, list } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg, inheritedArg } from "./environment.ts";
import { inherited } from "./inherits.ts";
import { checkRange } from "./input.ts";
import { JobRef } from "./job.ts";
import { LeagueRef, TeamRef } from "./league.ts";
import { type Loaders, loadJob, loadTeam } from "./loaders.ts";
import { NodeRef } from "./node.ts";
import { PlayerRef, playerIn } from "./player.ts";

/** Assumed number of slots in a lineup. The cost of a lineup is computed from `SLOTS`. */
const SLOTS = 26;

type Slot = StoredSlot & { date: string; leagueKey: string; environment: Environment };

const LineupSlotRef = builder.objectRef<Slot>("LineupSlot").implement({
  description: "One player in a lineup.",
  fields: (t) => ({
    player: t.field({
      type: PlayerRef,
      description: "The player in the slot.",
      resolve: (at) => playerIn(at, { id: at.playerId, name: at.playerName }),
    }),
    selectedPosition: t.exposeString("selectedPosition", {
      description: "The player's slot, such as C, SS, Util, BN or IL.",
    }),
    positionType: t.exposeString("positionType", {
      nullable: true,
      description: "B for batter, P for pitcher, or the source's own term; null if the source gives none.",
    }),
    eligiblePositions: t.stringList({ resolve: ({ eligiblePositions }) => [...eligiblePositions] }),
    playerTeam: t.exposeString("playerTeam", {
      nullable: true,
      description: "The player's real-world club; null if the source gives none.",
    }),
    playerStatus: t.exposeString("playerStatus", {
      nullable: true,
      description: "The player's status: `healthy`, or the source's code, such as DTD or IL10.",
    }),
    observedSameDay: t.boolean({
      description:
        "Whether status, club and eligibility were observed on the lineup's date. " +
        "If false, the player's status, club and eligibility were observed on a later day, because sources keep no history of them.",
      resolve: ({ observedAt, date, leagueKey }) => isSameDay(observedAt, date, calendarOf(leagueKey)),
    }),
    observedAt: t.expose("observedAt", {
      type: "DateTime",
      description: "When status, club and eligibility were observed.",
    }),
    jobId: t.exposeID("jobId", { description: "Id of the job that wrote this record." }),
    job: t.field({
      type: JobRef,
      description: "The job that wrote this record.",
      resolve: ({ jobId }, _, { loaders }) => loadJob(loaders, jobId),
    }),
  }),
});

/** Builds a lineup's id from environment, date and team: `lineup.PRODUCTION.2025-04-01.458.l.6966.t.3`. */
const lineupId = ({ environment, date, teamKey }: Lineup): string => ["lineup", environment, date, teamKey].join(".");

/** Parses a lineup's id. Returns null if the text is not the id of a lineup. */
export function readLineupId(id: string): { environment: Environment; date: string; teamKey: string } | null {
  const [, environment, date = "", teamKey = ""] = /^lineup\.([A-Z]+)\.([\d-]+)\.(.+)$/.exec(id) ?? [];
  const known = ENVIRONMENTS.find((each) => each === environment);
  return known && isDate(date) ? { environment: known, date, teamKey } : null;
}

const LineupRef = builder.objectRef<Lineup>("Lineup").implement({
  description: "One team's lineup on one date: which player was in which slot.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: "Unique in the ledger, for example lineup.PRODUCTION.2025-04-01.458.l.6966.t.3.",
      resolve: lineupId,
    }),
    attribution: t.string({
      nullable: true,
      description: "Text that the source requires wherever this data is shown; null if it requires none.",
      resolve: ({ leagueKey }) => attributionOf(leagueKey),
    }),
    date: t.expose("date", { type: "Date" }),
    team: t.field({
      type: TeamRef,
      resolve: (at, _, { loaders }) => loadTeam(loaders, at),
    }),
    slots: t.field({
      type: [LineupSlotRef],
      complexity: list(SLOTS),
      description: "The slots, sorted by the roster order of the league's source (C, 1B … BN, IL), then by player id.",
      resolve: async (day, _, { loaders }) => {
        const { date, leagueKey, environment } = day;
        const [slots, league] = await Promise.all([loaders.slots.load(day), loaders.league.load(leagueKey)]);
        const order = rosterOrder(league?.positions ?? []);
        return slots
          .map((slot) => ({ ...slot, date, leagueKey, environment }))
          .sort((a, b) => order(a.selectedPosition, b.selectedPosition));
      },
    }),
    provisional: t.boolean({
      description: "Whether the lineup was collected before the date's lineups were final.",
      resolve: ({ final }) => !final,
    }),
    collectedAt: t.expose("collectedAt", { type: "DateTime" }),
    jobId: t.exposeID("jobId", {
      description:
        "Id of the job that last wrote the lineup. Earlier jobs may have written some of the lineup's slots.",
    }),
    job: t.field({
      type: JobRef,
      description: "The job that last wrote the lineup. Earlier jobs may have written some of the lineup's slots.",
      resolve: ({ jobId }, _, { loaders }) => loadJob(loaders, jobId),
    }),
  }),
});

const LineupConnection = connectionOf<Lineup>("Lineup", LineupRef);
const cursors = cursorsOf<LineupPosition>("lineups", v.tuple([v.string(), v.string()]));

/** Returns a page of lineups in the order of their dates. */
function lineupsPage(
  loaders: Loaders,
  { first, after, last, before, ...filter }: PageArgs & LineupFilter,
): Promise<Page<Lineup>> {
  checkRange(filter);
  return pageOf<Lineup, LineupPosition>(
    {
      cursors,
      positionOf: ({ date, teamKey }) => [date, teamKey],
      read: (window) => loaders.lineups.load({ filter, window }),
      count: () => loaders.lineupCount.load(filter),
    },
    { first, after, last, before },
  );
}

builder.queryFields((t) => ({
  lineup: t.field({
    type: LineupRef,
    nullable: true,
    description: "One team's lineup on one date; null if it was not collected.",
    args: {
      teamKey: t.arg.string({ required: true }),
      date: t.arg({ type: "Date", required: true }),
      environment: environmentArg(t),
    },
    resolve: (_, place, { loaders }) => loaders.lineup.load(place),
  }),
  lineups: t.field({
    type: LineupConnection,
    description: "Lineups of a league, oldest first.",
    complexity: costOfPage,
    args: {
      leagueKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", required: true }),
      end: t.arg({ type: "Date", required: true }),
      teamKey: t.arg.string({ description: "Only this team's lineups." }),
      environment: environmentArg(t),
      ...pageArgs(t, 50),
    },
    resolve: (_, { teamKey, ...args }, { loaders }) => lineupsPage(loaders, { ...args, teamKey: teamKey ?? undefined }),
  }),
}));

/** Returns the arguments of the field `lineups` of a league or team. */
const lineupsArgs = (t: Fields) => ({
  start: t.arg({ type: "Date", required: true, description: "The first date." }),
  end: t.arg({ type: "Date", required: true, description: "The last date." }),
  environment: inheritedArg(t),
  ...pageArgs(t, 50),
});

builder.objectField(LeagueRef, "lineups", (t) =>
  t.field({
    type: LineupConnection,
    description: "Lineups of the league, oldest first.",
    complexity: costOfPage,
    args: lineupsArgs(t),
    resolve: (league, { environment, ...args }, { loaders }) =>
      lineupsPage(loaders, { ...args, environment: inherited(environment, league), leagueKey: league.key }),
  }),
);

builder.objectField(TeamRef, "lineups", (t) =>
  t.field({
    type: LineupConnection,
    description: "The team's lineups, oldest first.",
    complexity: costOfPage,
    args: lineupsArgs(t),
    resolve: (team, { environment, ...args }, { loaders }) =>
      lineupsPage(loaders, {
        ...args,
        environment: inherited(environment, team),
        leagueKey: team.leagueKey,
        teamKey: team.key,
      }),
  }),
);
