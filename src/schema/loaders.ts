import DataLoader from "dataloader";
import type { LeagueDates } from "../db/conditions.ts";
import { activeDates, heldDates, type StoredDate, storedDatesTogether } from "../db/coverage.ts";
import { countsOfEvents, type EventsRequest, type JobEvent, listsOfEvents } from "../db/events.ts";
import { type FindingCounts, findingCountsOf, findingsOfJobs, type KeptFinding } from "../db/findings.ts";
import { findJobsAndCursors, type Job } from "../db/job.ts";
import { type Checkpoint, checkpointsOf, datesOf, type JobDate } from "../db/jobDates.ts";
import { countsOfJobs, haveJobs, type JobFilter, type JobsRequest, listsOfJobs } from "../db/jobQueries.ts";
import {
  aliasesOf,
  findLeagues,
  findTeams,
  previousSeasons,
  type StoredLeague,
  type StoredTeam,
  teamsOf,
} from "../db/leagues.ts";
import {
  countsOfLineups,
  findLineups,
  type Lineup,
  type LineupFilter,
  type LineupPlace,
  type LineupsRequest,
  listsOfLineups,
  slotsOf,
} from "../db/lineupQueries.ts";
import type { StoredSlot } from "../db/lineups.ts";
import { type PlayerOnDate, teamsOfPlayers } from "../db/moves.ts";
import {
  countsOfPlayers,
  type FoundPlayer,
  findPlayers,
  listsOfPlayers,
  type PlayerFacts,
  type PlayerFilter,
  type PlayerKey,
  type PlayerNumber,
  type PlayersRequest,
  playerFacts,
  seasonsOfPlayers,
} from "../db/players.ts";
import {
  countsOfDecisions,
  type DecisionsRequest,
  listsOfDecisions,
  type PlacedDecision,
} from "../db/scheduleDecisions.ts";
import { findSchedules, listSchedules, type Schedule } from "../db/schedules.ts";
import type { Environment } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import type { Progress } from "../jobs/progress.ts";
import { progressOfJobs } from "../jobs/subscribe.ts";
import { type TeamSummary, teamSummaries } from "../lineups/summary.ts";
import { type PlayerUsage, playerUsages, timelines, type UsageDay } from "../lineups/usage.ts";
import type { Inherits } from "./inherits.ts";

/** A range of a league's dates, and a key to look up in that range. */
type InRange<T> = LeagueDates & T;

/** Batching loaders: one read serves all entries of a list. New loaders are created for each request. */
export type Loaders = ReturnType<typeof createLoaders>;

export function createLoaders({ db, clock, settings }: Pick<Deps, "db" | "clock" | "settings">) {
  return {
    progress: byKey(async (ids: readonly string[]): Promise<(Progress | Error)[]> => {
      const byJob = await progressOfJobs({ db, clock, settings }, ids);
      return ids.map(
        (id) => byJob.get(id) ?? new Error(`Cannot read the progress of job ${id}: the job does not exist`),
      );
    }),
    job: byKey(async (ids: readonly string[]): Promise<(Job | null)[]> => {
      const byId = new Map((await findJobsAndCursors(db, ids)).map(({ job }) => [job.id, job]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
    datesOfJob: byKey(async (ids: readonly string[]): Promise<JobDate[][]> => {
      const byJob = await datesOf(db, ids);
      return ids.map((id) => byJob.get(id) ?? []);
    }),
    checkpointOfJob: byKey(async (ids: readonly string[]): Promise<(Checkpoint | null)[]> => {
      const byJob = await checkpointsOf(db, ids);
      return ids.map((id) => byJob.get(id) ?? null);
    }),
    findingsOfJob: byKey((ids: readonly string[]): Promise<KeptFinding[][]> => findingsOfJobs(db, ids)),
    findingCounts: byKey((ids: readonly string[]): Promise<FindingCounts[]> => findingCountsOf(db, ids)),
    schedule: byKey(async (ids: readonly string[]): Promise<(Schedule | null)[]> => {
      const byId = new Map((await findSchedules(db, ids)).map((schedule) => [schedule.id, schedule]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
    schedules: byKey(
      (environments: readonly string[]): Promise<Schedule[][]> =>
        Promise.all(environments.map((each) => listSchedules(db, each as Environment))),
    ),
    league: byKey(async (keys: readonly string[]): Promise<(StoredLeague | null)[]> => {
      const found = new Map((await findLeagues(db, keys)).map((league) => [league.key, league]));
      return keys.map((key) => found.get(key) ?? null);
    }),
    hasJob: byKey((leagueKeys: readonly string[]): Promise<boolean[]> => haveJobs(db, leagueKeys)),
    previousSeasons: byKey(async (keys: readonly string[]): Promise<StoredLeague[][]> => {
      const seasons = await previousSeasons(db, keys);
      return keys.map((key) => seasons.get(key) ?? []);
    }),
    aliasesOfLeague: byKey(async (keys: readonly string[]): Promise<string[][]> => {
      const all = await aliasesOf(db, keys);
      return keys.map((key) => all.filter(({ leagueKey }) => leagueKey === key).map(({ alias }) => alias));
    }),
    team: byKey(async (keys: readonly string[]): Promise<(StoredTeam | null)[]> => {
      const found = new Map((await findTeams(db, keys)).map((team) => [team.key, team]));
      return keys.map((key) => found.get(key) ?? null);
    }),
    teamsOfLeague: byKey(async (keys: readonly string[]): Promise<StoredTeam[][]> => {
      const teams = await teamsOf(db, keys);
      return keys.map((key) => teams.filter(({ leagueKey }) => leagueKey === key));
    }),
    slots: new DataLoader<Lineup, StoredSlot[]>((days) => slotsOf(db, days)),
    lineups: together((requests: readonly LineupsRequest[]) => listsOfLineups(db, requests)),
    lineup: together((places: readonly LineupPlace[]): Promise<(Lineup | null)[]> => findLineups(db, places)),
    player: together((numbers: readonly PlayerNumber[]) => findPlayers(db, numbers)),
    lineupCount: together((filters: readonly LineupFilter[]) => countsOfLineups(db, filters)),
    jobs: together((requests: readonly JobsRequest[]) => listsOfJobs(db, requests)),
    jobCount: together((filters: readonly JobFilter[]) => countsOfJobs(db, filters)),
    eventCount: together((jobIds: readonly string[]) => countsOfEvents(db, jobIds)),
    events: together((requests: readonly EventsRequest[]): Promise<JobEvent[][]> => listsOfEvents(db, requests)),
    decisionCount: together((scheduleIds: readonly string[]) => countsOfDecisions(db, scheduleIds)),
    players: together((requests: readonly PlayersRequest[]): Promise<FoundPlayer[][]> => listsOfPlayers(db, requests)),
    playerCount: together((filters: readonly PlayerFilter[]) => countsOfPlayers(db, filters)),
    decisions: together(
      (requests: readonly DecisionsRequest[]): Promise<PlacedDecision[][]> => listsOfDecisions(db, requests),
    ),
    storedDates: together(
      (ranges: readonly LeagueDates[]): Promise<Map<string, StoredDate>[]> => storedDatesTogether(db, ranges),
    ),
    heldDates: together((ranges: readonly LeagueDates[]) => heldDates(db, ranges)),
    activeDates: together((ranges: readonly LeagueDates[]) => activeDates(db, ranges)),
    playerFacts: together((keys: readonly PlayerKey[]): Promise<(PlayerFacts | null)[]> => playerFacts(db, keys)),
    playerSeasons: together((keys: readonly PlayerKey[]): Promise<number[][]> => seasonsOfPlayers(db, keys)),
    teamOfPlayer: together((places: readonly PlayerOnDate[]) => teamsOfPlayers(db, places)),
    teamSummary: inRanges(async (range, teams: readonly { teamKey: string }[]): Promise<(TeamSummary | null)[]> => {
      const byTeam = await teamSummaries({ db }, { ...range, teamKeys: teams.map(({ teamKey }) => teamKey) });
      return teams.map(({ teamKey }) => byTeam.get(teamKey) ?? null);
    }),
    usage: inRanges(async (range, players: readonly { playerId: string }[]): Promise<(PlayerUsage | null)[]> => {
      const usages = await playerUsages({ db }, { ...range, playerIds: players.map(({ playerId }) => playerId) });
      const byPlayer = new Map(usages.map((usage) => [usage.player.id, usage]));
      return players.map(({ playerId }) => byPlayer.get(playerId) ?? null);
    }),
    timeline: inRanges(async (range, players: readonly { playerId: string }[]): Promise<UsageDay[][]> => {
      const byPlayer = await timelines({ db, clock }, { ...range, playerIds: players.map(({ playerId }) => playerId) });
      return players.map(({ playerId }) => byPlayer.get(playerId) ?? []);
    }),
  };
}

/** Creates a loader that reads each key once per request. */
const byKey = <V>(read: (keys: readonly string[]) => Promise<readonly (V | Error)[]>) =>
  new DataLoader<string, V>(read);

/** Creates a loader that batches simultaneous reads and caches nothing, because a mutation may change the data between two reads. */
const together = <K, V>(read: (keys: readonly K[]) => Promise<readonly V[]>) =>
  new DataLoader<K, V>(read, { cache: false });

/** Creates a loader like {@link together}, but with one read for each range of dates. */
function inRanges<K, V>(read: (range: LeagueDates, keys: readonly K[]) => Promise<readonly V[]>) {
  return together(async (keys: readonly InRange<K>[]) => {
    const answers: V[] = [];
    const nameOf = ({ environment, leagueKey, start, end }: LeagueDates) =>
      [environment, leagueKey, start, end].join(" ");
    const places = Map.groupBy(keys.keys(), (i) => nameOf(keys[i] as InRange<K>));
    for (const indexes of places.values()) {
      const wanted = indexes.map((i) => keys[i] as InRange<K>);
      const [{ environment, leagueKey, start, end }] = wanted as [InRange<K>];
      const read_ = await read({ environment, leagueKey, start, end }, wanted);
      for (const [n, i] of indexes.entries()) answers[i] = read_[n] as V;
    }
    return answers;
  });
}

/** Returns the job that wrote a record. Throws if the job is missing: jobs are never deleted, so a missing job is a fault. */
export async function loadJob(loaders: Loaders, id: string): Promise<Job> {
  const job = await loaders.job.load(id);
  if (!job) throw new Error(`Cannot load job ${id}: the job wrote records but has no row`);
  return job;
}

/** Returns the league of a team or job. Throws if the database has no row for the league. */
export async function loadLeague(loaders: Loaders, key: string): Promise<StoredLeague> {
  const league = await loaders.league.load(key);
  if (!league) throw new Error(`Cannot load league ${key}: it has teams or jobs but no row`);
  return league;
}

/** Returns a team, with the environment from which the team is reached. Throws if the database has no row for the team. */
export async function loadTeam(
  loaders: Loaders,
  { teamKey, environment }: { teamKey: string } & Inherits,
): Promise<StoredTeam & Inherits> {
  const team = await loaders.team.load(teamKey);
  if (!team) throw new Error(`Cannot load team ${teamKey}: it has lineups but no row`);
  return { ...team, environment };
}
