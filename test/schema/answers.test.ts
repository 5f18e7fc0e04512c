import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { datesBetween } from "../../src/calendar.ts";
import { requestRate } from "../../src/source/sources.ts";
import { BACKFILL, coverage, KEY, rosters, UPDATE } from "../support/answersLeague.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

describe("coverage", () => {
  it("has a state for every date of the season, and joins consecutive dates with the same state into one range", async () => {
    // It is 22:00 Pacific time on June 1st, so June 1st is not over.
    const ledger = await openLedger({ now: "2025-06-02T05:00:00.000Z" });
    const season = madeSeason();
    ledger.yahoo.season = { ...season, lineups: (date) => (date === "2025-05-27" ? [] : season.lineups(date)) };
    ledger.yahoo.fault = (path) =>
      path.endsWith("2025-05-29") || path.includes(".t.12/roster;date=2025-05-30")
        ? { status: 500, body: "" }
        : path.includes("/teams/roster;date=2025-05-30")
          ? { status: 400, body: "{}" }
          : null;
    await ledger.start("2025-05-25", "2025-06-01");
    await ledger.work();
    const waived = await ledger.data(
      `mutation { waiveDates(leagueKey: "${KEY}", dates: ["2025-05-23", "2025-05-24"], reason: "Before we joined") { coverage { counts { state dates } } } }`,
    );
    expect(waived.waiveDates.coverage.counts).toContainEqual({ state: "WAIVED", dates: 2 });
    expect((await coverage(ledger)).ranges).toEqual([
      { start: "2025-03-18", end: "2025-05-22", state: "MISSING", reason: "Never collected" },
      { start: "2025-05-23", end: "2025-05-24", state: "WAIVED", reason: "Before we joined" },
      { start: "2025-05-25", end: "2025-05-26", state: "COMPLETE", reason: null },
      {
        start: "2025-05-27",
        end: "2025-05-27",
        state: "PROVISIONAL",
        reason: "The source shows no lineups for 2025-05-27, but it has some for 2025-05-26",
      },
      { start: "2025-05-28", end: "2025-05-28", state: "COMPLETE", reason: null },
      { start: "2025-05-29", end: "2025-05-29", state: "FAILED", reason: "Yahoo answered with status 500" },
      { start: "2025-05-30", end: "2025-05-30", state: "PARTIAL", reason: "Yahoo answered with status 500" },
      { start: "2025-05-31", end: "2025-05-31", state: "COMPLETE", reason: null },
      { start: "2025-06-01", end: "2025-06-01", state: "PROVISIONAL", reason: "Collected before the day was over" },
      { start: "2025-06-02", end: "2025-09-28", state: "NOT_YET", reason: "In the future" },
    ]);
    const part = await coverage(ledger, '(start: "2025-05-25", end: "2025-06-05")');
    expect(part).toMatchObject({ start: "2025-05-25", end: "2025-06-05", missingDates: ["2025-05-29", "2025-05-30"] });
    // Seven dates are due, and four of them are complete. Today is not due yet.
    expect(part.percent).toBeCloseTo((4 / 7) * 100, 6);
    expect(await coverage(ledger, '(environment: TEST, start: "2025-05-25", end: "2025-05-26")')).toMatchObject({
      percent: 0,
      missingDates: ["2025-05-25", "2025-05-26"],
    });
  });

  it.each([
    ["2025-04-02T09:59:00Z", "PROVISIONAL"],
    ["2025-04-02T10:00:00Z", "COMPLETE"],
  ])("of 2025-04-01 after a collection at %s is %s", async (now, state) => {
    const ledger = await openLedger({ now });
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    expect((await coverage(ledger, '(start: "2025-04-01", end: "2025-04-01")')).ranges).toMatchObject([{ state }]);
  });

  it.each([
    ['dates: ["2025-04-01"], reason: "x"', "Cannot waive 2025-04-01: already collected"],
    ['dates: ["2025-06-02"], reason: "x"', "in the future"],
    ['dates: ["2025-03-17"], reason: "x"', ": the 2025 season lasts from 2025-03-18 to 2025-09-28"],
    ['dates: [], reason: "x"', "expected at least one date"],
    ['dates: ["2025-04-02"], reason: " "', "expected a reason of 1 to 500 characters"],
  ])("refuses the mutation waiveDates(%s)", async (args, message) => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const { errors } = await ledger.ask(
      `mutation { waiveDates(leagueKey: "${KEY}", ${args}) { coverage { percent } } }`,
    );
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: "BAD_USER_INPUT" },
    });
  });

  it("excludes a waived date from onlyMissing jobs, and shows the date as COMPLETE once another job has collected it", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    await ledger.data(
      `mutation { waiveDates(leagueKey: "${KEY}", dates: ["2025-04-02"], reason: "no") { coverage { percent } } }`,
    );
    await ledger.start("2025-04-01", "2025-04-03", { onlyMissing: true });
    await ledger.work();
    expect(rosters(ledger)).toEqual(["2025-04-01", "2025-04-03"]);
    await ledger.start("2025-04-02", "2025-04-02");
    await ledger.work();
    expect((await coverage(ledger, '(start: "2025-04-01", end: "2025-04-03")')).ranges).toMatchObject([
      { start: "2025-04-01", end: "2025-04-03", state: "COMPLETE" },
    ]);
  });
});

describe("startUpdate()", () => {
  const update = async (ledger: Ledger, input: object = {}) =>
    (await ledger.data(UPDATE, { input: { leagueKey: KEY, ...input } })).startUpdate;

  it("collects missing and provisional dates within the lookback period, and collects the last two final dates again", async () => {
    const ledger = await openLedger({ now: "2025-06-01T20:00:00Z" });
    const { job } = await update(ledger, { lookbackDays: 4 });
    expect(job).toMatchObject({ kind: "UPDATE", startDate: "2025-05-28", endDate: "2025-06-01" });
    expect(job.id).toMatch(/^lineup_update_production_/);
    await ledger.work();
    expect(rosters(ledger)).toEqual(["2025-05-28", "2025-05-29", "2025-05-30", "2025-05-31", "2025-06-01"]);

    ledger.yahoo.requests.length = 0;
    ledger.clock.set("2025-06-02T20:00:00Z");
    await update(ledger, { lookbackDays: 4 });
    await ledger.work();
    expect(rosters(ledger)).toEqual(["2025-05-30", "2025-05-31", "2025-06-01", "2025-06-02"]);
    expect((await coverage(ledger, '(start: "2025-05-28", end: "2025-06-02")')).counts).toEqual([
      { state: "PROVISIONAL", dates: 1 },
      { state: "COMPLETE", dates: 5 },
    ]);
  });

  it("completes a job that has no dates to collect, and gives the reason in the job's last event", async () => {
    const ledger = await openLedger({ now: "2025-12-01T20:00:00Z" });
    const { job } = await update(ledger);
    await ledger.work();
    expect(await ledger.job(job.id)).toMatchObject({ status: "COMPLETED", progress: { datesTotal: 0 } });
    expect(rosters(ledger)).toEqual([]);
    const { jobEvents } = await ledger.data(`{ jobEvents(jobId: "${job.id}") { events { message } } }`);
    expect(jobEvents.events.at(-1).message).toBe("Nothing to do: no date of the range has to be collected");
  });

  it.each([0, 31])("refuses lookbackDays: %i", async (lookbackDays) => {
    const { errors } = await (await openLedger()).ask(UPDATE, { input: { leagueKey: KEY, lookbackDays } });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(`from 1 to 30, got ${lookbackDays}`),
      extensions: { code: "BAD_USER_INPUT" },
    });
  });
});

describe("backfill", () => {
  it("covers a season from the first day to the last day or today, whichever is earlier, and collects no complete date twice", async () => {
    const ledger = await openLedger({
      season: madeSeason(KEY, { startDate: "2025-03-28", endDate: "2025-04-02" }),
      now: "2025-04-01T20:00:00Z",
    });
    const { startBackfill } = await ledger.data(BACKFILL, { input: { leagueKey: KEY, idempotencyKey: "k" } });
    expect(startBackfill.jobs).toMatchObject([{ kind: "BACKFILL", startDate: "2025-03-28", endDate: "2025-04-01" }]);
    expect(
      (await ledger.data(BACKFILL, { input: { leagueKey: KEY, idempotencyKey: "k" } })).startBackfill,
    ).toMatchObject({ created: false, job: startBackfill.job });
    await ledger.work();
    ledger.yahoo.requests.length = 0;
    ledger.clock.set("2025-05-01T20:00:00Z");
    const again = await ledger.data(BACKFILL, { input: { leagueKey: KEY } });
    expect(again.startBackfill.jobs).toMatchObject([{ startDate: "2025-03-28", endDate: "2025-04-02" }]);
    await ledger.work();
    expect(rosters(ledger)).toEqual(["2025-04-01", "2025-04-02"]);
  });

  it("plans the available seasons, and reports each season that the source refuses, with the reason", async () => {
    const ledger = await openLedger({ season: madeSeason(KEY, { startDate: "2025-03-28", endDate: "2025-03-30" }) });
    ledger.yahoo.fault = (path) =>
      path.includes("431.l.7")
        ? {
            status: 403,
            body: '{"error":{"description":"You are not allowed to view this page because you are not in this league."}}',
          }
        : null;
    const { backfillPlan } = await ledger.data(
      `{ backfillPlan(input: { leagueKey: "${KEY}", allSeasons: true }) { seasons { leagueKey season plan { datesToCollect } } refused { leagueKey code message } } }`,
    );
    expect(backfillPlan).toEqual({
      seasons: [{ leagueKey: KEY, season: 2025, plan: { datesToCollect: 3 } }],
      refused: [
        {
          leagueKey: "431.l.7",
          code: "LEAGUE_PRIVATE",
          message: expect.stringMatching(/^Cannot collect the season of 431.l.7: /),
        },
      ],
    });
  });

  it("starts one job for the season and one for each requested previous season to which the source links", async () => {
    const ledger = await openLedger({ season: madeSeason(KEY, { startDate: "2025-03-28", endDate: "2025-03-30" }) });
    const before = { "431.l.7": "422.l.3", "422.l.3": null } as Record<string, string | null>;
    const earlier = (key: string, year: number) => {
      const season = madeSeason(key, { startDate: `${year}-03-28`, endDate: `${year}-03-30` });
      return { ...season, league: { ...season.league, season: year, previousKey: before[key] ?? null } };
    };
    const seasons = [ledger.yahoo.season, earlier("431.l.7", 2024), earlier("422.l.3", 2023)];
    ledger.yahoo.seasons = seasons;
    const { startBackfill } = await ledger.data(BACKFILL, { input: { leagueKey: KEY, previousSeasons: 2 } });
    expect(startBackfill.jobs).toMatchObject([
      { leagueKey: KEY, startDate: "2025-03-28" },
      { leagueKey: "431.l.7", startDate: "2024-03-28" },
      { leagueKey: "422.l.3", startDate: "2023-03-28", endDate: "2023-03-30" },
    ]);
    await ledger.work();
    const { leagues, league } = await ledger.data(
      `{ leagues { key season coverage { percent } } league(key: "${KEY}") { previousSeasonKey previousSeason { season previousSeason { season previousSeason { key } } } } }`,
    );
    expect(leagues).toHaveLength(3);
    expect(leagues.every((each: { coverage: { percent: number } }) => each.coverage.percent === 100)).toBe(true);
    expect(league).toEqual({
      previousSeasonKey: "431.l.7",
      previousSeason: { season: 2024, previousSeason: { season: 2023, previousSeason: null } },
    });
    const taken = await ledger.start("2024-03-28", "2024-03-28", { leagueKey: "431.l.7" });
    const refused = await ledger.ask(BACKFILL, { input: { leagueKey: KEY, previousSeasons: 2 } });
    expect(refused.errors?.[0]?.extensions).toEqual({ code: "JOB_OVERLAP", jobId: taken });
    expect((await ledger.data("{ jobs(kind: [BACKFILL]) { totalCount } }")).jobs.totalCount).toBe(3);
    const { errors } = await ledger.ask(BACKFILL, { input: { leagueKey: KEY, previousSeasons: 3 } });
    expect(errors?.[0]?.message).toBe(
      `Cannot find 3 seasons before ${KEY}: only 2 previous seasons are linked, back to 422.l.3 of 2023`,
    );
  });
});

describe("collectionPlan", () => {
  const PLAN =
    "query ($input: StartCollectionInput!) { collectionPlan(input: $input) { datesToCollect requests estimatedSeconds dates { date action state reason } } }";
  it("predicts, for each date, what startCollection will do with the same input", async () => {
    const ledger = await openLedger({ env: { REQUESTS_PER_SECOND: "2" }, now: "2025-06-01T20:00:00Z" });
    ledger.yahoo.fault = (path) => (path.endsWith("2025-05-30") ? { status: 500, body: "" } : null);
    await ledger.start("2025-05-29", "2025-06-01");
    await ledger.work();
    await ledger.data(
      `mutation { waiveDates(leagueKey: "${KEY}", dates: ["2025-05-28"], reason: "no") { coverage { percent } } }`,
    );
    ledger.yahoo.requests.length = 0;
    for (const onlyMissing of [true, false]) {
      const input = { leagueKey: KEY, start: "2025-05-27", end: "2025-06-01", onlyMissing };
      const { collectionPlan: plan } = await ledger.data(PLAN, { input });
      expect(ledger.yahoo.requests).toEqual([]);
      if (onlyMissing) {
        expect(plan.dates).toEqual([
          { date: "2025-05-27", action: "COLLECT", state: "MISSING", reason: "Never collected" },
          { date: "2025-05-28", action: "SKIP", state: "WAIVED", reason: "Waived: no" },
          { date: "2025-05-29", action: "SKIP", state: "COMPLETE", reason: "Already complete and final" },
          { date: "2025-05-30", action: "COLLECT", state: "FAILED", reason: "Yahoo answered with status 500" },
          { date: "2025-05-31", action: "SKIP", state: "COMPLETE", reason: "Already complete and final" },
          { date: "2025-06-01", action: "COLLECT", state: "PROVISIONAL", reason: "Collected before the day was over" },
        ]);
        expect(plan).toMatchObject({ datesToCollect: 3, requests: 3, estimatedSeconds: 1.5 });
      } else
        expect(plan.dates).toContainEqual({
          ...{ date: "2025-05-28", action: "COLLECT", state: "WAIVED" },
          reason: "Waived (no), but requested anyway",
        });
      ledger.yahoo.fault = () => null;
      const id = await ledger.start(input.start, input.end, { onlyMissing, environment: "PRODUCTION" });
      await ledger.work();
      const taken = (await ledger.job(id)).dates
        .filter((d: { status: string }) => d.status === "DONE")
        .map((d: { date: string }) => d.date);
      expect(taken).toEqual(
        plan.dates.filter((d: { action: string }) => d.action === "COLLECT").map((d: { date: string }) => d.date),
      );
      ledger.yahoo.requests.length = 0;
    }
  });

  it("uses the request rate of the league's own source", () => {
    const rates = ["458.l.100", "espn.flb.2025.1", "demo.l.1"].map((key) => requestRate(key, 1));
    expect(rates).toEqual([1, 2, 20]);
    expect(requestRate("demo.l.1", 0)).toBe(0);
  });

  it("asks the source about a league that the ledger does not know, and skips dates outside the league's season", async () => {
    const ledger = await openLedger();
    const { collectionPlan } = await ledger.data(PLAN, {
      input: { leagueKey: KEY, start: "2025-03-17", end: "2025-03-18" },
    });
    expect(collectionPlan.dates.map((d: { action: string; reason: string }) => [d.action, d.reason])).toEqual([
      ["SKIP", "Outside the season of 2025, 2025-03-18 to 2025-09-28"],
      ["COLLECT", "Never collected"],
    ]);
    expect(rosters(ledger)).toEqual([]);
  });
});

describe("lineupChanges", () => {
  it("returns changes in pages, newest first, and each change names the jobs that stored the old and the new lineup", async () => {
    const season = madeSeason();
    const ledger = await openLedger({ season });
    const first = await ledger.start("2025-04-01", "2025-04-03");
    await ledger.work();
    ledger.yahoo.season = {
      ...season,
      lineups: (date) =>
        season.lineups(date).map((team, i) => ({
          ...team,
          slots:
            i === 0
              ? team.slots.map((e, j) => (j < 2 ? { ...e, selectedPosition: "BN" } : e)).slice(0, -1)
              : team.slots,
        })),
    };
    const second = await ledger.start("2025-04-01", "2025-04-03", { concurrency: 1 });
    await ledger.work();
    const page = async (after: string | null, more = "") =>
      (
        await ledger.data(
          `query ($after: String) { lineupChanges(leagueKey: "${KEY}", first: 4, after: $after ${more}) { cursor hasMore changes { cursor date team { name } player { id: sourceId name } kind fromPosition toPosition previousJobId jobId } } }`,
          { after },
        )
      ).lineupChanges;
    const all: Record<string, any>[] = [];
    for (let after: string | null = null; ; ) {
      const { changes, cursor, hasMore }: { changes: Record<string, any>[]; cursor: string; hasMore: boolean } =
        await page(after);
      all.push(...changes);
      if (!hasMore) break;
      after = cursor;
    }
    const count = datesBetween("2025-04-01", "2025-04-03").reduce(
      (sum, date) =>
        sum +
        (season
          .lineups(date)[0]
          ?.slots.slice(0, 2)
          .filter((e) => e.selectedPosition !== "BN").length ?? 0) +
        1,
      0,
    );
    expect(all).toHaveLength(count);
    expect(all.map(({ date }) => date)).toEqual(
      all
        .map(({ date }) => date)
        .sort()
        .reverse(),
    );
    expect(all.every(({ previousJobId, jobId }) => previousJobId === first && jobId === second)).toBe(true);
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["MOVED", "REMOVED"]));
    expect(
      (await page(null, ', start: "2025-04-02", end: "2025-04-02"')).changes.every(
        ({ date }: { date: string }) => date === "2025-04-02",
      ),
    ).toBe(true);
    expect(await page(null, ", environment: TEST")).toMatchObject({ changes: [], hasMore: false });
  });
});

describe("validation", () => {
  const report = async ({ data }: Ledger, start = "2025-04-01", end = "2025-04-05") =>
    (
      await data(
        `{ validation(leagueKey: "${KEY}", start: "${start}", end: "${end}") { datesChecked teamDaysChecked recordsChecked errors warnings valid findings { severity code message date teamKey playerId isDamage } } }`,
      )
    ).validation;

  it("reports no findings for dates that were collected completely", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-05");
    await ledger.work();
    expect(await report(ledger)).toEqual({
      datesChecked: 5,
      teamDaysChecked: 60,
      recordsChecked: 60 * 26,
      errors: 0,
      warnings: 0,
      valid: true,
      findings: [],
    });
  });

  it("finds every kind of inconsistency that the database's constraints do not prevent", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-04");
    await ledger.work();
    const place = (date: string, team: number) => `date = '${date}' and team_key = '${KEY}.t.${team}'`;
    const [stolen] = await ledger.db.orm.all<{ id: string }>(
      sql.raw(`select player_id as id from daily_lineups where ${place("2025-04-01", 2)} limit 1`),
    );
    const [twin] = await ledger.db.orm.all<{ id: string; name: string }>(
      sql.raw(`select player_id as id, player_name as name from daily_lineups where ${place("2025-04-02", 3)} limit 1`),
    );
    const columns =
      "environment, league_key, date, team_key, player_id, player_name, selected_position, position_type, eligible_positions, player_team, player_status, observed_at, job_id";
    const copy = (from: string, playerId: string, more: Record<string, string>) =>
      sql.raw(
        `insert into daily_lineups (${columns}) select ${columns
          .split(", ")
          .map((column) => more[column] ?? column)
          .join(", ")} from daily_lineups where ${from} and player_id = '${playerId}'`,
      );
    await ledger.db.write([
      copy(place("2025-04-01", 2), stolen?.id ?? "", { team_key: `'${KEY}.t.1'` }),
      copy(place("2025-04-02", 3), twin?.id ?? "", { player_id: "'77777'" }),
      sql.raw(
        `update daily_lineups set selected_position = 'XX' where ${place("2025-04-03", 4)} and player_id = (select min(player_id) from daily_lineups where ${place("2025-04-03", 4)})`,
      ),
      sql.raw(
        `update daily_lineups set selected_position = 'C', eligible_positions = '["OF"]' where ${place("2025-04-03", 5)} and player_id = (select min(player_id) from daily_lineups where ${place("2025-04-03", 5)})`,
      ),
      sql.raw(`update team_days set players = 12, version = version + 1 where ${place("2025-04-04", 6)}`),
      sql.raw("pragma defer_foreign_keys = on"),
      sql.raw(`delete from daily_lineups where ${place("2025-04-04", 7)}`),
      sql.raw(`delete from team_days where ${place("2025-04-04", 7)}`),
    ]);
    const { findings, errors, warnings, valid } = await report(ledger);
    // Each changed row is reported as damage, in addition to the findings that the change causes.
    const damage = findings.filter((f: { isDamage: boolean }) => f.isDamage);
    expect(damage.map((f: Record<string, string>) => [f.code, f.date, f.teamKey])).toEqual([
      ["PLAYER_UNKNOWN", null, null],
      ["RECORDS_DAMAGED", "2025-04-01", `${KEY}.t.1`],
      ["RECORDS_DAMAGED", "2025-04-02", `${KEY}.t.3`],
      ["RECORDS_DAMAGED", "2025-04-03", `${KEY}.t.4`],
      ["RECORDS_DAMAGED", "2025-04-03", `${KEY}.t.5`],
      ["LINEUP_GONE", "2025-04-04", `${KEY}.t.7`],
      ["RECORDS_DAMAGED", "2025-04-04", `${KEY}.t.6`],
      ["STATE_DAMAGED", "2025-04-04", null],
    ]);
    const others = findings.filter((f: { isDamage: boolean }) => !f.isDamage);
    expect(others.map((f: Record<string, string>) => [f.severity, f.code, f.date, f.teamKey, f.playerId])).toEqual([
      ["ERROR", "PLAYER_ON_TWO_TEAMS", "2025-04-01", `${KEY}.t.1`, stolen?.id],
      ["ERROR", "MISSING_TEAM", "2025-04-04", `${KEY}.t.7`, null],
      ["ERROR", "MISSING_DATE", "2025-04-05", null, null],
      ["WARNING", "DUPLICATE_PLAYER", "2025-04-02", `${KEY}.t.3`, [twin?.id, "77777"].sort()[0]],
      ["WARNING", "POSITION_NOT_ELIGIBLE", "2025-04-03", `${KEY}.t.4`, expect.any(String)],
      ["WARNING", "POSITION_NOT_ELIGIBLE", "2025-04-03", `${KEY}.t.5`, expect.any(String)],
      ["WARNING", "UNKNOWN_POSITION", "2025-04-03", `${KEY}.t.4`, expect.any(String)],
      ["WARNING", "ROSTER_SIZE", "2025-04-04", `${KEY}.t.6`, null],
    ]);
    expect([errors, warnings, valid]).toEqual([11, 5, false]);
    ledger.clock.set("2025-04-02T20:00:00Z");
    expect((await report(ledger)).findings.filter((f: { code: string }) => f.code === "FUTURE_DATE")).toHaveLength(
      12 + 11,
    );
  });

  it("reports lineup records that have no row in team_days", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    // Only a tool that does not check foreign keys can delete a row that others reference.
    const { DatabaseSync } = await import("node:sqlite");
    const raw = new DatabaseSync(ledger.url.slice("file:".length), { enableForeignKeyConstraints: false });
    raw.exec(`delete from team_days where team_key = '${KEY}.t.2'`);
    raw.close();
    const { findings } = await report(ledger, "2025-04-01", "2025-04-01");
    expect(findings.filter((f: { code: string }) => f.code === "ORPHAN_RECORD")).toHaveLength(26);
  });
});

describe("players", () => {
  it("are found by any part of their name regardless of case and accents, and matches at the start of a word come first", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const names = new Map(
      madeSeason()
        .lineups("2025-04-01")
        .flatMap(({ slots }) => slots.map((e) => [e.playerId, e.playerName])),
    );
    const search = async (text: string) =>
      (
        await ledger.data(
          "query ($key: String!, $text: String!) { players(leagueKey: $key, search: $text, first: 100) { id: sourceId name } }",
          { key: KEY, text },
        )
      ).players as { id: string; name: string }[];
    const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/ø/g, "o").toLowerCase();
    for (const text of ["garcia", "GARCÍA", "arci", "q", "mu", "søren", "jose g", "nobody", "'; drop table players"]) {
      const found = await search(text);
      const expected = [...names].filter(([, name]) => plain(name).includes(plain(text)));
      expect(found.map(({ id }) => id).sort(), text).toEqual(
        expected
          .map(([id]) => id)
          .sort()
          .slice(0, 100),
      );
      const isWord = found.map(({ name }) =>
        plain(name)
          .split(/[ (-]/)
          .some((word) => word.startsWith(plain(text))),
      );
      expect(isWord.lastIndexOf(true), text).toBeLessThan(isWord.includes(false) ? isWord.indexOf(false) : 1000);
    }
    expect(await search("  ")).toEqual([]);
  });

  it("are NOT_ROSTERED on collected dates on which they have no team, and UNKNOWN on dates that were not collected", async () => {
    const season = madeSeason();
    const ledger = await openLedger({ season });
    const id = season.lineups("2025-04-01")[0]?.slots[0]?.playerId ?? "";
    ledger.yahoo.season = {
      ...season,
      lineups: (date) =>
        season.lineups(date).map((team) => ({
          ...team,
          slots: date === "2025-04-02" ? team.slots.filter((e) => e.playerId !== id) : team.slots,
        })),
    };
    await ledger.start("2025-04-01", "2025-04-03");
    await ledger.work();
    const { playerUsage } = await ledger.data(
      `{ playerUsage(leagueKey: "${KEY}", playerId: "${id}", start: "2025-04-01", end: "2025-04-04") { daysRostered eligiblePositions timeline { date state team { key } } } }`,
    );
    expect(playerUsage.daysRostered).toBe(2);
    expect(playerUsage.eligiblePositions).toEqual(
      season.lineups("2025-04-03")[0]?.slots.find((e) => e.playerId === id)?.eligiblePositions,
    );
    expect(playerUsage.timeline.slice(1)).toMatchObject([
      { state: "NOT_ROSTERED", team: null },
      { date: "2025-04-03", team: { key: `${KEY}.t.1` } },
      { date: "2025-04-04", state: "UNKNOWN", team: null },
    ]);
    expect(
      await ledger.data(
        `{ playerUsage(leagueKey: "${KEY}", playerId: "nobody", start: "2025-04-01", end: "2025-04-04") { daysRostered } }`,
      ),
    ).toEqual({ playerUsage: null });
  });
});
