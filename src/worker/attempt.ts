import type { IsoDate } from "../calendar.ts";
import type { JobIn } from "../db/job.ts";
import type { JobDate } from "../db/jobDates.ts";
import type { StoredDay, TeamLineup } from "../db/lineups.ts";
import type { Deps } from "../deps.ts";
import type { Gate } from "../gate.ts";
import type { SessionEnd } from "../jobs/transitions.ts";
import type { Neighbours } from "../lineups/neighbours.ts";
import type { Verdict } from "../lineups/weigh.ts";
import type { League, Meter } from "../source/source.ts";

/** One worker's session on a job, as far as a date needs to know. */
export type Session = {
  deps: Deps;
  job: JobIn<"RUNNING">;
  /** As it is known now. */
  league: League;
  neighbours: Neighbours;
  /** Players whom the ledger knows, by the source's number, with the name that this session found for them or wrote. */
  knownNames: Map<string, string>;
  /** Names of teams by their keys, as they are stored. */
  teamNames: Map<string, string>;
  /** As many dates at a time as the job may ask for at once. */
  asking: Gate;
  /** One date at a time. */
  weighing: Gate;
  /** Aborts when no further request is to be made. */
  noMoreRequests: AbortSignal;
  /** Stops after what is under way. The first reason counts, except that a person's pause or cancellation takes precedence. */
  end(why: SessionEnd): void;
  /** The date to begin next; null when there is none or the session ends. */
  takeNext(): JobDate | null;
  /** The date that the next commit marks as begun, of those that were taken; null when there is none. */
  markNext(): IsoDate | null;
  /** Asks the source for the league's record again, once a session; without an answer the stored one stays. */
  refreshLeague(meter: Meter): Promise<void>;
};

/** A date while it is asked for. */
export type DateAttempt = {
  date: IsoDate;
  /** The date has failed before, in this job. */
  again: boolean;
  /** Teams whose lineups have not come yet; those that could not be had the last time come last. */
  missing: Set<string>;
  /** Lineups that have come and are not stored yet. */
  received: TeamLineup[];
  /** Lineups stored by earlier sessions, and those stored since by this one. */
  before: number;
  stored: number;
  /** What the ledger held when the lineups were weighed, and the verdict. */
  weighed: { known: StoredDay; verdict: Verdict } | null;
  /** When this session began with it, and when the source was last asked, in milliseconds since 1970. */
  begunAt: number;
  observedAt: number;
  /** How often it was asked, the requests of one attempt counting once. */
  attempts: number;
  /** Requests since the last commit. */
  meter: Meter;
};

/** What becomes of a date's lineups. */
export type Storing = {
  /** Stores what has come and is believed, before all of the date has come. */
  part(): Promise<void>;
  /** Stores the date as it was weighed last. */
  whole(): Promise<void>;
};
