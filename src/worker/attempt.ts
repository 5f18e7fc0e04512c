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

/** The part of a worker's session that is needed to collect a date. */
export type Session = {
  deps: Deps;
  job: JobIn<"RUNNING">;
  /** The newest known record of the league; {@link Session.refreshLeague} replaces this record. */
  league: League;
  neighbours: Neighbours;
  /** Map from the source's player id to the player's name. Holds only names that this session has read or written. */
  knownNames: Map<string, string>;
  /** Stored team names, by team key. */
  teamNames: Map<string, string>;
  /** Admits as many dates at a time as the job's concurrency allows. */
  asking: Gate;
  /** Admits one date at a time. */
  weighing: Gate;
  /** Aborts when no further request may be made. */
  noMoreRequests: AbortSignal;
  /**
   * Ends the session once the work in flight is done. If several reasons are given, the reason with the highest precedence counts
   * (`PRECEDENCE` in `session.ts`). Among reasons of equal precedence, the first reason counts.
   */
  end(why: SessionEnd): void;
  /** Returns the date to begin next; null when no date is left or when the session is ending. */
  takeNext(): JobDate | null;
  /**
   * Returns a date from `takeNext` that the next commit must mark as begun; null if there is none.
   */
  markNext(): IsoDate | null;
  /** Asks the source for the league's record again, at most once per session. If the request fails, the stored record stays. */
  refreshLeague(meter: Meter): Promise<void>;
};

/** A date that is being collected. */
export type DateAttempt = {
  date: IsoDate;
  /** Whether the date has already failed once in this job. */
  again: boolean;
  /** Teams whose lineups are still missing; the teams that failed on the latest attempt come last. */
  missing: Set<string>;
  /** Received lineups that are not stored yet. */
  received: TeamLineup[];
  /** Numbers of lineups stored by earlier sessions (`before`) and by this session (`stored`). */
  before: number;
  stored: number;
  /** The latest verdict on the lineups, with the stored data on which it is based; null before the first verdict. */
  weighed: { known: StoredDay; verdict: Verdict } | null;
  /** Times, in milliseconds since 1970, at which this session began the date and at which it last asked the source. */
  begunAt: number;
  observedAt: number;
  /** Number of attempts. An attempt may make several requests. */
  attempts: number;
  /** Requests since the last commit. */
  meter: Meter;
};

/** Stores a date's lineups. */
export type Storing = {
  /** Before the date is complete, stores the lineups that have arrived so far and are not doubted. */
  part(): Promise<void>;
  /** Stores the remaining lineups of the date, except those that the newest verdict holds back. */
  whole(): Promise<void>;
};
