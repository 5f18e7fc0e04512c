import { describe, expect, it } from "vitest";
import { addDays, datesBetween } from "../../src/calendar.ts";
import { foldName } from "../../src/text.ts";
import { openLedger } from "../support/ledger.ts";
import { collected, END, KEY, placesOf, RANGE, START } from "../support/seasonLeague.ts";

describe("teamGrid", () => {
  it("shows one row for each slot of the roster, and the row's stretches cover each date once and match the lineups", async () => {
    const ledger = await collected();
    const { season } = ledger.yahoo;
    const teamKey = `${KEY}.t.3`;
    const { teamGrid } = await ledger.data(
      `{ teamGrid(teamKey: "${teamKey}", ${RANGE}) { team { key } start end rows { position number use stretches { start end days state player { sourceId name } } } } }`,
    );
    expect(teamGrid).toMatchObject({ team: { key: teamKey }, start: START, end: END });
    type Row = {
      position: string;
      number: number;
      use: string;
      stretches: { start: string; end: string; days: number; state: string; player: { sourceId: string } | null }[];
    };
    const rows: Row[] = teamGrid.rows;
    const roster = season.league.positions.flatMap(({ position, count }) =>
      Array.from({ length: count }, () => position),
    );
    expect(rows.map(({ position }) => position)).toEqual(roster);
    for (const { stretches } of rows) {
      const dates = stretches.flatMap(({ start, end }) => datesBetween(start, end));
      expect(dates).toEqual(datesBetween(START, END));
      for (const { start, end, days } of stretches) expect(datesBetween(start, end)).toHaveLength(days);
      // Neighbouring stretches differ in their state or player.
      for (const [i, stretch] of stretches.entries())
        expect([stretch.state, stretch.player]).not.toEqual([stretches[i - 1]?.state, stretches[i - 1]?.player]);
    }
    for (const date of datesBetween(START, END)) {
      const shown = rows.flatMap(({ position, stretches }) =>
        stretches
          .filter(({ start, end, player }) => start <= date && date <= end && player)
          .map(({ player }) => [player?.sourceId, position]),
      );
      const byId = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
      expect(shown.sort(byId)).toEqual([...placesOf(season, date, teamKey)].sort(byId));
    }
    expect(rows.some(({ stretches }) => stretches.some(({ state }) => state === "EMPTY"))).toBe(true);
    // A player who keeps his slot on the next day stays in the same row.
    const rowOf = (date: string, id: string) =>
      rows.find(({ stretches }) =>
        stretches.some(({ start, end, player }) => start <= date && date <= end && player?.sourceId === id),
      );
    for (const date of datesBetween(START, addDays(END, -1))) {
      const next = placesOf(season, addDays(date, 1), teamKey);
      for (const [id, position] of placesOf(season, date, teamKey))
        if (next.get(id) === position) expect(rowOf(addDays(date, 1), id), `${id} on ${date}`).toBe(rowOf(date, id));
    }
  });

  it("marks a date that was not collected as UNKNOWN", async () => {
    const ledger = await openLedger();
    for (const date of ["2025-04-01", "2025-04-03"]) await ledger.start(date, date);
    await ledger.work();
    const { teamGrid } = await ledger.data(
      `{ teamGrid(teamKey: "${KEY}.t.1", start: "2025-04-01", end: "2025-04-03") { rows { stretches { start end state } } } }`,
    );
    for (const { stretches } of teamGrid.rows)
      expect(stretches).toContainEqual({ start: "2025-04-02", end: "2025-04-02", state: "UNKNOWN" });
  });
});

it("teamGrid counts a player's day as healthy or injured only if the player was observed on that day itself", async () => {
  // Both dates are collected on the evening of the second day, so the lineups of the first day were not observed on the first day itself.
  const ledger = await openLedger({ now: "2025-04-02T23:00:00.000Z" });
  await ledger.start("2025-04-01", "2025-04-02");
  await ledger.work();
  const { teamGrid } = await ledger.data(
    `{ teamGrid(teamKey: "${KEY}.t.3", start: "2025-04-01", end: "2025-04-02") { rows { stretches {
        start days state player { sourceId } daysHealthy daysInjured daysNotSeen } } } }`,
  );
  const slots = ledger.yahoo.season.lineups("2025-04-02").find(({ teamKey }) => teamKey === `${KEY}.t.3`)?.slots ?? [];
  const statuses = new Map(slots.map(({ playerId, playerStatus }) => [playerId, playerStatus]));
  const filled = teamGrid.rows
    .flatMap(({ stretches }: { stretches: { days: number; player: unknown }[] }) => stretches)
    .filter(({ days, player }: { days: number; player: unknown }) => days === 2 && player !== null);
  expect(filled.length).toBeGreaterThan(10);
  for (const { player, daysHealthy, daysInjured, daysNotSeen } of filled)
    expect([daysNotSeen, daysHealthy, daysInjured], player.sourceId).toEqual(
      statuses.get(player.sourceId) === "healthy" ? [1, 1, 0] : [1, 0, 1],
    );
});

describe("rosterMoves", () => {
  it("returns the same moves for a date in a wide and in a narrow range, even if a long gap precedes the date", async () => {
    const ledger = await openLedger();
    for (const date of ["2025-03-20", "2025-05-20"]) await ledger.start(date, date);
    await ledger.work();
    const { wide, narrow } = await ledger.data(`{
      wide: rosterMoves(leagueKey: "${KEY}", start: "2025-03-20", end: "2025-05-20") { totalCount nodes { previousDate } }
      narrow: rosterMoves(leagueKey: "${KEY}", start: "2025-05-20", end: "2025-05-20") { totalCount nodes { previousDate } } }`);
    expect(wide.totalCount).toBeGreaterThan(0);
    expect(narrow).toEqual(wide);
  });

  it("compares the first date after a gap with the last date before the gap, and returns no moves for the first collected date", async () => {
    const ledger = await openLedger();
    for (const date of ["2025-04-01", "2025-04-08"]) await ledger.start(date, date);
    await ledger.work();
    const { first, later } = await ledger.data(`{
      first: rosterMoves(leagueKey: "${KEY}", start: "2025-04-01", end: "2025-04-01") { totalCount }
      later: rosterMoves(leagueKey: "${KEY}", start: "2025-04-02", end: "2025-04-10") { nodes { date previousDate } } }`);
    expect(first.totalCount).toBe(0);
    expect(later.nodes.length).toBeGreaterThan(0);
    for (const move of later.nodes) expect(move).toEqual({ date: "2025-04-08", previousDate: "2025-04-01" });
  });
});

describe("queries for a whole league", () => {
  it("sort players by days started, filter them by eligible or played position, and return the same usage as playerUsage", async () => {
    const ledger = await collected();
    const fields =
      "player { id sourceId name } daysRostered daysStarted byPosition { position days } eligiblePositions timeline { date state }";
    const { playerUsages } = await ledger.data(
      `{ playerUsages(leagueKey: "${KEY}", ${RANGE}, position: "C") { totalCount nodes { ${fields} } } }`,
    );
    const { season } = ledger.yahoo;
    const catchers = new Set(
      datesBetween(START, END).flatMap((date) =>
        season
          .lineups(date)
          .flatMap(({ slots }) =>
            slots
              .filter((slot) => slot.eligiblePositions.includes("C") || slot.selectedPosition === "C")
              .map(({ playerId }) => playerId),
          ),
      ),
    );
    expect(playerUsages.totalCount).toBe(catchers.size);
    const days = playerUsages.nodes.map(({ daysStarted }: { daysStarted: number }) => daysStarted);
    expect(days).toEqual(days.toSorted((a: number, b: number) => b - a));
    const [first] = playerUsages.nodes;
    const { playerUsage, many } = await ledger.data(
      `query ($id: String!) { playerUsage(leagueKey: "${KEY}", playerId: $id, ${RANGE}) { ${fields} }
        many: playerUsages(leagueKey: "${KEY}", ${RANGE}, playerIds: [$id, "nobody"]) { nodes { ${fields} } } }`,
      { id: first.player.id },
    );
    expect(playerUsage).toEqual(first);
    expect(many.nodes).toEqual([first]);
  });
});

it("playerUsages accepts the league's positions in upper or lower case, and lists the allowed positions in the error for an unknown position", async () => {
  const ledger = await collected();
  const count = async (position: string) =>
    (await ledger.data(`{ playerUsages(leagueKey: "${KEY}", ${RANGE}, position: "${position}") { totalCount } }`))
      .playerUsages.totalCount;
  expect(await count("util")).toBe(await count("Util"));
  expect(await count("c")).toBeGreaterThan(10);
  const { errors } = await ledger.ask(`{ playerUsages(leagueKey: "${KEY}", ${RANGE}, position: "QB") { totalCount } }`);
  expect(errors?.[0]).toMatchObject({
    message: expect.stringMatching(/^position: "QB" is not a position of this league; allowed: C, 1B, .*BN, IL, NA/),
    extensions: { code: "BAD_USER_INPUT" },
  });
});

describe("players", () => {
  it("are sorted by name regardless of accents, and a blank search returns all players", async () => {
    const ledger = await collected();
    const names: string[] = [];
    let total = 0;
    for (let after: string | null = null, goesOn = true; goesOn; ) {
      const { playersConnection: page }: Record<string, any> = await ledger.data(
        `query ($after: String) { playersConnection(leagueKey: "${KEY}", search: " ", first: 100, after: $after) { totalCount nodes { name } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      names.push(...page.nodes.map(({ name }: { name: string }) => name));
      total = page.totalCount;
      ({ hasNextPage: goesOn, endCursor: after } = page.pageInfo);
    }
    expect(names).toHaveLength(total);
    const folded = names.map((name) => foldName(name));
    expect(folded).toEqual(folded.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    expect(names.findIndex((name) => name.startsWith("Émile"))).toBeLessThan(
      names.findIndex((name) => name.startsWith("Félix")),
    );
  });

  it("have the club and positions from their newest lineup, and list their seasons", async () => {
    const ledger = await collected();
    const { season } = ledger.yahoo;
    const { playersConnection } = await ledger.data(
      `{ playersConnection(leagueKey: "${KEY}", first: 5) { totalCount nodes { id sourceId name club positions lastSeen seasons } } }`,
    );
    expect(playersConnection.totalCount).toBeGreaterThan(200);
    for (const shown of playersConnection.nodes) {
      const slot = season
        .lineups(shown.lastSeen)
        .flatMap(({ slots }) => slots)
        .find(({ playerId }) => playerId === shown.sourceId);
      expect(shown).toMatchObject({
        name: slot?.playerName,
        club: slot?.playerTeam,
        positions: slot?.eligiblePositions,
        seasons: [2025],
      });
      const { player } = await ledger.data(`query ($id: ID!) { player(id: $id) { id name club } }`, { id: shown.id });
      expect(player).toEqual({ id: shown.id, name: shown.name, club: shown.club });
    }
    expect(await ledger.data('{ player(id: "player.YAHOO.mlb.0") { id } none: player(id: "x") { id } }')).toEqual({
      player: null,
      none: null,
    });
  });
});

it("coverage and lineupChanges refuse a range that ends before it starts", async () => {
  const ledger = await collected();
  for (const field of [
    `league(key: "${KEY}") { coverage(start: "2025-05-02", end: "2025-05-01") { percent } }`,
    `lineupChanges(leagueKey: "${KEY}", start: "2025-05-02", end: "2025-05-01") { cursor }`,
  ])
    expect((await ledger.ask(`{ ${field} }`)).errors?.[0]).toMatchObject({
      message: expect.stringContaining("end 2025-05-01 comes before start 2025-05-02"),
      extensions: { code: "BAD_USER_INPUT" },
    });
});

describe("coverage cells", () => {
  it("contain the job and time of the date's collection, the counts of stored teams and players, and the active job", async () => {
    const ledger = await openLedger();
    const first = await ledger.start("2025-04-01", "2025-04-02");
    await ledger.work();
    await ledger.data(
      `mutation { waiveDates(leagueKey: "${KEY}", dates: ["2025-04-04"], reason: "no") { coverage { percent } } }`,
    );
    const second = await ledger.start("2025-04-02", "2025-04-03");
    const { league } = await ledger.data(
      `{ league(key: "${KEY}") { coverage(start: "2025-04-01", end: "2025-04-04") { cells {
        date state by updatedAt jobId job { id } teams teamsExpected players activeStatus activeJob { id } } } } }`,
    );
    const at = "2025-06-01T16:00:00.000Z";
    const held = { teams: 12, teamsExpected: 12, players: 312 };
    const none = { teams: 0, teamsExpected: 12, players: 0 };
    const idle = { activeStatus: null, activeJob: null };
    const queued = { activeStatus: "PENDING", activeJob: { id: second } };
    const by = {
      state: "COMPLETE",
      by: null,
      updatedAt: expect.stringMatching(/^2025-06-01T16:0/),
      jobId: first,
      job: { id: first },
    };
    expect(league.coverage.cells).toEqual([
      { date: "2025-04-01", ...by, ...held, ...idle },
      { date: "2025-04-02", ...by, ...held, ...queued },
      { date: "2025-04-03", state: "MISSING", by: null, updatedAt: null, jobId: null, job: null, ...none, ...queued },
      {
        date: "2025-04-04",
        state: "WAIVED",
        by: "anonymous",
        updatedAt: expect.stringMatching(at.slice(0, 14)),
        jobId: null,
        job: null,
        ...none,
        ...idle,
      },
    ]);
  });
});
