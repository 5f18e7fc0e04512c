import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { rostersPayload } from "../../src/source/demo/payload.ts";
import { BAD_DAY, collect, END, isWholeDay, START } from "../support/failures.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { ANSWERS, type Fault } from "../support/yahoo.ts";

const isRoster = (path: string) => path.includes("/roster;");

const withoutTeam = ({ league, lineups }: ReturnType<typeof madeSeason>, index: number) =>
  rostersPayload(
    league,
    BAD_DAY,
    lineups(BAD_DAY).filter((_, i) => i !== index),
  );

const stored = async ({ db }: Ledger, date: string) =>
  (await db.orm.all<{ n: number }>(sql`select count(*) as n from daily_lineups where date = ${date}`))[0]?.n;

describe("unavailable source", () => {
  it("is asked again, and the date is collected after two answers with status 500", async () => {
    const { job } = await collect(() => (path, nth) => (isWholeDay(path) && nth <= 2 ? ANSWERS.serverError : null));
    expect(job).toMatchObject({ status: "COMPLETED", retries: 2, requests: 10 });
    expect(job.dates[2]).toMatchObject({ status: "DONE", attempts: 3 });
  });

  const faults: [string, Fault][] = [
    ["status 500", ANSWERS.serverError],
    ["a connection reset", "reset"],
  ];
  it.each(faults)(
    "makes only the date fail whose requests all end with %s, and a resume requests only the failed date",
    async (_, fault) => {
      const { ledger, id, job } = await collect(() => (path) => (isWholeDay(path) ? fault : null));
      expect(job).toMatchObject({
        status: "FAILED",
        error: { code: "SOURCE_UNAVAILABLE" },
        progress: { datesCompleted: 5, datesFailed: 1 },
      });
      expect(job.error.message).toContain("1 of 6 dates could not be collected; the first is 2025-04-03");
      // The date had four attempts, and three more at the end of the job.
      expect(job.dates[2]).toMatchObject({ status: "FAILED", attempts: 7, error: { code: "SOURCE_UNAVAILABLE" } });
      expect(job.checkpoint).toMatchObject({ currentDate: BAD_DAY });
      expect(await stored(ledger, BAD_DAY)).toBe(0);

      ledger.yahoo.fault = () => null;
      const before = ledger.yahoo.requests.length;
      await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { status } } }", { id });
      await ledger.work();
      expect(ledger.yahoo.requests.slice(before)).toEqual([`/league/458.l.100/teams/roster;date=${BAD_DAY}`]);
      expect(await ledger.job(id)).toMatchObject({
        status: "COMPLETED",
        error: null,
        progress: { percent: 100, datesFailed: 0, datesCompleted: 6 },
      });
    },
  );

  it("times out after 30 seconds if it does not answer, and is asked again", async () => {
    const ledger = await openLedger();
    let hangs = 0;
    ledger.yahoo.fault = (path, nth) => {
      if (!isWholeDay(path) || nth > 1) return null;
      hangs++;
      return "hang";
    };
    const id = await ledger.start(BAD_DAY, BAD_DAY);
    const working = ledger.server.tick({ budgetMs: 3_600_000 });
    while (hangs === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await ledger.clock.advance(31_000);
    await ledger.clock.drive(working);
    await ledger.work();
    const job = await ledger.job(id);
    expect(job).toMatchObject({ status: "COMPLETED", retries: 1 });
    expect(ledger.logged.join("\n")).toContain("no answer within 30 s");
  });
});

describe("source with a rate limit", () => {
  it("gets a single probe after each wait caused by status 999, and the job resumes by itself without losing an attempt", async () => {
    const ledger = await openLedger();
    let banned = true;
    ledger.yahoo.fault = (path) => (banned && isRoster(path) && path.endsWith(BAD_DAY) ? ANSWERS.rateLimited : null);
    const id = await ledger.start(START, END, { concurrency: 1 });
    await ledger.work();
    const waiting = await ledger.job(id);
    expect(waiting).toMatchObject({
      status: "WAITING",
      finishedAt: null,
      error: { code: "SOURCE_RATE_LIMITED" },
      progress: { datesCompleted: 2 },
    });
    expect(Date.parse(waiting.resumeAt) - ledger.clock.now()).toBe(15 * 60_000);
    expect(waiting.progress.etaSeconds === null || waiting.progress.etaSeconds >= 15 * 60).toBe(true);

    const asked = () => ledger.yahoo.requests.filter((path) => path.endsWith(BAD_DAY)).length;
    expect(asked()).toBe(1);
    await ledger.clock.advance(14 * 60_000);
    await ledger.work();
    expect(asked()).toBe(1);
    await ledger.clock.advance(61_000);
    await ledger.work();
    expect(asked()).toBe(2);
    expect(await ledger.job(id)).toMatchObject({ status: "WAITING" });

    banned = false;
    await ledger.clock.advance(15 * 60_000 + 1000);
    await ledger.work();
    const done = await ledger.job(id);
    expect(done).toMatchObject({ status: "COMPLETED", error: null });
    expect(done.dates.map((date: { attempts: number }) => date.attempts)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe("credentials", () => {
  it("are requested again after 15 minutes if the login answers with a rate limit but no Retry-After header", async () => {
    const ledger = await openLedger();
    ledger.yahoo.loginFaults = [ANSWERS.rateLimited];
    const id = await ledger.start(START, START);
    await ledger.work();
    const waiting = await ledger.job(id);
    expect(waiting).toMatchObject({ status: "WAITING", error: { code: "SOURCE_RATE_LIMITED" } });
    expect(Date.parse(waiting.resumeAt) - ledger.clock.now()).toBe(15 * 60_000);
    expect(ledger.yahoo.requests).toEqual([]);
    await ledger.clock.advance(15 * 60_000 + 1);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
  });

  it("are required before any request to Yahoo: if they are missing, the job pauses with an error that names the settings", async () => {
    const ledger = await openLedger({
      env: {
        YAHOO_CLIENT_ID: "",
        YAHOO_CLIENT_SECRET: "",
        YAHOO_REFRESH_TOKEN: "",
        YAHOO_BASE_URL: "https://fantasysports.yahooapis.com/fantasy/v2",
      },
    });
    const id = await ledger.start(START, START);
    await ledger.work();
    const job = await ledger.job(id);
    expect(job).toMatchObject({ status: "PAUSED", requests: 0, error: { code: "SOURCE_UNAUTHORIZED" } });
    expect(job.error.message).toContain("set YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET");
  });

  it("are refreshed once if a token expires during a job, and no date is lost", async () => {
    const { job, ledger } = await collect((l) => {
      l.yahoo.goodTokens = new Set();
      return (path, nth) => {
        if (isWholeDay(path) && nth === 1) l.yahoo.goodTokens?.clear();
        return null;
      };
    });
    expect(job).toMatchObject({ status: "COMPLETED", error: null, progress: { datesCompleted: 6 } });
    expect(ledger.yahoo.refreshes()).toBe(2);
  });

  it("are refreshed before they expire, and a rotated refresh token is used from then on", async () => {
    const ledger = await openLedger();
    ledger.yahoo.rotates = true;
    ledger.yahoo.goodTokens = new Set();
    await ledger.start(START, START);
    await ledger.work();
    await ledger.clock.advance(3600_000);
    const id = await ledger.start(END, END);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", retries: 0 });
    expect(ledger.yahoo.refreshes()).toBe(2);
    expect(ledger.yahoo.refreshToken).toBe("refresh-2");
  });

  const refusals: [string, string, (l: Ledger) => (path: string) => Fault | null][] = [
    [
      "a refused refresh token",
      "SOURCE_UNAUTHORIZED",
      (l) => {
        l.yahoo.refreshToken = "another";
        return () => null;
      },
    ],
    [
      "the refusal of an application that is not approved",
      "SOURCE_APP_NOT_APPROVED",
      () => (path) => (isWholeDay(path) ? ANSWERS.appNotApproved : null),
    ],
  ];
  it.each(refusals)(
    "can be corrected after %s: the job pauses, and a resume completes the job",
    async (_, code, fault) => {
      const { ledger, id, job } = await collect(fault, { concurrency: 1 });
      expect(job).toMatchObject({ status: "PAUSED", error: { code }, finishedAt: null });
      ledger.yahoo.fault = () => null;
      ledger.yahoo.refreshToken = "refresh-0";
      await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { status } } }", { id });
      await ledger.work();
      expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", error: null });
      const days = ledger.yahoo.requests.filter(isRoster);
      expect(days.filter((path) => !isWholeDay(path))).toHaveLength(5);
    },
  );

  it.each([
    [
      "invalid_client",
      401,
      /does not know the application \(invalid_client\)\. Check YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET$/,
    ],
    ["INVALID_REDIRECT_URI", 400, /refuses the redirect address \(INVALID_REDIRECT_URI\)\. Set YAHOO_REDIRECT_URI to/],
    [
      "invalid_grant",
      400,
      /refuses YAHOO_REFRESH_TOKEN \(invalid_grant\)\. Log in again with `npx lineups login yahoo`$/,
    ],
  ])("pause the job with an error about the wrong setting after Yahoo answers %s", async (name, status, message) => {
    const { job } = await collect((l) => {
      l.yahoo.loginFaults = [{ status, body: JSON.stringify({ error: name }) }];
      return () => null;
    });
    expect(job).toMatchObject({ status: "PAUSED", error: { code: "SOURCE_UNAUTHORIZED" } });
    expect(job.error.message).toMatch(message);
  });

  it("never appear in the log, the answers or the database", async () => {
    const { ledger, id } = await collect((l) => {
      l.yahoo.goodTokens = new Set();
      return (path) => (isWholeDay(path) ? ANSWERS.tokenRefused : null);
    });
    const dump = await Promise.all(
      ["job_log", "job_dates", "job_events", "checkpoints"].map((table) =>
        ledger.db.orm.all(sql.raw(`select * from ${table}`)),
      ),
    );
    const everything = [...ledger.logged, JSON.stringify(dump), JSON.stringify(await ledger.job(id))].join("\n");
    expect(everything).toContain("SOURCE_OUTAGE");
    for (const secret of ["canary-client-secret", "refresh-0", "token-1", "token-2"])
      expect(everything).not.toContain(secret);
  });
});

describe("league error", () => {
  it.each([
    ["private", ANSWERS.privateLeague, "LEAGUE_PRIVATE"],
    ["unknown", ANSWERS.unknownLeague, "LEAGUE_NOT_FOUND"],
  ])("fails the job at once if the league is %s", async (_, answer, code) => {
    const { job, ledger } = await collect(() => () => answer);
    expect(job).toMatchObject({ status: "FAILED", error: { code }, progress: { datesCompleted: 0 } });
    expect(ledger.yahoo.requests.filter(isRoster)).toEqual([]);
  });
});

describe("malformed answer", () => {
  it("fails the job if it shows a league that ends before it starts", async () => {
    const { job } = await collect((l) => {
      l.yahoo.season = madeSeason("458.l.100", { startDate: "2025-09-28", endDate: "2025-03-18" });
      return () => null;
    });
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
  });
});

describe("requests for single teams", () => {
  it("are sent only for the team that is missing from the answer about all teams", async () => {
    const season = madeSeason();
    const { job, ledger } = await collect((l) => {
      l.yahoo.season = season;
      return (path) => (isWholeDay(path) ? { status: 200, body: withoutTeam(season, 7) } : null);
    });
    expect(job).toMatchObject({ status: "COMPLETED", progress: { percent: 100 } });
    expect(ledger.yahoo.requests.filter((path) => path.startsWith("/team/"))).toEqual([
      `/team/458.l.100.t.8/roster;date=${BAD_DAY}`,
    ]);
    expect(await stored(ledger, BAD_DAY)).toBe(
      season.lineups(BAD_DAY).reduce((sum, team) => sum + team.slots.length, 0),
    );
  });

  it("are sent if the request for all teams is refused; if the request for one team fails, the other teams are still collected", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = (path) =>
      path.includes("/teams/roster;") ? ANSWERS.unknownLeague : path.includes(".t.9/") ? "reset" : null;
    const id = await ledger.start(BAD_DAY, BAD_DAY);
    await ledger.work();
    const failed = await ledger.job(id);
    expect(failed).toMatchObject({ status: "FAILED", progress: { itemsProcessed: 11, itemsTotal: 12 } });
    expect(failed.checkpoint).toMatchObject({ currentDate: BAD_DAY });
    expect(failed.checkpoint.teamsProcessed).toHaveLength(11);

    const before = ledger.yahoo.requests.length;
    ledger.yahoo.fault = () => null;
    await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { status } } }", { id });
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", progress: { itemsProcessed: 12, percent: 100 } });
    expect(ledger.yahoo.requests.slice(before)).toEqual([`/team/458.l.100.t.9/roster;date=${BAD_DAY}`]);
  });

  it("are not needed for a day without lineups, which becomes EMPTY instead of failed", async () => {
    const season = madeSeason();
    const { job, ledger } = await collect((l) => {
      l.yahoo.season = { ...season, lineups: (day) => (day === BAD_DAY ? [] : season.lineups(day)) };
      return () => null;
    });
    expect(job).toMatchObject({ status: "COMPLETED", progress: { percent: 100 } });
    expect(await ledger.db.orm.all(sql`select date, state, final from league_dates where date = ${BAD_DAY}`)).toEqual([
      { date: BAD_DAY, state: "EMPTY", final: 1 },
    ]);
  });
});
