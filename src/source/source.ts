import type { Calendar, IsoDate } from "../calendar.ts";
import type { TeamLineup } from "../db/lineups.ts";
import type { SOURCE_KINDS } from "../db/tables/values.ts";

export type SourceKind = (typeof SOURCE_KINDS)[number];

/** One kind of slot on a league's roster. Example: five `BN` slots, in which players do not start. */
export type RosterSlot = { position: string; count: number; starting: boolean };

/** A league as its source describes it. */
export type League = {
  /** The key under which the league is stored; never an alias. */
  key: string;
  source: SourceKind;
  /** The sport: mlb, nba, nhl or nfl. */
  sport: string;
  /** The year the season starts in. */
  season: number;
  name: string;
  startDate: IsoDate;
  endDate: IsoDate;
  teams: readonly { key: string; name: string }[];
  positions: readonly RosterSlot[];
  /** The key of the league's previous season; null when the source links none. */
  previousKey: string | null;
  /** The key of the league's next season; null if Yahoo links none; undefined for ESPN and for a league that was read from the database. */
  nextKey?: string | null;
};

/** Number of requests to a source, and number of retries. */
export type Meter = { requests: number; retries: number };

export type AskOptions = {
  /**
   * After the signal aborts, no further request starts. A request that is under way when the signal aborts has two seconds to finish. An
   * answer that arrives within two seconds after the abort is still delivered.
   */
  signal: AbortSignal;
  meter: Meter;
};

/** A source's answer about one team on a date: its lineup, or why there is none. */
export type TeamAnswer =
  | { kind: "lineup"; lineup: TeamLineup }
  /** `refused`: the source refused to show this team's lineup, so the team may have left the league. */
  | { kind: "fault"; teamKey: string; error: SourceError; refused: boolean };

/** Returns the key of the team that an answer is about. */
export const keyOf = (answer: TeamAnswer): string =>
  answer.kind === "lineup" ? answer.lineup.teamKey : answer.teamKey;

/** Whether an answer is a lineup without players. */
export const isEmpty = (answer: TeamAnswer): boolean => answer.kind === "lineup" && answer.lineup.slots.length === 0;

/**
 * Provides lineups. A source validates what its remote API returns, converts it to the ledger's types, and throws only
 * {@link SourceError}.
 */
export type LineupSource = {
  kind: SourceKind;
  league(key: string, options: AskOptions): Promise<League>;
  /**
   * Yields the answers about every team on a date in batches, one batch per request. Yields nothing when the source has no lineups. If the
   * answer about one team is faulty, the answers about the other teams are still yielded. A lineup may belong to a team that the league
   * does not list; the caller decides how to treat such a lineup. If an error is thrown, the answers yielded before the error are valid.
   * @param teamKeys The teams to ask for, in this order; undefined for all teams. If `teamKeys` is given, the lineups of all other teams
   * are already stored.
   */
  lineups(
    league: League,
    date: IsoDate,
    options: AskOptions & { teamKeys?: readonly string[] },
  ): AsyncIterable<TeamAnswer[]>;
  capabilities: {
    /** Whether one request returns the lineups of every team on a date. */
    wholeDate: boolean;
    /** The time zone of the source's days, and the time at which a day's lineups are final. */
    calendar: Calendar;
  };
};

/**
 * Why a source did not answer. Each source chooses the kind of its error; `worker/` acts on the kind.
 * - RATE_LIMITED: the source accepts no requests for `retryAfterMs`.
 * - UNAUTHORIZED, APP_NOT_APPROVED: a retry is useless until a person acts.
 * - OUTAGE: the source refuses every token, even renewed tokens; make no request for `retryAfterMs`.
 * - UNAVAILABLE: a retry may succeed.
 * - MALFORMED: the source answered, but the answer must not be stored.
 * - LEAGUE_NOT_FOUND: the source does not know this league.
 * - LEAGUE_PRIVATE: the source does not show this league to this account.
 * - LEAGUE_NOT_DAILY: the source has no daily lineups for this league.
 * - STOPPED: no fault; the caller's signal aborted before all requests were made.
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
  /** Milliseconds until the source accepts requests again; undefined when the source did not say. */
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

/** Returns the error for a league that exists but has no teams. */
export const nobodyJoined = (key: string, name: string): SourceError =>
  new SourceError("UNAVAILABLE", `League ${key} (${name}) has no lineups: no team has joined it yet`);

/** Returns the code that the API and the job log show for an error kind. */
export function errorCode(kind: SourceErrorKind): string {
  return kind.startsWith("LEAGUE_") ? kind : `SOURCE_${kind}`;
}
