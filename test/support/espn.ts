import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { addDays, daysBetween } from "../../src/calendar.ts";
import type { LineupSlot, TeamLineup } from "../../src/db/lineups.ts";
import { demoLeague } from "../../src/source/demo/league.ts";
import { demoLineups } from "../../src/source/demo/roster.ts";
import { GAMES } from "../../src/source/espn/games.ts";

/** The fault of one request: a given answer, a connection reset, or no answer. */
export type EspnFault = { status: number; body: string; headers?: Record<string, string> } | "reset" | "hang";

/** A league that the stand-in serves, with its true lineups. */
export type EspnSeason = {
  code: string;
  year: number;
  id: number;
  name: string;
  isPrivate: boolean;
  /** `opener` is the date of period 1, `finalPeriod` the number of the last period. */
  opener: string;
  finalPeriod: number;
  previousSeasons: number[];
  teams: { id: number; name: string; location?: string; nickname?: string }[];
  slotCounts: Record<string, number>;
  lineups: (date: string) => TeamLineup[];
};

export type EspnStandIn = {
  /** The value of ESPN_BASE_URL. */
  baseUrl: string;
  /** Paths and queries of the requests, without `/apis/v3`. */
  requests: string[];
  /** The cookie header of the last request; undefined when it had none. */
  cookies: string | undefined;
  seasons: EspnSeason[];
  /** The current scoring period. */
  latest: number;
  /** The newest season that ESPN has opened. */
  currentSeason: number;
  /** Called for each request before it is answered. Returns the fault for the request, or null for a good answer. */
  fault: (path: string, nth: number) => EspnFault | null;
  /** Whether the stand-in has all days of seasons before 2018. The real ESPN keeps only the last day of a season before 2018. */
  keepsOldDays: boolean;
  /** Changes an answer before it is sent. */
  change: (content: any, path: string) => any;
  close: () => Promise<void>;
};

export const MEMBER = "espn_s2=s2%2Fcanary-value; SWID={AAAA-BBBB}";
const CLUBS = ["BAL", "BOS", "LAA", "CHW", "CLE", "DET", "KC", "MIL", "MIN", "NYY", "OAK", "SEA"];

/** Returns a generated season of twelve teams under an ESPN league's number. */
export function madeEspnSeason(over: Partial<EspnSeason> = {}): EspnSeason {
  const demo = demoLeague("2025-06-01");
  const { code = "flb", year = 2025, id = 12345 } = over;
  const game = GAMES[code];
  if (!game) throw new Error(`ESPN has no game ${code}`);
  const key = `espn.${code}.${year}.${id}`;
  const numbers = new Map<string, number>();
  const numberOf = (playerId: string) => {
    const n = numbers.get(playerId) ?? 30_000 + numbers.size;
    numbers.set(playerId, n);
    return String(n);
  };
  const [names, others] = [Object.values(game.slots), Object.values(game.positions)];
  /** Maps a slot of the generator to a slot that ESPN has. */
  const slotOf = (position: string) => {
    if (position === "BN") return "BE";
    const known = { Util: "UTIL", IL: names.includes("IL") ? "IL" : "IR", "IL+": "IL" }[position] ?? position;
    return names.includes(known) ? known : (names[position.length % 5] ?? "UTIL");
  };
  const slot = (s: LineupSlot): LineupSlot => {
    const playerId = numberOf(s.playerId);
    const selectedPosition = slotOf(s.selectedPosition);
    const own = others[Number(playerId) % others.length] ?? "";
    const club = Number(playerId) % (CLUBS.length + 1);
    const idle = ["BE", "IL", "IR", "NA"];
    const eligible = [...new Set([own, ...(idle.includes(selectedPosition) ? [] : [selectedPosition]), "UTIL"])];
    return {
      playerId,
      playerName: s.playerName,
      selectedPosition,
      positionType: game.typeOf(own),
      eligiblePositions: eligible,
      playerTeam: club === 0 ? null : (CLUBS[club - 1] ?? null),
      playerStatus: s.playerStatus === "healthy" ? "healthy" : "DAY_TO_DAY",
    };
  };
  const season: EspnSeason = {
    code,
    year,
    id,
    name: "Made at ESPN",
    isPrivate: false,
    opener: "2025-03-18",
    finalPeriod: 195,
    previousSeasons: [],
    teams: demo.teams.map(({ name }, i) => ({ id: i + 1, name })),
    slotCounts: { "0": 1, "12": 1, "16": 5, "17": 2 },
    lineups: (date) =>
      demoLineups(demo, date).map((team, i) => ({
        teamKey: `${key}.t.${i + 1}`,
        teamName: demo.teams[i]?.name ?? "",
        slots: team.slots.map(slot),
      })),
    ...over,
  };
  return season;
}

/** Starts a real HTTP server on this machine that stands in for ESPN. */
export async function startEspn(...seasons: EspnSeason[]): Promise<EspnStandIn> {
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? "").replace("/apis/v3", "");
    standIn.requests.push(path);
    standIn.cookies = request.headers.cookie;
    const fault = standIn.fault(path, standIn.requests.filter((each) => each === path).length);
    if (fault === "reset") return request.socket.destroy();
    if (fault === "hang") return;
    if (fault) return send(response, fault.status, fault.body, fault.headers);
    if (!request.headers["user-agent"]) return send(response, 200, "<html></html>", { "content-type": "text/html" });
    const { status, content } = contentOf(standIn, path, request.headers.cookie === MEMBER);
    return send(response, status, JSON.stringify(standIn.change(content, path)));
  };
  const standIn: EspnStandIn = {
    baseUrl: "",
    requests: [],
    cookies: undefined,
    seasons,
    latest: 400,
    currentSeason: 2026,
    fault: () => null,
    keepsOldDays: false,
    change: (content) => content,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  standIn.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return standIn;
}

/** Response bodies in ESPN's wording. */
export const ESPN_ANSWERS = {
  notVisible: {
    status: 401,
    body: '{"messages":["You are not authorized to view this League."],"details":[{"message":"You are not authorized to view this League.","shortMessage":"You are not authorized to view this League.","resolution":null,"type":"AUTH_LEAGUE_NOT_VISIBLE","metaData":null}]}',
  },
  notFound: { status: 404, body: '{"messages":["Not Found"],"details":[{"type":"GENERAL_NOT_FOUND"}]}' },
  html: { status: 200, body: "<!DOCTYPE html><html>ESPN</html>", headers: { "content-type": "text/html" } },
  forbidden: { status: 403, body: "<html>403 Forbidden</html>" },
  rateLimited: { status: 429, body: "" },
  serverError: { status: 502, body: "<html>Bad Gateway</html>" },
} satisfies Record<string, EspnFault>;

type Content = { status: number; content: unknown };

function contentOf(standIn: EspnStandIn, path: string, isMember: boolean): Content {
  const url = new URL(path, "http://stand-in");
  const refused = (answer: { status: number; body: string }): Content => ({
    status: answer.status,
    content: JSON.parse(answer.body),
  });
  const game = /^\/games\/(\w+)$/.exec(url.pathname);
  if (game) return { status: 200, content: { abbrev: game[1], currentSeasonId: standIn.currentSeason } };
  const schedule = /^\/games\/(\w+)\/seasons\/(\d+)$/.exec(url.pathname);
  if (schedule) {
    const season = standIn.seasons.find(({ code, year }) => code === schedule[1] && year === Number(schedule[2]));
    return season ? { status: 200, content: scheduleContent(season) } : refused(ESPN_ANSWERS.notFound);
  }
  const current = /^\/games\/(\w+)\/seasons\/(\d+)\/segments\/0\/leagues\/(\d+)$/.exec(url.pathname);
  const old = /^\/games\/(\w+)\/leagueHistory\/(\d+)$/.exec(url.pathname);
  const [code, year, id] = current
    ? [current[1], Number(current[2]), Number(current[3])]
    : [old?.[1], Number(url.searchParams.get("seasonId")), Number(old?.[2])];
  const season = standIn.seasons.find((each) => each.code === code && each.year === year && each.id === id);
  if (!season || (old !== null) !== year < 2018) return refused(ESPN_ANSWERS.notFound);
  if (season.isPrivate && !isMember) return refused(ESPN_ANSWERS.notVisible);
  const asked = Number(url.searchParams.get("scoringPeriodId") ?? standIn.latest);
  const period = old && !standIn.keepsOldDays ? season.finalPeriod : asked;
  const content = leagueContent(standIn, season, period, new Set(url.searchParams.getAll("view")));
  return { status: 200, content: old ? [content] : content };
}

const OWNER = "{CANARY-OWNER}";

function leagueContent({ latest }: EspnStandIn, season: EspnSeason, period: number, views: ReadonlySet<string>) {
  const date = addDays(season.opener, Math.min(period, season.finalPeriod) - 1);
  const lineups = new Map(season.lineups(date).map((team) => [team.teamKey.split(".t.")[1], team]));
  return {
    gameId: 2,
    id: season.id,
    scoringPeriodId: period,
    seasonId: season.year,
    segmentId: 0,
    status: {
      firstScoringPeriod: 1,
      finalScoringPeriod: season.finalPeriod,
      latestScoringPeriod: Math.min(latest, season.finalPeriod + 1),
      ...(views.has("mStatus") ? { previousSeasons: season.previousSeasons } : {}),
    },
    members: [{ id: OWNER, displayName: "canary-owner", firstName: "Canary", lastName: "Owner" }],
    ...(views.has("mSettings")
      ? { settings: { name: season.name, rosterSettings: { lineupSlotCounts: season.slotCounts } } }
      : {}),
    teams: season.teams.map((team) => ({
      ...team,
      abbrev: `T${team.id}`,
      owners: [OWNER],
      primaryOwner: OWNER,
      ...(views.has("mRoster")
        ? {
            roster: {
              entries: (lineups.get(String(team.id))?.slots ?? []).map((slot) => entryOf(slot, season, team.id)),
            },
          }
        : {}),
    })),
  };
}

/** Returns a slot in ESPN's numeric form. */
function entryOf(slot: LineupSlot, { code }: EspnSeason, teamId: number) {
  const game = GAMES[code] ?? { slots: {}, positions: {} };
  const idIn = (names: Readonly<Record<number, string>>, name: string) =>
    Number(Object.entries(names).find(([, each]) => each === name)?.[0] ?? Number(/^SLOT_(\d+)$/.exec(name)?.[1]));
  const idle = code === "flb" ? [16, 17] : code === "fba" ? [12, 13] : [7, 8];
  return {
    acquisitionDate: null,
    acquisitionType: null,
    injuryStatus: "NORMAL",
    lineupSlotId: idIn(game.slots, slot.selectedPosition),
    playerId: Number(slot.playerId),
    playerPoolEntry: {
      id: Number(slot.playerId),
      onTeamId: teamId,
      player: {
        id: Number(slot.playerId),
        fullName: slot.playerName,
        defaultPositionId: idIn(game.positions, slot.eligiblePositions[0] ?? ""),
        eligibleSlots: [...slot.eligiblePositions.map((name) => idIn(game.slots, name)), ...idle].filter(
          (each) => !Number.isNaN(each),
        ),
        proTeamId: slot.playerTeam === null ? 0 : CLUBS.indexOf(slot.playerTeam) + 1,
        injuryStatus: slot.playerStatus === "healthy" ? "ACTIVE" : slot.playerStatus,
      },
    },
  };
}

function scheduleContent({ opener, finalPeriod }: EspnSeason) {
  const last = addDays(opener, finalPeriod - 1);
  const games = Array.from({ length: daysBetween(opener, last) }, (_, i) => [
    String(i + 1),
    // Games start at 19:05 Eastern time. One game has the time 01:05 UTC, which ESPN shows until the real time is known.
    [{ date: Date.parse(`${addDays(opener, i)}T${i === 4 ? "01" : "23"}:05:00Z`) }],
  ]);
  return {
    settings: {
      proTeams: CLUBS.map((abbrev, i) => ({
        id: i + 1,
        abbrev,
        proGamesByScoringPeriod: i === 0 ? Object.fromEntries(games) : {},
      })),
    },
  };
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}
