import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SourceError, type TeamAnswer } from "../../src/source/source.ts";
import { contentOf } from "../../src/source/yahoo/errors.ts";
import { parseLeague, parseLeagueRosters, parseTeamRoster, parseTeams } from "../../src/source/yahoo/parse.ts";

const SAMPLES = new URL("../../../shared/samples/", import.meta.url);
const hasSamples = existsSync(SAMPLES);
const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(readdirSync(SAMPLES).find((file) => file.includes(name)) ?? name, SAMPLES), "utf8"));
const league = (...parts: unknown[]) => ({ fantasy_content: { league: parts } });

describe.skipIf(!hasSamples)("recorded answers from Yahoo", () => {
  it.each([
    ["mlb-2014.team-roster", "2014-09-28", "328.l.34014.t.1", 0],
    ["mlb-2022.team-roster", "2022-05-23", "412.l.48244.t.8", 1],
    ["nba-2025.team-roster", "2026-01-15", "466.l.175298.t.1", 0],
  ])("include the roster %s, which is read in full", (name, date, teamKey) => {
    const payload = sample(name);
    const lineup = parseTeamRoster(payload, date);
    expect(lineup.teamKey).toBe(teamKey);
    const roster = payload.fantasy_content.team[1].roster["0"].players;
    expect(lineup.slots).toHaveLength(Number(roster.count));
    for (const [i, entry] of lineup.slots.entries()) {
      const [meta, ...parts] = roster[i].player;
      const flat = Object.assign({}, ...meta.filter((each: unknown) => !Array.isArray(each)));
      const slot = Object.assign({}, ...parts).selected_position;
      expect(entry).toEqual({
        playerId: flat.player_id,
        playerName: flat.name.full,
        selectedPosition: slot.find((each: object) => "position" in each).position,
        positionType: flat.position_type,
        eligiblePositions: flat.eligible_positions.map(({ position }: { position: string }) => position),
        playerTeam: flat.editorial_team_abbr,
        playerStatus: typeof flat.status === "string" ? flat.status : "healthy",
      });
    }
  });

  it("include all lineups of a league on one date, and distinguish injured from healthy players", () => {
    const payload = sample("SYNTHESISED");
    const teams = lineupsOf(parseLeagueRosters(payload, "2023-04-10"));
    expect(teams).toHaveLength(payload.fantasy_content.league[1].teams.count);
    expect(teams.every(({ slots }) => slots.length > 0)).toBe(true);
    const statuses = new Set(teams.flatMap(({ slots }) => slots.map(({ playerStatus }) => playerStatus)));
    expect(statuses).toContain("healthy");
    expect(statuses).not.toContain("false");
  });

  it("include the rosters in a user's leagues, and the roster parser reads these rosters too", () => {
    for (const name of ["mlb-2023.users", "nhl-2022.users"]) {
      let teams = 0;
      const visit = (value: unknown): void => {
        if (typeof value !== "object" || value === null) return;
        if ("team" in value && Array.isArray(value.team) && JSON.stringify(value.team).includes('"roster"')) {
          const date = /"coverage_type":\s?"date","date":\s?"([\d-]+)"/.exec(JSON.stringify(value))?.[1] ?? "";
          const { slots } = parseTeamRoster({ fantasy_content: value }, date);
          expect(slots.length).toBeGreaterThan(0);
          teams++;
        } else for (const each of Object.values(value)) visit(each);
      };
      visit(sample(name));
      expect(teams).toBeGreaterThan(0);
    }
  });

  it.each(["mlb-2014.league-settings", "nba-2025.league-settings"])("include a league and its slots in %s", (name) => {
    const content = sample(name);
    const { meta, positions } = parseLeague(content.fantasy_content ? content : Object.values(content)[0]);
    expect(meta.league_key).toMatch(/^\d+\.l\.\d+$/);
    expect(meta.num_teams).toBeGreaterThanOrEqual(10);
    expect(positions.find(({ position }) => position === "BN")).toMatchObject({ starting: false });
    expect(positions.find(({ position }) => position === "C")).toMatchObject({ starting: true });
  });

  it.each([
    ["mlb-2014.league-teams", 12],
    ["nba-2025.league-teams", 12],
  ])("include the teams in %s, which are read without their managers", (name, count) => {
    const teams = parseTeams(sample(name));
    expect(teams).toHaveLength(count);
    expect(Object.keys(teams[0] ?? {})).toEqual(["key", "name"]);
  });

  it("include error bodies, and each body is classified as docs/yahoo.md says", () => {
    const lines = readFileSync(new URL("errors.collected.txt", SAMPLES), "utf8").split("\n");
    const kinds: [RegExp, number, string][] = [
      [/unable_to_determine/, 401, "TokenRefusedError"],
      [/token_expired/, 401, "TokenRefusedError"],
      [/token_rejected/, 401, "TokenRefusedError"],
      [/Jwt is not/, 200, "TokenRefusedError"],
      [/Forbidden access/, 403, "UNAUTHORIZED"],
      [/not authorized to perform/, 403, "APP_NOT_APPROVED"],
      [/appropriate OAuth scope/, 403, "APP_NOT_APPROVED"],
      [/not in this league/, 400, "LEAGUE_PRIVATE"],
      [/temporary problem/, 400, "RequestRefusedError"],
      [/Invalid game key/, 400, "LEAGUE_NOT_FOUND"],
      [/Team key .* does not exist/, 400, "RequestRefusedError"],
    ];
    for (const [pattern, status, kind] of kinds) {
      const body = lines.find((line) => pattern.test(line))?.replace(/^\[B 401[^\]]*\]\s*(?=Jwt)/, "");
      expect(body, String(pattern)).toBeDefined();
      expect(refusal(status, body ?? "")).toBe(kind);
    }
  });
});

/** Returns the lineups that could be read, in the order of the answers. */
const lineupsOf = (answers: readonly TeamAnswer[]) =>
  answers.flatMap((answer) => (answer.kind === "lineup" ? [answer.lineup] : []));

/** Returns the kind of error with which an answer is refused, or null if the answer can be read. */
function refusal(status: number, body: string, headers = {}): string | null {
  try {
    contentOf({ status, body, headers: new Headers(headers), damaged: false }, 0, (text) => text);
    return null;
  } catch (error) {
    return error instanceof SourceError ? error.kind : (error as Error).name;
  }
}

describe("contentOf()", () => {
  it.each([
    [200, '{"fantasy_content":{}}', null],
    [999, "Request denied", "RATE_LIMITED"],
    [429, "", "RATE_LIMITED"],
    [500, "<html>", "UNAVAILABLE"],
    [503, "", "UNAVAILABLE"],
    [301, "", "UNAVAILABLE"],
    [200, "Edge: Too Many Requests", "RATE_LIMITED"],
    [503, "Edge: Too Many Requests", "RATE_LIMITED"],
    [200, "<!DOCTYPE html>", "UNAVAILABLE"],
    [200, '{"fantasy_content":', "UNAVAILABLE"],
    [200, "", "UNAVAILABLE"],
    [200, "null", "UNAVAILABLE"],
    [403, "<html>blocked</html>", "UNAVAILABLE"],
    [401, "", "TokenRefusedError"],
    [
      401,
      '{"error":{"description":"OAuth oauth_problem=\\"additional_authorization_required\\""}}',
      "APP_NOT_APPROVED",
    ],
    [404, "{}", "RequestRefusedError"],
    [401, '{"error":{"description":"You must be logged in to view this league.","detail":""}}', "LEAGUE_PRIVATE"],
    [
      400,
      "<error><description>You are not allowed to view this page because you are not in this league.</description></error>",
      "LEAGUE_PRIVATE",
    ],
  ])("classifies status %i with the body '%s' as %s", (status, body, kind) => {
    expect(refusal(status, body)).toBe(kind);
  });
});

describe("roster parser", () => {
  const meta = {
    league_key: "458.l.1",
    name: "L",
    num_teams: "2",
    start_date: "2025-03-27",
    end_date: "2025-09-28",
    game_code: "mlb",
    season: 2025,
  };
  const player = (id: string | number, position: string, more: object[] = []) => ({
    player: [
      [{ player_id: id }, { name: { full: "P" } }, [], { is_keeper: { status: false } }, ...more],
      { selected_position: [{ date: "2025-04-01" }, { position }] },
    ],
  });
  const team = (players: unknown, roster: object = {}) => ({
    team: [[{ team_key: "458.l.1.t.1" }, [], { name: "T" }], { roster: { ...roster, "0": { players } } }],
  });
  const one = (players: unknown, roster?: object) =>
    lineupsOf(parseLeagueRosters(league(meta, { teams: { "0": team(players, roster), count: "1" } }), "2025-04-01"))[0];

  it("accepts numbers as text and text as numbers", () => {
    expect(
      parseLeague(
        league(
          { ...meta, season: "2025" },
          { settings: [{ roster_positions: [{ roster_position: { position: "C", count: "2" } }] }] },
        ),
      ),
    ).toMatchObject({
      meta: { num_teams: 2, season: 2025 },
      positions: [{ position: "C", count: 2, starting: true }],
    });
    expect(one({ "0": player(9, "C"), count: "1" })?.slots[0]?.playerId).toBe("9");
  });

  it("reads an empty array of players as an empty roster, and an empty array of teams as a day without teams", () => {
    expect(one([])?.slots).toEqual([]);
    expect(parseLeagueRosters(league(meta, { teams: [] }), "2025-04-01")).toEqual([]);
  });

  it("accepts a league's metadata as a list of small objects", () => {
    expect(
      parseLeague(
        league(
          Object.entries(meta).map(([key, value]) => ({ [key]: value })),
          { settings: [] },
        ),
      ).meta.name,
    ).toBe("L");
  });

  it("ignores the field is_keeper.status, and reads a missing status as healthy", () => {
    expect(
      one({
        "0": player(1, "C"),
        "1": player(2, "IL", [{ status: "IL60", status_full: "60-Day" }]),
        count: 2,
      })?.slots.map((e) => e.playerStatus),
    ).toEqual(["healthy", "IL60"]);
  });

  it("accepts the parts of a roster in a different order or without the key 0", () => {
    expect(
      parseTeamRoster(
        {
          fantasy_content: {
            team: [
              [{ team_key: "458.l.1.t.1" }, { name: "T" }],
              { roster: { "0": { players: [] }, date: "2025-04-01", outs_pitched: {} } },
            ],
          },
        },
        "2025-04-01",
      ).slots,
    ).toEqual([]);
    expect(
      parseTeamRoster(
        {
          fantasy_content: {
            team: [[{ team_key: "458.l.1.t.1" }, { name: "T" }], { roster: { players: { "0": player(1, "C") } } }],
          },
        },
        "2025-04-01",
      ).slots,
    ).toHaveLength(1);
  });

  it.each([
    [
      "an answer without teams",
      league(meta),
      "a format that this version does not know: the rosters of 2025-04-01 have no list of teams",
    ],
    [
      "a roster of another date",
      league(meta, { teams: { "0": team([], { date: "2025-04-02" }), count: 1 } }),
      "Asked for the roster of 458.l.1.t.1 on 2025-04-01, but the roster in the answer is of 2025-04-02",
    ],
    [
      "a slot of another date",
      league(meta, {
        teams: {
          "0": team({
            "0": {
              player: [
                [{ player_id: "1" }, { name: { full: "P" } }],
                { selected_position: [{ date: "2025-03-31" }, { position: "C" }] },
              ],
            },
            count: 1,
          }),
          count: 1,
        },
      }),
      "but the roster in the answer is of 2025-03-31",
    ],
    [
      "a player without a slot",
      league(meta, {
        teams: { "0": team({ "0": { player: [[{ player_id: "1" }, { name: { full: "P" } }]] }, count: 1 }), count: 1 },
      }),
      "has no readable slot",
    ],
    [
      "a player without a name",
      league(meta, {
        teams: {
          "0": team({
            "0": player(1, "C").player.length && {
              player: [[{ player_id: "1" }], { selected_position: [{ position: "C" }] }],
            },
            count: 1,
          }),
          count: 1,
        },
      }),
      "name",
    ],
    [
      "a team without a roster",
      league(meta, { teams: { "0": { team: [[{ team_key: "458.l.1.t.1" }, { name: "T" }]] }, count: 1 } }),
      "has no list of players",
    ],
    ["an answer about something other than a league", { fantasy_content: { game: [] } }, "has no league"],
  ])("throws MALFORMED for %s", (_, body, message) => {
    expect(() => parseLeagueRosters(body, "2025-04-01")).toThrow(SourceError);
    expect(() => parseLeagueRosters(body, "2025-04-01")).toThrow(message);
  });
});
