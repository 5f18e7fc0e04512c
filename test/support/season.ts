import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { LineupSlot, TeamLineup } from "../../src/db/lineups.ts";
import { demoLeague } from "../../src/source/demo/league.ts";
import { demoLineups } from "../../src/source/demo/roster.ts";
import type { League } from "../../src/source/source.ts";

/** A league and its lineups. A stand-in serves the season, and tests compare the ledger with the season. */
export type Season = { league: League; lineups: (date: string) => TeamLineup[] };

/** Cached lineups by league and date. Nothing changes them. */
const MADE = new Map<string, Map<string, TeamLineup[]>>();

/** Returns a generated season under a Yahoo league's key. */
export function madeSeason(key = "458.l.100", { startDate = "2025-03-18", endDate = "2025-09-28" } = {}): Season {
  const demo = demoLeague("2025-06-01");
  const lineups = MADE.get(key) ?? new Map<string, TeamLineup[]>();
  MADE.set(key, lineups);
  const rename = (text: string) => text.replace("demo.l.1", key);
  const league: League = {
    ...demo,
    key,
    source: "YAHOO",
    season: 2025,
    name: "Made League",
    startDate,
    endDate,
    previousKey: "431.l.7",
    teams: demo.teams.map((team) => ({ ...team, key: rename(team.key) })),
  };
  return {
    league,
    // Cached, because tests ask for the same dates again and again.
    lineups: (date) => {
      const known = lineups.get(date);
      if (known) return known;
      const made = demoLineups(demo, date).map((team) => ({ ...team, teamKey: rename(team.teamKey) }));
      lineups.set(date, made);
      return made;
    },
  };
}

const DATA = new URL("../../../shared/data/lineups-2025-03-27..2025-04-30.csv.gz", import.meta.url);

/** Returns the season with the first player of a lineup moved off the bench, or on it. @param isMoved By default every team's lineup. */
export function withFirstPlayerMoved(season: Season, isMoved: (teamKey: string) => boolean = () => true): Season {
  const moved = (slot: LineupSlot): LineupSlot => ({
    ...slot,
    selectedPosition: slot.selectedPosition === "BN" ? "Util" : "BN",
  });
  return {
    ...season,
    lineups: (date) =>
      season.lineups(date).map((team) => ({
        ...team,
        slots: team.slots.map((slot, i) => (i === 0 && isMoved(team.teamKey) ? moved(slot) : slot)),
      })),
  };
}

/** Whether the five real weeks are on this machine. Without the real weeks, the tests that need them are skipped. */
export const hasRealWeeks = existsSync(DATA);

export const REAL_START = "2025-03-27";
export const REAL_END = "2025-04-30";
export const REAL_RECORDS = 14_852;

/** Reads five real weeks of a league of 18 teams. */
export function realWeeks(): Season & { rows: { date: string; teamKey: string; playerId: string; slot: string }[] } {
  const [, ...lines] = gunzipSync(readFileSync(DATA)).toString("utf8").trim().split("\n");
  const byDate = new Map<string, Map<string, { name: string; slots: LineupSlot[] }>>();
  const rows = lines.map((line) => {
    const [
      date = "",
      teamKey = "",
      teamName = "",
      playerId = "",
      playerName = "",
      slot = "",
      status = "",
      eligible = "",
      club = "",
    ] = cells(line);
    const teams = byDate.get(date) ?? new Map();
    byDate.set(date, teams);
    const team = teams.get(teamKey) ?? { name: teamName, slots: [] };
    teams.set(teamKey, team);
    const eligiblePositions = eligible.split(",").filter(Boolean);
    team.slots.push({
      playerId,
      playerName,
      selectedPosition: slot,
      positionType: eligiblePositions.some((position: string) => /^(SP|RP|P)$/.test(position)) ? "P" : "B",
      eligiblePositions,
      playerTeam: club || null,
      playerStatus: status || "healthy",
    });
    return { date, teamKey, playerId, slot };
  });
  const first = byDate.get(REAL_START) ?? new Map();
  const league: League = {
    key: "458.l.6966",
    source: "YAHOO",
    sport: "mlb",
    season: 2025,
    name: "Real League",
    startDate: "2025-03-18",
    endDate: "2025-09-28",
    teams: [...first].map(([key, { name }]) => ({ key, name })),
    positions: [{ position: "C", count: 1, starting: true }],
    previousKey: "431.l.41728",
  };
  return {
    league,
    rows,
    lineups: (date) =>
      [...(byDate.get(date) ?? [])].map(([teamKey, { name, slots }]) => ({ teamKey, teamName: name, slots })),
  };
}

/** Splits a CSV line into its cells, quoted or not. */
function cells(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, 10)
    .map(([, cell = ""]) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
