import type { LineupSlot, TeamLineup } from "../../db/lineups.ts";
import { HEALTHY } from "../slots.ts";
import type { League } from "../source.ts";

// Writes the demo league in the format of Yahoo's answers: numeric keys, placeholders and meta arrays (docs/yahoo.md, Format). The parser
// of Yahoo's answers reads the demo league, too.

/** The answer to `/league/{key}/settings?format=json`. */
export function settingsPayload(league: League): string {
  const positions = league.positions.map(({ position, count, starting }) => ({
    roster_position: { position, count, is_starting_position: starting ? 1 : 0 },
  }));
  return envelope(`/league/${league.key}/settings`, "league", [
    leagueMeta(league),
    { settings: [{ draft_type: "live", roster_positions: positions }] },
  ]);
}

/** The answer to `/league/{key}/teams?format=json`. */
export function teamsPayload(league: League): string {
  const teams = league.teams.map(({ key, name }) => ({ team: [teamMeta(key, name)] }));
  return envelope(`/league/${league.key}/teams`, "league", [leagueMeta(league), { teams: collection(teams) }]);
}

/** The answer to `/league/{key}/teams/roster;date=D?format=json`. */
export function rostersPayload(league: League, date: string, teams: readonly TeamLineup[]): string {
  const all = teams.map((team) => ({
    team: [teamMeta(team.teamKey, team.teamName), { roster: roster(league, date, team) }],
  }));
  return envelope(`/league/${league.key}/teams/roster;date=${date}`, "league", [
    leagueMeta(league),
    { teams: collection(all) },
  ]);
}

/** The answer to `/team/{key}/roster;date=D?format=json`. */
export function rosterPayload(league: League, date: string, team: TeamLineup): string {
  return envelope(`/team/${team.teamKey}/roster;date=${date}`, "team", [
    teamMeta(team.teamKey, team.teamName),
    { roster: roster(league, date, team) },
  ]);
}

function envelope(path: string, name: string, content: unknown): string {
  return JSON.stringify({
    fantasy_content: {
      "xml:lang": "en-US",
      "yahoo:uri": `/fantasy/v2${path}`,
      [name]: content,
      time: "21.7ms",
      copyright: "",
      refresh_rate: "60",
    },
  });
}

function collection(all: readonly unknown[]): unknown {
  return all.length === 0 ? [] : { ...Object.fromEntries(all.entries()), count: all.length };
}

function leagueMeta(league: League): unknown {
  return {
    league_key: league.key,
    league_id: league.key.split(".")[2],
    name: league.name,
    num_teams: league.teams.length,
    weekly_deadline: "intraday",
    renew: league.previousKey?.replace(".l.", "_") ?? "",
    renewed: league.nextKey?.replace(".l.", "_") ?? "",
    start_date: league.startDate,
    end_date: league.endDate,
    game_code: league.sport,
    season: String(league.season),
  };
}

function teamMeta(key: string, name: string): unknown {
  return [
    { team_key: key },
    { team_id: key.split(".t.")[1] },
    { name },
    [],
    { waiver_priority: 4 },
    [],
    { number_of_moves: "10" },
    [],
  ];
}

function roster(league: League, date: string, { slots }: TeamLineup): unknown {
  const players = slots.map((lineupSlot) => ({
    player: [playerMeta(league, lineupSlot), { selected_position: slot(date, lineupSlot) }, { is_editable: 0 }],
  }));
  return { coverage_type: "date", date, is_editable: 0, "0": { players: collection(players) } };
}

function playerMeta(league: League, lineupSlot: LineupSlot): unknown {
  const [first, ...rest] = lineupSlot.playerName.split(" ");
  return [
    { player_key: `${league.key.split(".")[0]}.p.${lineupSlot.playerId}` },
    { player_id: lineupSlot.playerId },
    { name: { full: lineupSlot.playerName, first, last: rest.join(" ") } },
    lineupSlot.playerStatus === HEALTHY
      ? []
      : { status: lineupSlot.playerStatus, status_full: lineupSlot.playerStatus },
    lineupSlot.playerTeam === null ? [] : { editorial_team_abbr: lineupSlot.playerTeam },
    { is_keeper: { status: false, cost: false, kept: false } },
    { display_position: lineupSlot.eligiblePositions[0] ?? "" },
    lineupSlot.positionType === null ? [] : { position_type: lineupSlot.positionType },
    { eligible_positions: lineupSlot.eligiblePositions.map((position) => ({ position })) },
    [],
  ];
}

function slot(date: string, { selectedPosition }: LineupSlot): unknown {
  return [{ coverage_type: "date", date }, { position: selectedPosition }, { is_flex: 0 }];
}
