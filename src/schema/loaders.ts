import DataLoader from "dataloader";
import { findJobsAndCursors, type Job } from "../db/job.ts";
import { type Checkpoint, checkpointsOf, datesOf, type JobDate } from "../db/jobDates.ts";
import { findLeagues, findTeams, type StoredLeague, type StoredTeam, teamsOf } from "../db/leagues.ts";
import { type Lineup, type StoredSlot, slotsOf } from "../db/lineups.ts";
import type { Deps } from "../deps.ts";
import type { Progress } from "../jobs/progress.ts";
import { progressOfJobs } from "../jobs/subscribe.ts";

/** One read for all entries of a list, however long; made anew for each request. */
export type Loaders = {
  progress: DataLoader<string, Progress>;
  job: DataLoader<string, Job | null>;
  datesOfJob: DataLoader<string, JobDate[]>;
  checkpointOfJob: DataLoader<string, Checkpoint | null>;
  league: DataLoader<string, StoredLeague | null>;
  team: DataLoader<string, StoredTeam | null>;
  teamsOfLeague: DataLoader<string, StoredTeam[]>;
  slots: DataLoader<Lineup, StoredSlot[]>;
};

export function createLoaders({ db, clock, settings }: Pick<Deps, "db" | "clock" | "settings">): Loaders {
  return {
    progress: new DataLoader(async (ids) => {
      const byJob = await progressOfJobs({ db, clock, settings }, ids);
      return ids.map((id) => byJob.get(id) ?? new Error(`Job ${id} is gone`));
    }),
    job: new DataLoader(async (ids) => {
      const byId = new Map((await findJobsAndCursors(db, ids)).map(({ job }) => [job.id, job]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
    datesOfJob: new DataLoader(async (ids) => {
      const byJob = await datesOf(db, ids);
      return ids.map((id) => byJob.get(id) ?? []);
    }),
    checkpointOfJob: new DataLoader(async (ids) => {
      const byJob = await checkpointsOf(db, ids);
      return ids.map((id) => byJob.get(id) ?? null);
    }),
    league: new DataLoader(async (keys) => {
      const byKey = new Map((await findLeagues(db, keys)).map((league) => [league.key, league]));
      return keys.map((key) => byKey.get(key) ?? null);
    }),
    team: new DataLoader(async (keys) => {
      const byKey = new Map((await findTeams(db, keys)).map((team) => [team.key, team]));
      return keys.map((key) => byKey.get(key) ?? null);
    }),
    teamsOfLeague: new DataLoader(async (keys) => {
      const teams = await teamsOf(db, keys);
      return keys.map((key) => teams.filter(({ leagueKey }) => leagueKey === key));
    }),
    slots: new DataLoader((days) => slotsOf(db, days)),
  };
}

/** A job that has written something; there is none that is gone. */
export async function loadJob(loaders: Loaders, id: string): Promise<Job> {
  const job = await loaders.job.load(id);
  if (!job) throw new Error(`Job ${id} has records and no row`);
  return job;
}

/** A league that has teams or jobs. */
export async function loadLeague(loaders: Loaders, key: string): Promise<StoredLeague> {
  const league = await loaders.league.load(key);
  if (!league) throw new Error(`League ${key} has records and no row`);
  return league;
}

/** A team that has records; there is none without. */
export async function loadTeam(loaders: Loaders, key: string): Promise<StoredTeam> {
  const team = await loaders.team.load(key);
  if (!team) throw new Error(`Team ${key} has lineups and no record`);
  return team;
}
