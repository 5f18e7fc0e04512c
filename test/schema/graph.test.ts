import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { withFirstPlayerMoved } from "../support/season.ts";

const KEY = "458.l.100";

async function collected(): Promise<{ ledger: Ledger; jobId: string }> {
  const ledger = await openLedger();
  const jobId = await ledger.start("2025-04-01", "2025-04-03");
  await ledger.work();
  return { ledger, jobId };
}

describe("queries by id", () => {
  it("return every kind of object, and no two objects have the same id", async () => {
    const { ledger, jobId } = await collected();
    const { createSchedule } = await ledger.data(
      `mutation { createSchedule(input: { name: "s", leagueKey: "${KEY}", cron: "0 6 * * *" }) { schedule { id } } }`,
    );
    const { lineup, league } = await ledger.data(`{
      lineup(teamKey: "${KEY}.t.3", date: "2025-04-01") { id slots { player { id sourceId name } } }
      league(key: "${KEY}") { id teams { id } } }`);
    const player = lineup.slots[0].player;
    expect(player.id).toBe(`player.YAHOO.mlb.${player.sourceId}`);
    const ids = [lineup.id, league.id, league.teams[0].id, player.id, jobId, createSchedule.schedule.id];
    expect(new Set(ids).size).toBe(ids.length);
    const { nodes } = await ledger.data(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Player { name } ... on Lineup { date team { key } }
        ... on Team { league { key } } ... on Job { status of: league { name } } ... on Schedule { name } } }`,
      { ids: [...ids, "nothing", "player.YAHOO.mlb.0", "lineup.PRODUCTION.2025-04-31.x"] },
    );
    expect(nodes).toEqual([
      { __typename: "Lineup", id: lineup.id, date: "2025-04-01", team: { key: `${KEY}.t.3` } },
      { __typename: "League", id: KEY },
      { __typename: "Team", id: `${KEY}.t.1`, league: { key: KEY } },
      { __typename: "Player", id: player.id, name: player.name },
      { __typename: "Job", id: jobId, status: "COMPLETED", of: { name: "Made League" } },
      { __typename: "Schedule", id: createSchedule.schedule.id, name: "s" },
      null,
      null,
      null,
    ]);
    expect((await ledger.data(`{ node(id: "${player.id}") { id ... on Player { sourceId } } }`)).node).toEqual({
      id: player.id,
      sourceId: player.sourceId,
    });
    // The player is on no team in the environment TEST.
    expect((await ledger.data(`{ node(id: "TEST:${player.id}") { id } }`)).node).toBeNull();
  });

  it("distinguish players with the same number if their leagues have different sources", async () => {
    const { ledger } = await collected();
    const demo = await ledger.data(
      'mutation { startCollection(input: { leagueKey: "demo.l.1", start: "2025-04-01", end: "2025-04-01" }) { job { id } } }',
    );
    expect(demo.startCollection.job.id).toBeTruthy();
    await ledger.work();
    const { yahoo, demo: other } = await ledger.data(`{
      yahoo: lineup(teamKey: "${KEY}.t.3", date: "2025-04-01") { slots { player { id sourceId } } }
      demo: lineup(teamKey: "demo.l.1.t.3", date: "2025-04-01") { slots { player { id sourceId } } } }`);
    expect(other.slots[0].player.sourceId).toBe(yahoo.slots[0].player.sourceId);
    expect(other.slots[0].player.id).not.toBe(yahoo.slots[0].player.id);
  });

  it("refuse more than 250 ids at once", async () => {
    const ledger = await openLedger();
    const ask = (length: number) =>
      ledger.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: Array.from({ length }, String) });
    expect(await ask(250)).toEqual({ data: { nodes: Array(250).fill(null) } });
    expect(await ask(251)).toMatchObject({
      errors: [{ message: expect.stringContaining("ids: expected 1 to 250 ids, got 251") }],
    });
  });
});

it("playerUsage accepts both a player's id in the ledger and the player's number in the source", async () => {
  const { ledger } = await collected();
  const usage = (playerId: string) =>
    ledger.data(
      `query ($playerId: String!) { playerUsage(leagueKey: "${KEY}", playerId: $playerId, start: "2025-04-01", end: "2025-04-03") {
        player { id sourceId } daysRostered } }`,
      { playerId },
    );
  const { players } = await ledger.data(`{ players(leagueKey: "${KEY}", search: "a", first: 1) { id sourceId } }`);
  const byId = await usage(players[0].id);
  expect(byId.playerUsage).toMatchObject({ player: players[0], daysRostered: 3 });
  expect(await usage(players[0].sourceId)).toEqual(byId);
});

it("playerUsage and playerUsages return nothing for a player id whose source or sport is not the league's", async () => {
  const { ledger } = await collected();
  const { players } = await ledger.data(`{ players(leagueKey: "${KEY}", search: "a", first: 1) { id sourceId } }`);
  const range = 'start: "2025-04-01", end: "2025-04-03"';
  for (const id of [`player.ESPN.mlb.${players[0].sourceId}`, `player.YAHOO.nba.${players[0].sourceId}`])
    expect(
      await ledger.data(
        `query ($id: String!) { playerUsage(leagueKey: "${KEY}", playerId: $id, ${range}) { daysRostered }
          playerUsages(leagueKey: "${KEY}", playerIds: [$id], ${range}) { totalCount } }`,
        { id },
      ),
    ).toEqual({ playerUsage: null, playerUsages: { totalCount: 0 } });
});

describe("links between objects", () => {
  it("lead from a lineup to the job that stored it, and from a job to its league and schedule", async () => {
    const { ledger, jobId } = await collected();
    const { createSchedule } = await ledger.data(
      `mutation { createSchedule(input: { name: "s", leagueKey: "${KEY}", cron: "0 6 * * *" }) { schedule { id } } }`,
    );
    const { id } = createSchedule.schedule;
    const { triggerSchedule } = await ledger.data(`mutation { triggerSchedule(id: "${id}") { job { id } } }`);
    await ledger.work();
    const { lineup, job, triggered } = await ledger.data(
      `query ($triggered: ID!) {
        lineup(teamKey: "${KEY}.t.3", date: "2025-04-01") { job { id startedBy } slots { job { id } } team { league { key } } }
        job(id: "${jobId}") { league { key name } schedule { id } startedBy }
        triggered: job(id: $triggered) { schedule { id name } startedBy } }`,
      { triggered: triggerSchedule.job.id },
    );
    expect(lineup).toMatchObject({ job: { id: jobId, startedBy: "anonymous" }, team: { league: { key: KEY } } });
    expect(lineup.slots.every((slot: { job: { id: string } }) => slot.job.id === jobId)).toBe(true);
    expect(job).toEqual({ league: { key: KEY, name: "Made League" }, schedule: null, startedBy: "anonymous" });
    expect(triggered).toEqual({ schedule: { id, name: "s" }, startedBy: "anonymous" });
  });

  it("lead only to objects of the same environment, with that environment's ids, summaries and coverage", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-03");
    await ledger.start("2025-04-01", "2025-04-01", { environment: "TEST" });
    await ledger.work();
    const range = 'start: "2025-04-01", end: "2025-04-03"';
    const of = (environment: string) =>
      `${environment}: lineup(teamKey: "${KEY}.t.3", date: "2025-04-01", environment: ${environment}) {
        slots { player { id lastSeen } } team { id summary(${range}) { daysCollected } league { id coverage(${range}) { percent } } } }`;
    const { PRODUCTION, TEST } = await ledger.data(`{ ${of("PRODUCTION")} ${of("TEST")} }`);
    expect(PRODUCTION.team).toEqual({
      id: `${KEY}.t.3`,
      summary: { daysCollected: 3 },
      league: { id: KEY, coverage: { percent: 100 } },
    });
    expect(TEST.team).toEqual({
      id: `TEST:${KEY}.t.3`,
      summary: { daysCollected: 1 },
      league: { id: `TEST:${KEY}`, coverage: { percent: expect.closeTo(100 / 3) } },
    });
    expect(TEST.slots[0].player.id).toBe(`TEST:${PRODUCTION.slots[0].player.id}`);
    const ids = [TEST.team.id, TEST.team.league.id, TEST.slots[0].player.id];
    const { nodes } = await ledger.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids });
    expect(nodes).toEqual(ids.map((id) => ({ id })));
  });

  it("are read again after each mutation if one document contains several mutations", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const state = "{ job { status progress { status } checkpoint { status } } }";
    const { a, b, c } = await ledger.data(
      `mutation { a: pauseCollection(jobId: "${id}") ${state} b: resumeCollection(jobId: "${id}") ${state} c: cancelCollection(jobId: "${id}") ${state} }`,
    );
    const all = (status: string) => ({ job: { status, progress: { status }, checkpoint: { status } } });
    expect([a, b]).toEqual([all("PAUSED"), all("QUEUED")]);
    expect(c.job).toMatchObject({ status: "CANCELLED", progress: { status: "CANCELLED" } });
    const { first, second } = await ledger.data(
      `mutation { first: addLeague(key: "${KEY}") { schedules { name } }
        createSchedule(input: { name: "new", leagueKey: "${KEY}", cron: "0 6 * * *" }) { schedule { id } }
        second: addLeague(key: "${KEY}") { schedules { name } } }`,
    );
    expect([first.schedules, second.schedules]).toEqual([[], [{ name: "new" }]]);
  });

  it("need the same small number of SQL statements for any number of objects", async () => {
    const { ledger } = await collected();
    const count = async (end: string) => {
      const before = ledger.statements.length;
      await ledger.data(`{ lineups(leagueKey: "${KEY}", start: "2025-04-01", end: "${end}", first: 40) { nodes {
        id job { id league { id } } team { id league { id } } slots { player { id } } } } }`);
      return ledger.statements.length - before;
    };
    const one = await count("2025-04-01");
    expect(one).toBeLessThanOrEqual(7);
    expect(await count("2025-04-03")).toBe(one);
  });

  it("are read in batches, so the number of SQL statements does not depend on the length of a list", async () => {
    const ledger = await openLedger();
    const range = 'start: "2025-04-01", end: "2025-04-03"';
    for (const league of ["458.l.100", "demo.l.1"])
      await ledger.start("2025-04-01", "2025-04-03", { leagueKey: league });
    await ledger.work();
    await ledger.data("mutation { startVerification(input: {}) { jobs { id } } }");
    await ledger.work();
    const cost = async (document: string) => {
      const before = ledger.statements.length;
      await ledger.data(document);
      return ledger.statements.length - before;
    };
    // Each function makes a document whose outer list has `n` entries.
    const inner = 'start: "2025-04-01", end: "2025-04-01"';
    const documents: ((n: number) => string)[] = [
      (
        n,
      ) => `{ jobs(first: ${n}) { nodes { league { name } schedule { name } dates { date } checkpoint { currentDate } progress { percent }
        events(first: 3) { totalCount pageInfo { hasPreviousPage } nodes { type } } report { errors findings(first: 3) { code } } } } }`,
      (n) =>
        `{ lineups(leagueKey: "${KEY}", ${range}, first: ${n}) { nodes { job { id } slots { player { id club positions seasons } } } } }`,
      (
        n,
      ) => `{ lineups(leagueKey: "${KEY}", ${range}, first: ${n}) { nodes { team { league { name } summary(${range}) { playersUsed }
        lineups(${inner}, first: 2) { totalCount pageInfo { hasNextPage hasPreviousPage } nodes { slots { selectedPosition } } } } } } }`,
      (n) =>
        `{ playersConnection(leagueKey: "${KEY}", first: ${n}) { nodes { club positions seasons lastSeen usage(leagueKey: "${KEY}", ${inner}) { daysStarted } } } }`,
      (n) =>
        `{ playerUsages(leagueKey: "${KEY}", ${range}, first: ${n}) { nodes { daysStarted timeline { date team { name } } } } }`,
    ];
    for (const document of documents) {
      const one = await cost(document(1));
      expect([await cost(document(2)), await cost(document(4))], document(1)).toEqual([one, one]);
    }
    // A query for both leagues needs as many statements as the query for the more expensive league alone.
    for (const fields of [
      "coverage { percent } previousSeasons { key } teams { key }",
      "schedules { name decisions(first: 2) { outcome } }",
      "players(first: 2) { totalCount pageInfo { hasNextPage hasPreviousPage } nodes { name } }",
      "schedules { decisionsConnection(first: 2) { totalCount nodes { outcome } } }",
      `jobs(first: 2) { totalCount nodes { id } } lineups(${inner}, first: 2) { nodes { id } }`,
    ]) {
      const of = (...ids: string[]) => cost(`{ nodes(ids: ${JSON.stringify(ids)}) { ... on League { ${fields} } } }`);
      const alone = [await of("demo.l.1"), await of(KEY)];
      expect(await of("demo.l.1", KEY), fields).toBe(Math.max(...alone));
    }
  });

  it("lead from a lineup change to the job that made it and to the job that stored the earlier lineup", async () => {
    const { ledger, jobId } = await collected();
    ledger.yahoo.season = withFirstPlayerMoved(ledger.yahoo.season, (teamKey) => teamKey.endsWith(".t.3"));
    await ledger.clock.advance(1000);
    const again = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const { lineupChanges } = await ledger.data(
      `{ lineupChanges(leagueKey: "${KEY}") { changes { player { id } job { id } previousJob { id } } } }`,
    );
    expect(lineupChanges.changes).toMatchObject([{ job: { id: again }, previousJob: { id: jobId } }]);
    expect(lineupChanges.changes[0].player.id).toMatch(/^player\.YAHOO\.mlb\.\d+$/);
  });
});

describe("fields of a league, team or player", () => {
  it("return jobs, lineups, summaries, usage and schedules of the environment through which the object was reached", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-03", { environment: "TEST", leagueKey: "mlb.l.100" });
    await ledger.work();
    await ledger.data(
      `mutation { createSchedule(input: { name: "by alias", leagueKey: "mlb.l.100", cron: "0 6 * * *", environment: TEST }) { schedule { id } } }`,
    );
    const range = 'start: "2025-04-01", end: "2025-04-03"';
    const reach = (fields: string) =>
      ledger
        .data(`{ jobs(environment: TEST, first: 1) { nodes { league { ${fields} } } } }`)
        .then(({ jobs }) => jobs.nodes[0].league);
    expect(
      await reach(`jobs(first: 1) { totalCount } schedules { name } lineups(${range}, first: 1) { totalCount }`),
    ).toEqual({
      jobs: { totalCount: 1 },
      schedules: [{ name: "by alias" }],
      lineups: { totalCount: 36 },
    });
    const { teams } = await reach(
      `teams { lineups(${range}, first: 1) { totalCount } summary(${range}) { daysCollected } }`,
    );
    expect(teams).toEqual(teams.map(() => ({ lineups: { totalCount: 3 }, summary: { daysCollected: 3 } })));
    expect(teams).toHaveLength(12);
    const { lineup } = await ledger.data(
      `{ lineup(teamKey: "${KEY}.t.3", date: "2025-04-01", environment: TEST) { team { lineups(${range}, first: 1) { totalCount } }
        slots { player { usage(leagueKey: "${KEY}", ${range}) { daysRostered } } } } }`,
    );
    expect(lineup.team.lineups.totalCount).toBe(3);
    for (const { player } of lineup.slots) expect(player.usage.daysRostered).toBeGreaterThan(0);
    const { teamSummaries, playerUsages, node } = await ledger.data(
      `{ teamSummaries(leagueKey: "${KEY}", ${range}, environment: TEST) { team { lineups(${range}, first: 1) { totalCount } } }
        playerUsages(leagueKey: "${KEY}", ${range}, environment: TEST, first: 1) { nodes { timeline { team { lineups(${range}, first: 1) { totalCount } } } } }
        node(id: "TEST:${KEY}.t.3") { ... on Team { id lineups(${range}, first: 1) { totalCount } league { jobs { totalCount } } } } }`,
    );
    const three = { lineups: { totalCount: 3 } };
    expect(teamSummaries[0].team).toEqual(three);
    expect(playerUsages.nodes[0].timeline[0].team).toEqual(three);
    expect(node).toEqual({ id: `TEST:${KEY}.t.3`, ...three, league: { jobs: { totalCount: 1 } } });
    // A league that is queried directly shows the environment PRODUCTION, unless the client names another environment.
    const { league: own } = await ledger.data(
      `{ league(key: "${KEY}") { jobs { totalCount } test: jobs(environment: TEST) { totalCount } lineups(${range}) { totalCount } schedules { name } } }`,
    );
    expect(own).toEqual({
      jobs: { totalCount: 0 },
      test: { totalCount: 1 },
      lineups: { totalCount: 0 },
      schedules: [],
    });
  });

  it("return a league's known previous seasons, newest first", async () => {
    const ledger = await openLedger();
    await ledger.data(`mutation { addLeague(key: "${KEY}") { key } }`);
    const link = async (key: string, season: number, previous: string | null) =>
      ledger.db.write([
        sql`insert into leagues (key, source, sport, season, name, start_date, end_date, positions, previous_key, fetched_at)
            values (${key}, 'YAHOO', 'mlb', ${season}, 'Made League', ${`${season}-04-01`}, ${`${season}-09-30`}, '[]', ${previous}, 0)`,
      ]);
    await link("431.l.7", 2024, "422.l.8");
    await link("422.l.8", 2023, "412.l.9");
    const { league } = await ledger.data(`{ league(key: "${KEY}") { previousSeasons { key season } } }`);
    expect(league.previousSeasons).toEqual([
      { key: "431.l.7", season: 2024 },
      { key: "422.l.8", season: 2023 },
    ]);
  });
});
