import * as v from "valibot";
import type { LineupSlot, TeamLineup } from "../../db/lineups.ts";
import { HEALTHY, slotUse } from "../slots.ts";
import { type League, nobodyJoined, type RosterSlot, SourceError, type TeamAnswer } from "../source.ts";
import {
  countedMembers,
  date,
  intact,
  isCollection,
  joined,
  members,
  named,
  optionalText,
  resource,
  rosterPlayers,
  text,
  whole,
} from "./shapes.ts";

const leagueMeta = v.object({
  league_key: v.pipe(text, v.regex(/^(\d+|demo)\.l\.\d+$/, "a league key without alias")),
  name: named,
  num_teams: whole,
  start_date: date,
  end_date: date,
  game_code: intact,
  season: v.pipe(whole, v.minValue(1990), v.maxValue(2100)),
  /** `431_41728` names last season's league `431.l.41728`. */
  renew: optionalText,
  /** `469_77` names next season's league `469.l.77`. */
  renewed: optionalText,
});

const teamMeta = v.object({
  team_key: v.pipe(text, v.regex(/^(\d+|demo)\.l\.\d+\.t\.\d+$/, "a team key")),
  name: named,
});

const slot = v.object({ position: intact, count: v.optional(whole, 1), is_starting_position: v.optional(whole) });

const player = v.object({
  player_id: intact,
  name: v.object({ full: named }),
  position_type: optionalText,
  editorial_team_abbr: optionalText,
  status: optionalText,
});

/** Reads `/league/{key}/settings`: the league itself and its roster slots. Throws MALFORMED. */
export function parseLeague(payload: object): { meta: v.InferOutput<typeof leagueMeta>; positions: RosterSlot[] } {
  const { meta, parts } = resource(content(payload, "league"));
  const settings = joined(Array.isArray(parts.settings) ? parts.settings : [parts.settings]);
  const slots = members(settings.roster_positions, "roster_position").map((value) =>
    check(slot, value, "The league's roster positions cannot be read"),
  );
  return {
    meta: check(leagueMeta, meta, "The league's record cannot be read"),
    positions: slots.map(({ position, count, is_starting_position }) => ({
      position,
      count,
      starting: is_starting_position === undefined ? slotUse(position) === "STARTED" : is_starting_position === 1,
    })),
  };
}

/** Reads `/league/{key}/teams`; managers are personal data and are dropped. Throws MALFORMED. */
export function parseTeams(payload: object): { key: string; name: string }[] {
  const { parts } = resource(content(payload, "league"));
  const listed = countedMembers(parts.teams, "team");
  if (listed === undefined) throw malformed("The league's list of teams contradicts its own count");
  return listed.map((value) => {
    const { team_key, name } = check(teamMeta, resource(value).meta, "The league's list of teams cannot be read");
    return { key: team_key, name };
  });
}

/** Games whose rosters belong to a week, not a date (docs/yahoo.md, Rosters and dates). */
const WEEKLY: ReadonlySet<string> = new Set(["nfl"]);

/**
 * Combines two answers into a league. Throws MALFORMED if the answers contain a contradiction, and LEAGUE_NOT_DAILY if the league's rosters
 * belong to weeks.
 */
export function toLeague(settings: ReturnType<typeof parseLeague>, teams: League["teams"]): League {
  const { meta, positions } = settings;
  const { league_key: key, start_date: startDate, end_date: endDate } = meta;
  if (WEEKLY.has(meta.game_code))
    throw new SourceError(
      "LEAGUE_NOT_DAILY",
      `League ${key} (${meta.name}) has weekly lineups, like all leagues of ${meta.game_code}. ` +
        "The ledger records only games with daily lineups: mlb, nba, nhl",
    );
  if (teams.length === 0 && meta.num_teams === 0) throw nobodyJoined(key, meta.name);
  if (teams.length !== meta.num_teams)
    throw malformed(`League ${key} says that it has ${meta.num_teams} teams, but it lists ${teams.length}`);
  const stranger = teams.find((team) => !team.key.startsWith(`${key}.t.`));
  if (stranger) throw malformed(`League ${key} lists team ${stranger.key}, which belongs to another league`);
  if (new Set(teams.map((team) => team.key)).size !== teams.length)
    throw malformed(`League ${key} lists a team twice: ${teams.map((team) => team.key).join(", ")}`);
  if (endDate < startDate) throw malformed(`League ${key} ends on ${endDate}, before its start on ${startDate}`);
  if (!isSeasonOf(meta.season, startDate, meta.game_code))
    throw malformed(
      `League ${key} says that its season is ${meta.season}, but it lasts from ${startDate} to ${endDate}`,
    );
  return {
    key,
    source: "YAHOO",
    sport: meta.game_code,
    season: meta.season,
    name: meta.name,
    startDate,
    endDate,
    teams,
    positions,
    previousKey: linkedKey(meta.renew),
    nextKey: linkedKey(meta.renewed),
  };
}

/** Returns the league key for a link to another season; null when the link is not of the form `431_41728`. */
const linkedKey = (link: string | null): string | null =>
  link !== null && /^\d+_\d+$/.test(link) ? link.replace("_", ".l.") : null;

/**
 * Whether a league belongs to a season. A season is named after the year in which it starts, even for a winter league that is founded after
 * New Year.
 */
function isSeasonOf(season: number, startDate: string, sport: string): boolean {
  const [year, month] = [Number(startDate.slice(0, 4)), Number(startDate.slice(5, 7))];
  return season === year || (sport !== "mlb" && season === year - 1 && month <= 6);
}

/**
 * Reads `/league/{key}/teams/roster;date=D`, team by team. Leaves out a team that is unreadable and has no key. If no roster can be read,
 * throws the MALFORMED error of the first team.
 */
export function parseLeagueRosters(payload: object, requestedDate: string): TeamAnswer[] {
  const { parts } = resource(content(payload, "league"));
  if (!isCollection(parts.teams)) throw unknownFormat(`the rosters of ${requestedDate} have no list of teams`);
  const answers: TeamAnswer[] = [];
  let first: SourceError | undefined;
  for (const team of members(parts.teams, "team")) {
    try {
      answers.push({ kind: "lineup", lineup: parseTeam(team, requestedDate) });
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      first ??= error;
      const teamKey = joined(resource(team).meta).team_key;
      if (typeof teamKey === "string") answers.push({ kind: "fault", teamKey, error, refused: false });
    }
  }
  if (first && answers.every(({ kind }) => kind === "fault")) throw first;
  return answers;
}

/** Reads `/team/{key}/roster;date=D`. Throws MALFORMED. */
export function parseTeamRoster(payload: object, requestedDate: string): TeamLineup {
  return parseTeam(content(payload, "team"), requestedDate);
}

function parseTeam(value: unknown, requestedDate: string): TeamLineup {
  const { meta, parts } = resource(value);
  const { team_key, name } = check(teamMeta, meta, `A team on ${requestedDate} cannot be read`);
  const roster = joined(parts.roster);
  const stated = roster.date;
  if (typeof stated === "string" && stated !== requestedDate) throw wrongDate(team_key, requestedDate, stated);
  const players = rosterPlayers(parts.roster);
  const what = `The roster of ${team_key} (${name}) on ${requestedDate}`;
  if (players === undefined) throw malformed(`${what} has no list of players`);
  const listed = countedMembers(players, "player");
  if (listed === undefined) {
    const { count } = joined(players);
    throw malformed(
      `${what} is cut short: it says it has ${count} players and lists ${members(players, "player").length}`,
    );
  }
  const slots = listed.map((each) => parsePlayer(each, team_key, requestedDate));
  if (slots.length > 0 && stated !== requestedDate && !statesDate(listed, requestedDate))
    throw malformed(`${what} does not state its date`);
  const seen = new Set<string>();
  for (const { playerId, playerName } of slots) {
    if (seen.has(playerId)) throw malformed(`${what} has player ${playerId} (${playerName}) twice`);
    seen.add(playerId);
  }
  return { teamKey: team_key, teamName: name, slots };
}

/** Whether at least one player's slot has the requested date. A roster with slots of another date has already been refused. */
function statesDate(players: readonly unknown[], requestedDate: string): boolean {
  return players.some((each) => joined(resource(each).parts.selected_position).date === requestedDate);
}

function parsePlayer(value: unknown, teamKey: string, requestedDate: string): LineupSlot {
  const { meta, parts } = resource(value);
  const where = `the roster of ${teamKey} on ${requestedDate}`;
  const known = check(player, meta, `A player on ${where} cannot be read${nameOf(meta)}`);
  const who = `Player ${known.player_id} (${known.name.full}) on ${where}`;
  const selected = joined(parts.selected_position);
  if (typeof selected.date === "string" && selected.date !== requestedDate)
    throw wrongDate(teamKey, requestedDate, selected.date);
  return {
    playerId: known.player_id,
    playerName: known.name.full,
    selectedPosition: check(intact, selected.position, `${who} has no readable slot`),
    positionType: known.position_type,
    eligiblePositions: members(meta.eligible_positions, "position").map((each) =>
      check(intact, each, `${who} has an unreadable eligible position`),
    ),
    playerTeam: known.editorial_team_abbr,
    playerStatus: known.status ?? HEALTHY,
  };
}

/** Returns a player's id and name, as far as they are known, for a message. */
function nameOf({ player_id, name }: Record<string, unknown>): string {
  const known = [player_id, joined(name).full].filter((each) => typeof each === "string" || typeof each === "number");
  return known.length === 0 ? "" : ` (${known.join(", ")})`;
}

const malformed = (message: string) => new SourceError("MALFORMED", message);

const wrongDate = (teamKey: string, requestedDate: string, got: string) =>
  malformed(`Asked for the roster of ${teamKey} on ${requestedDate}, but the roster in the answer is of ${got}`);

/** Returns the error for an answer that is complete but has an unknown format. */
const unknownFormat = (what: string) =>
  malformed(
    `Yahoo's answer has a format that this version does not know: ${what}. If this persists, update the ledger`,
  );

/** Returns the named resource from an answer's envelope. Throws MALFORMED. */
function content(payload: object, name: string): unknown {
  const { fantasy_content: envelope } = payload as { fantasy_content?: Record<string, unknown> | null };
  const found = envelope?.[name];
  if (found === undefined) throw unknownFormat(`it has no ${name}`);
  return found;
}

/** Validates a value. Throws MALFORMED. The message has `what`, the path, the received value and the expected value. */
function check<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const name = path ? `${path} is` : "it is";
  if (issue.received === "undefined" || issue.received === "null") throw malformed(`${what}: ${name} missing`);
  const expected = issue.kind === "schema" ? issue.expected : issue.message;
  throw malformed(`${what}: ${name} ${issue.received}; expected ${expected}`);
}
