import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { storeDemoLeague } from "../../src/leagues/demo.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

const get = ({ server }: Ledger, path: string, init: RequestInit = {}) =>
  server.fetch(new Request(`http://localhost${path}`, init));
const RANGE = "league=458.l.100&start=2025-04-01&end=2025-04-06";

async function collected(
  change: (season: ReturnType<typeof madeSeason>) => ReturnType<typeof madeSeason> = (season) => season,
) {
  const season = change(madeSeason());
  const ledger = await openLedger({ season });
  const id = await ledger.start("2025-04-01", "2025-04-06");
  await ledger.work();
  return { ledger, season, id };
}

describe("GET /export/lineups", () => {
  it("returns every record once, in order, as NDJSON and as CSV", async () => {
    const { ledger, season, id } = await collected();
    const ndjson = await get(ledger, `/export/lineups.ndjson?${RANGE}`);
    expect(ndjson.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    const records = (await ndjson.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records).toHaveLength(6 * 12 * 26);
    const entry = season
      .lineups("2025-04-01")
      .find(({ teamKey }) => teamKey === records[0].team_key)
      ?.slots.find(({ playerId }) => playerId === records[0].player_id);
    expect(records[0]).toEqual({
      environment: "PRODUCTION",
      league_key: "458.l.100",
      season: 2025,
      date: "2025-04-01",
      team_key: "458.l.100.t.1",
      team_name: season.league.teams[0]?.name,
      player_id: entry?.playerId,
      player_name: entry?.playerName,
      selected_position: entry?.selectedPosition,
      position_type: entry?.positionType,
      eligible_positions: entry?.eligiblePositions,
      player_team: entry?.playerTeam,
      player_status: entry?.playerStatus,
      observed_at: "2025-06-01T16:00:00.000Z",
      observed_same_day: false,
      provisional: false,
      job_id: id,
    });
    const [header, ...lines] = (await (await get(ledger, `/export/lineups.csv?${RANGE}`)).text()).trim().split("\r\n");
    expect(header?.split(",")).toEqual(Object.keys(records[0]));
    expect(lines).toHaveLength(records.length);
    expect(lines[0]).toContain(`,${entry?.playerName},${entry?.selectedPosition},`);
    const oneTeam = await (await get(ledger, `/export/lineups.csv?${RANGE}&team=458.l.100.t.3`)).text();
    expect(oneTeam.trim().split("\r\n")).toHaveLength(1 + 6 * 26);
    expect(
      (await (await get(ledger, `/export/lineups.csv?${RANGE}&environment=TEST`)).text()).trim().split("\r\n"),
    ).toEqual([header]);
  });

  it("escapes cells that a spreadsheet would run as formulas, and quotes cells with quotation marks or line breaks", async () => {
    const evil = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", 'a "b", c', "line\nbreak", "＝1", "a\u0007b\u202ec"];
    const { ledger } = await collected((season) => ({
      ...season,
      lineups: (date) =>
        season.lineups(date).map((team) => ({
          ...team,
          slots: team.slots.map((e, i) => ({ ...e, playerName: evil[i] ?? e.playerName })),
        })),
    }));
    const csv = await (await get(ledger, `/export/lineups.csv?${RANGE}`)).text();
    expect(csv).toContain(",'=cmd|' /C calc'!A0,");
    for (const name of ["+1", "-1", "@x", "＝1"]) expect(csv).toContain(`,'${name},`);
    expect(csv).toContain(',"a ""b"", c",');
    expect(csv).toContain(',"line\nbreak",');
    expect(csv).toContain(",abc,");
  });

  it("reads from the database no faster than the client reads the response", async () => {
    const { ledger } = await collected();
    ledger.statements.length = 0;
    const body = (await get(ledger, `/export/lineups.ndjson?${RANGE}`)).body?.getReader();
    await body?.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const begun = ledger.statements.length;
    expect(begun).toBeLessThanOrEqual(7);
    await body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ledger.statements.length).toBe(begun);
  });

  it.each([
    ["csv", /^# error: the export failed; the server's log has details under request id [0-9a-f-]{36}$/],
    ["ndjson", /^\{"error":\{"message":"the export failed; .*"\}\}$/],
  ])("reports a failed export in its last line (format %s)", async (format, last) => {
    const { ledger } = await collected();
    await ledger.db.write([sql`drop table lineup_changes`, sql`drop table daily_lineups`]);
    const text = await (await get(ledger, `/export/lineups.${format}?${RANGE}`)).text();
    expect(text.trim().split("\n").at(-1)?.trim()).toMatch(last);
    expect(text).not.toContain("daily_lineups");
  });

  it.each([
    ["/export/lineups.csv?start=2025-04-01&end=2025-04-02", 400, "league is missing; allowed: league, start and end"],
    [
      "/export/lineups.csv?league=x&start=2025-04-31&end=2025-05-02",
      400,
      "start is not a date that exists; allowed: YYYY-MM-DD",
    ],
    [
      "/export/lineups.csv?league=x&start=2025-04-03&end=2025-04-02",
      400,
      "end 2025-04-02 comes before start 2025-04-03",
    ],
    [
      "/export/lineups.csv?league=x&start=2025-04-01&end=2025-04-02&environment=STAGING",
      400,
      "environment is unknown; allowed: PRODUCTION, TEST",
    ],
    [
      "/export/lineups.csv?league=x&start=2025-04-01&end=2025-04-02&limit=3",
      400,
      "is unknown; allowed: league, start, end, team, environment",
    ],
    ["/export/lineups.xml?league=x", 404, "allowed: /export/lineups.csv, /export/lineups.ndjson"],
  ])("refuses the invalid request %s", async (path, status, message) => {
    const ledger = await openLedger();
    const response = await get(ledger, path);
    expect(response.status).toBe(status);
    expect(JSON.stringify(await response.json())).toContain(message);
  });

  it("answers 404 for an unknown league or team, and the error names the unknown key", async () => {
    const { ledger } = await collected();
    const fault = async (query: string) => {
      const answer = await get(ledger, `/export/lineups.csv?start=2025-04-01&end=2025-04-02&${query}`);
      return [answer.status, ((await answer.json()) as any).errors[0]];
    };
    expect(await fault("league=458.l.9")).toEqual([
      404,
      { message: 'league: the ledger does not know "458.l.9"', extensions: { code: "NOT_FOUND" } },
    ]);
    const [status, { message }] = await fault("league=458.l.100&team=458.l.100.t.99");
    expect(status).toBe(404);
    expect(message).toMatch(/^team: "458.l.100.t.99" is not a team of 458.l.100; known teams: 458.l.100.t.1 /);
  });

  it("accepts only GET, and requires a token when tokens are configured", async () => {
    const ledger = await openLedger({ env: { API_TOKENS: "bob:viewer:viewer-token-01234" } });
    await storeDemoLeague(ledger);
    const range = RANGE.replace("458.l.100", "demo.l.1");
    expect((await get(ledger, `/export/lineups.csv?${RANGE}`)).status).toBe(401);
    const headers = { authorization: "Bearer viewer-token-01234" };
    expect((await get(ledger, `/export/lineups.csv?${range}`, { headers })).status).toBe(200);
    expect((await get(ledger, `/export/lineups.csv?${RANGE}`, { headers, method: "POST" })).status).toBe(405);
  });
});
