import type { TeamLineup } from "../../src/db/lineups.ts";
import { rosterPayload, rostersPayload } from "../../src/source/demo/payload.ts";
import type { Season } from "./season.ts";
import { ANSWERS, type Fault } from "./yahoo.ts";

/** Returns the faulty answer to one request for lineups; null where the fault does not apply to the request. */
type FaultyAnswer = (request: { season: Season; date: string; teamKey: string | null }) => Fault | null;

const ok = (body: string | Uint8Array): Fault => ({ status: 200, body });

/** Changes the lineups of a whole date. Requests for one team get a good answer. */
const whole =
  (change: (lineups: TeamLineup[], season: Season, date: string) => TeamLineup[]): FaultyAnswer =>
  ({ season, date, teamKey }) =>
    teamKey === null ? ok(rostersPayload(season.league, date, change(season.lineups(date), season, date))) : null;

/** Changes team `n`'s lineup in answers for the date and in answers for the team. */
const team =
  (n: number, change: (lineup: TeamLineup, season: Season, date: string) => TeamLineup): FaultyAnswer =>
  ({ season, date, teamKey }) => {
    const lineups = season.lineups(date).map((each, i) => (i === n ? change(each, season, date) : each));
    if (teamKey === null) return ok(rostersPayload(season.league, date, lineups));
    const asked = lineups[n];
    return asked?.teamKey === teamKey ? ok(rosterPayload(season.league, date, asked)) : null;
  };

/** Changes the text of every answer, for a date or for a team. */
const text =
  (change: (body: string, date: string) => string | Uint8Array): FaultyAnswer =>
  ({ season, date, teamKey }) => {
    const lineups = season.lineups(date);
    const asked = lineups.find((each) => each.teamKey === teamKey);
    const body =
      teamKey === null
        ? rostersPayload(season.league, date, lineups)
        : rosterPayload(season.league, date, asked ?? { teamKey, teamName: "", slots: [] });
    return ok(change(body, date));
  };

const without = (slots: TeamLineup["slots"], keep: number) => slots.slice(0, keep);

/** Returns the bytes of a text with an invalid UTF-8 byte before each player's name. */
function damaged(body: string): Uint8Array {
  const bytes = new TextEncoder().encode(body.replaceAll('"full":"', '"full":"~'));
  return bytes.map((byte) => (byte === 0x7e ? 0xff : byte));
}

/** Exchanges the players of two teams. */
function swapped(lineups: TeamLineup[]): TeamLineup[] {
  const [first, second] = [lineups[1]?.slots ?? [], lineups[2]?.slots ?? []];
  return lineups.map((each, i) => (i === 1 ? { ...each, slots: second } : i === 2 ? { ...each, slots: first } : each));
}

/** Every kind of fault that was observed or that the sources' formats allow. */
export const FAULTS = {
  "status 500": () => ANSWERS.serverError,
  "a connection reset": () => "reset",
  "HTML with status 200": () => ANSWERS.html,
  "truncated JSON": () => ANSWERS.truncated,
  "an empty body": () => ok(""),
  "JSON of another form": () => ok('{"fantasy_content":{"league":{"league_key":"458.l.100"}}}'),
  "an answer about another subject": () => ok('{"fantasy_content":{"game":[]}}'),
  "the request for all teams refused": ({ teamKey }) => (teamKey === null ? ANSWERS.unknownLeague : null),
  "one team refused": ({ teamKey }) =>
    teamKey === null || teamKey.endsWith(".t.5")
      ? { status: 400, body: '{"error":{"description":"Player key 423.p.33399 does not exist."}}' }
      : null,
  "status 500 for one team": ({ teamKey }) =>
    teamKey === null ? ANSWERS.unknownLeague : teamKey.endsWith(".t.3") ? ANSWERS.serverError : null,
  "an expired token": () => ANSWERS.tokenRefused,
  "no teams": whole(() => []),
  "every roster empty": whole((lineups) => lineups.map((each) => ({ ...each, slots: [] }))),
  "one team empty": team(3, (each) => ({ ...each, slots: [] })),
  "one team with less than half of its players": team(3, (each) => ({ ...each, slots: without(each.slots, 5) })),
  "a list of players shorter than its count": text((body) => body.replace(/"\d+":\{"player":/, '"x":{"player":')),
  "a team left out": whole((lineups) => lineups.filter((_, i) => i !== 7)),
  "a team twice": whole((lineups) => [...lineups, ...lineups.slice(0, 1)]),
  "a team that the league does not list": whole((lineups, { league }) =>
    lineups.map((each, i) => (i === 0 ? { ...each, teamKey: `${league.key}.t.77`, teamName: "Stranger" } : each)),
  ),
  "another league's teams": whole((lineups) =>
    lineups.map((each) => ({ ...each, teamKey: each.teamKey.replace("458.l.100", "458.l.7") })),
  ),
  "a player twice on a team": team(4, (each) => ({ ...each, slots: [...each.slots, ...each.slots.slice(0, 1)] })),
  "a player on two teams": ({ season, date, teamKey }) => {
    const borrowed = season.lineups(date)[0]?.slots.slice(0, 1) ?? [];
    return team(1, (each) => ({ ...each, slots: [...each.slots, ...borrowed] }))({ season, date, teamKey });
  },
  "a player without a slot": text((body) => body.replace(/\{"position":"[^"]+"\},\{"is_flex":0\}/, '{"is_flex":0}')),
  "a player without an id": text((body) => body.replace(/\{"player_id":"[^"]+"\},/, "")),
  "two teams' players under each other's keys": ({ season, date, teamKey }) => {
    const lineups = swapped(season.lineups(date));
    if (teamKey === null) return ok(rostersPayload(season.league, date, lineups));
    const asked = lineups.find((each) => each.teamKey === teamKey);
    return asked ? ok(rosterPayload(season.league, date, asked)) : null;
  },
  "another date's rosters": ({ season, teamKey }) =>
    teamKey === null ? ok(rostersPayload(season.league, "2025-05-20", season.lineups("2025-05-20"))) : null,
  "today's rosters under the date's label": ({ season, date, teamKey }) =>
    teamKey === null ? ok(rostersPayload(season.league, date, season.lineups("2025-06-01"))) : null,
  "names with invalid UTF-8 bytes": text(damaged),
} satisfies Record<string, FaultyAnswer>;

export type FaultKind = keyof typeof FAULTS;

/** Returns the faulty answer to a request for lineups; null for other requests and where the fault does not apply. */
export function faultyAnswer(kind: FaultKind, season: Season, path: string): Fault | null {
  const [, teamKey = null, date] = /^\/(?:league|team\/([^/]+))\b.*roster;date=([\d-]+)$/.exec(path) ?? [];
  return date === undefined ? null : (FAULTS[kind] as FaultyAnswer)({ season, date, teamKey });
}
