import type { Calendar, IsoDate } from "../calendar.ts";
import type { TeamLineup } from "../db/lineups.ts";
import type { SOURCE_KINDS } from "../db/tables/values.ts";

export type SourceKind = (typeof SOURCE_KINDS)[number];

/** One slot of a league's roster: `BN`, 5 of them, not a starting one. */
export type RosterSlot = { position: string; count: number; starting: boolean };

/** A league as its source describes it. */
export type League = {
  /** As it is stored: numeric where the source has aliases. */
  key: string;
  source: SourceKind;
  /** mlb, nba, nhl, nfl. */
  sport: string;
  /** The year the season starts in. */
  season: number;
  name: string;
  startDate: IsoDate;
  endDate: IsoDate;
  teams: readonly { key: string; name: string }[];
  positions: readonly RosterSlot[];
  /** The key of this league's season before, where the source links it. */
  previousKey: string | null;
  /** The key of its season after, where the source links it; only of a league that was just asked for. */
  nextKey?: string | null;
};

/** Counts what a source is asked for. */
export type Meter = { requests: number; retries: number };

export type AskOptions = {
  /**
   * Once aborted, no further request is made; the one under way has two seconds left, and what it brings by then is still delivered.
   */
  signal: AbortSignal;
  meter: Meter;
};

/** What a source says of one team on a date: its lineup, or why that cannot be had. */
export type TeamAnswer =
  | { kind: "lineup"; lineup: TeamLineup }
  /** `refused`: the source does not give this team's lineup, so the team may have left the league. */
  | { kind: "fault"; teamKey: string; error: SourceError; refused: boolean };

/** Of which team an answer is. */
export const keyOf = (answer: TeamAnswer): string =>
  answer.kind === "lineup" ? answer.lineup.teamKey : answer.teamKey;

/** A lineup without a player. */
export const isEmpty = (answer: TeamAnswer): boolean => answer.kind === "lineup" && answer.lineup.slots.length === 0;

/**
 * Where lineups come from. A source validates what it is told, answers in the ledger's words, and throws only a
 * {@link SourceError}.
 */
export type LineupSource = {
  kind: SourceKind;
  league(key: string, options: AskOptions): Promise<League>;
  /**
   * What the source says of every team on a date, in as many parts as it is asked for; none at all when it has no lineups. A team whose
   * lineup cannot be had or read never keeps the others from being delivered. A lineup may be of a team that the league does not list: the
   * caller decides what that means. What was delivered before an error is good.
   * @param teamKeys Only these teams, in this order, when some are known already.
   */
  lineups(
    league: League,
    date: IsoDate,
    options: AskOptions & { teamKeys?: readonly string[] },
  ): AsyncIterable<TeamAnswer[]>;
  capabilities: {
    /** A request answers for every team of a date, so that a date costs one. */
    wholeDate: boolean;
    /** In which zone its days are, and when their lineups are final. */
    calendar: Calendar;
  };
};

/**
 * Why a source did not answer; decided here once, acted on in `worker/` once.
 * - RATE_LIMITED: it wants no requests for `retryAfterMs`.
 * - UNAUTHORIZED, APP_NOT_APPROVED: asking again is useless until a person acts.
 * - OUTAGE: it refuses every token although they can be renewed; it is to be left alone for `retryAfterMs`.
 * - UNAVAILABLE: it may answer next time.
 * - MALFORMED: it answered, and the answer must not be stored.
 * - LEAGUE_NOT_FOUND, LEAGUE_PRIVATE: it will not answer for this league.
 * - LEAGUE_NOT_DAILY: its lineups are set by the week.
 * - STOPPED: nothing went wrong; the caller's signal came before all was asked for.
 */
export type SourceErrorKind =
  | "RATE_LIMITED"
  | "UNAUTHORIZED"
  | "APP_NOT_APPROVED"
  | "OUTAGE"
  | "UNAVAILABLE"
  | "MALFORMED"
  | "LEAGUE_NOT_FOUND"
  | "LEAGUE_PRIVATE"
  | "LEAGUE_NOT_DAILY"
  | "STOPPED";

export class SourceError extends Error {
  override name = "SourceError";
  readonly kind: SourceErrorKind;
  /** How long the source wants to be left alone, in milliseconds; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  constructor(
    kind: SourceErrorKind,
    message: string,
    options: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The league is there and has no teams. */
export const nobodyJoined = (key: string, name: string): SourceError =>
  new SourceError("UNAVAILABLE", `Nobody has joined league ${key} (${name}) yet: it has no teams, and so no lineups`);

/** The code under which the API and the job log name a kind of error. */
export function errorCode(kind: SourceErrorKind): string {
  return kind.startsWith("LEAGUE_") ? kind : `SOURCE_${kind}`;
}
