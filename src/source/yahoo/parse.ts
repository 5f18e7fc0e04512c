import * as v from "valibot";
import type { LineupSlot, TeamLineup } from "../../db/lineups.ts";
import { slotUse } from "../slots.ts";
import { type League, type RosterSlot, SourceError } from "../source.ts";
import {
  date,
  filled,
  isCollection,
  joined,
  members,
  optionalText,
  resource,
  rosterPlayers,
  text,
  whole,
} from "./shapes.ts";

const leagueMeta = v.object({
  league_key: v.pipe(text, v.regex(/^(\d+|demo)\.l\.\d+$/, "a league key without alias")),
  name: filled,
  num_teams: v.pipe(whole, v.minValue(1)),
  start_date: date,
  end_date: date,
  game_code: filled,
  season: v.pipe(whole, v.minValue(1990), v.maxValue(2100)),
  /** `431_41728` names last season's league `431.l.41728`. */
  renew: optionalText,
});

const teamMeta = v.object({
  team_key: v.pipe(text, v.regex(/^(\d+|demo)\.l\.\d+\.t\.\d+$/, "a team key")),
  name: filled,
});

const slot = v.object({ position: filled, count: v.optional(whole, 1), is_starting_position: v.optional(whole) });

const player = v.object({
  player_id: filled,
  name: v.object({ full: filled }),
  position_type: optionalText,
  editorial_team_abbr: optionalText,
  status: optionalText,
});

/** Reads `/league/{key}/settings`: the league itself and its roster slots. Throws MALFORMED. */
export function parseLeague(payload: object): { meta: v.InferOutput<typeof leagueMeta>; positions: RosterSlot[] } {
  const { meta, parts } = resource(content(payload, "league"));
  const settings = joined(Array.isArray(parts.settings) ? parts.settings : [parts.settings]);
  const slots = members(settings.roster_positions, "roster_position").map((value) =>
    check(slot, value, "a roster position"),
  );
  return {
    meta: check(leagueMeta, meta, "a league"),
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
  return members(parts.teams, "team").map((value) => {
    const { team_key, name } = check(teamMeta, resource(value).meta, "a team");
    return { key: team_key, name };
  });
}

export function toLeague(settings: ReturnType<typeof parseLeague>, teams: League["teams"]): League {
  const { meta, positions } = settings;
  if (teams.length !== meta.num_teams) {
    throw new SourceError(
      "MALFORMED",
      `League ${meta.league_key} says it has ${meta.num_teams} teams and lists ${teams.length}`,
    );
  }
  if (meta.end_date < meta.start_date) {
    throw new SourceError(
      "MALFORMED",
      `League ${meta.league_key} ends on ${meta.end_date}, before it starts on ${meta.start_date}`,
    );
  }
  return {
    key: meta.league_key,
    source: "YAHOO",
    sport: meta.game_code,
    season: meta.season,
    name: meta.name,
    startDate: meta.start_date,
    endDate: meta.end_date,
    teams,
    positions,
    previousKey: /^\d+_\d+$/.test(meta.renew ?? "") ? (meta.renew ?? "").replace("_", ".l.") : null,
  };
}

/** Reads `/league/{key}/teams/roster;date=D`. Throws MALFORMED, also when a roster is of another date. */
export function parseLeagueRosters(payload: object, requestedDate: string): TeamLineup[] {
  const { parts } = resource(content(payload, "league"));
  if (!isCollection(parts.teams))
    throw new SourceError("MALFORMED", `The answer for ${requestedDate} has no list of teams`);
  return members(parts.teams, "team").map((team) => parseTeam(team, requestedDate));
}

/** Reads `/team/{key}/roster;date=D`. Throws MALFORMED. */
export function parseTeamRoster(payload: object, requestedDate: string): TeamLineup {
  return parseTeam(content(payload, "team"), requestedDate);
}

function parseTeam(value: unknown, requestedDate: string): TeamLineup {
  const { meta, parts } = resource(value);
  const { team_key, name } = check(teamMeta, meta, "a team");
  const roster = joined(parts.roster);
  const stated = roster.date;
  if (typeof stated === "string" && stated !== requestedDate) throw wrongDate(team_key, requestedDate, stated);
  const players = rosterPlayers(parts.roster);
  if (players === undefined)
    throw new SourceError("MALFORMED", `The roster of ${team_key} on ${requestedDate} has no list of players`);
  const slots = members(players, "player").map((each) => parsePlayer(each, team_key, requestedDate));
  if (slots.length > 0 && stated !== requestedDate && !statesDate(players, requestedDate)) {
    throw new SourceError(
      "MALFORMED",
      `The roster of ${team_key} does not say which date it is of; ${requestedDate} was asked for`,
    );
  }
  const seen = new Set<string>();
  for (const { playerId, playerName } of slots) {
    if (seen.has(playerId))
      throw new SourceError(
        "MALFORMED",
        `Player ${playerId} (${playerName}) is on the roster of ${team_key} twice on ${requestedDate}`,
      );
    seen.add(playerId);
  }
  return { teamKey: team_key, teamName: name, slots };
}

/** Whether a slot says that it is of the date; one of another date was refused before. */
function statesDate(players: unknown, requestedDate: string): boolean {
  return members(players, "player").some(
    (each) => joined(resource(each).parts.selected_position).date === requestedDate,
  );
}

function parsePlayer(value: unknown, teamKey: string, requestedDate: string): LineupSlot {
  const { meta, parts } = resource(value);
  const known = check(player, meta, `a player of ${teamKey}`);
  const selected = joined(parts.selected_position);
  if (typeof selected.date === "string" && selected.date !== requestedDate)
    throw wrongDate(teamKey, requestedDate, selected.date);
  return {
    playerId: known.player_id,
    playerName: known.name.full,
    selectedPosition: check(filled, selected.position, `the slot of player ${known.player_id} of ${teamKey}`),
    positionType: known.position_type,
    eligiblePositions: members(meta.eligible_positions, "position").map((each) =>
      check(filled, each, `a position of player ${known.player_id}`),
    ),
    playerTeam: known.editorial_team_abbr,
    playerStatus: known.status ?? "healthy",
  };
}

const wrongDate = (teamKey: string, requestedDate: string, got: string) =>
  new SourceError("MALFORMED", `The roster of ${teamKey} was asked for ${requestedDate} and is of ${got}`);

/** The named resource of an answer's envelope. */
function content(payload: object, name: string): unknown {
  const { fantasy_content: envelope } = payload as { fantasy_content?: Record<string, unknown> | null };
  const found = envelope?.[name];
  if (found === undefined) throw new SourceError("MALFORMED", `The answer has no ${name}`);
  return found;
}

function check<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw new SourceError(
    "MALFORMED",
    `Not ${what}${path ? `: ${path}` : ""}: expected ${issue.expected ?? issue.message}, got ${issue.received}`,
  );
}
