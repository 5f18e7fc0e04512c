import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { rostersPayload } from "../../src/source/demo/payload.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { ANSWERS, type Fault } from "../support/yahoo.ts";

const START = "2025-04-01";
const END = "2025-04-06";
const BAD_DAY = "2025-04-03";
const isRoster = (path: string) => path.includes("/roster;");
const isWholeDay = (path: string, date = BAD_DAY) => path.endsWith(`/teams/roster;date=${date}`);

const made = madeSeason();
const wrongDay = rostersPayload(made.league, "2025-04-02", made.lineups("2025-04-02"));
const withoutTeam = ({ league, lineups }: ReturnType<typeof madeSeason>, index: number) =>
  rostersPayload(
    league,
    BAD_DAY,
    lineups(BAD_DAY).filter((_, i) => i !== index),
  );

async function collect(
  fault: (ledger: Ledger) => (path: string, nth: number) => Fault | null,
  more: { concurrency?: number } = {},
) {
  const ledger = await openLedger();
  ledger.yahoo.fault = fault(ledger);
  const id = await ledger.start(START, END, more);
  await ledger.work();
  return { ledger, id, job: await ledger.job(id) };
}

const stored = async ({ db }: Ledger, date: string) =>
  (await db.orm.all<{ n: number }>(sql`select count(*) as n from daily_lineups where date = ${date}`))[0]?.n;

describe("UNAVAILABLE is asked for again, then the date fails and the job goes on", () => {
  it("500 twice, then fine: the date is collected", async () => {
    const { job } = await collect(() => (path, nth) => (isWholeDay(path) && nth <= 2 ? ANSWERS.serverError : null));
    expect(job).toMatchObject({ status: "COMPLETED", retries: 2, requests: 10 });
    expect(job.dates[2]).toMatchObject({ status: "DONE", attempts: 3 });
  });

  const faults: [string, Fault][] = [
    ["500", ANSWERS.serverError],
    ["HTML with status 200", ANSWERS.html],
    ["truncated JSON", ANSWERS.truncated],
    ["a connection reset", "reset"],
  ];
  it.each(faults)(
    "%s for ever: that date fails, the others do not, and a resume asks for that date only",
    async (_, fault) => {
      const { ledger, id, job } = await collect(() => (path) => (isWholeDay(path) ? fault : null));
      expect(job).toMatchObject({
        status: "FAILED",
        error: { code: "SOURCE_UNAVAILABLE" },
        progress: { datesCompleted: 5, datesFailed: 1 },
      });
      expect(job.error.message).toContain("1 of 6 dates could not be collected; the first is 2025-04-03");
      // Four times, and at the end of the job three times more.
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

  it("a hang: given up after half a minute, then asked for again", async () => {
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

describe("RATE_LIMITED waits, and uses up no attempt", () => {
  it("999 for a while: one probe after each wait, then it goes on by itself", async () => {
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

  it("429 with Retry-After waits just that long, and every other job of the source with it", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = (path, nth) =>
      isWholeDay(path) && nth === 1 ? { status: 429, body: "slow down", headers: { "retry-after": "90" } } : null;
    const id = await ledger.start(BAD_DAY, BAD_DAY);
    await ledger.work();
    const other = await ledger.start("2025-05-01", "2025-05-01");
    await ledger.work();
    const requests = ledger.yahoo.requests.length;
    expect(Date.parse((await ledger.job(id)).resumeAt) - ledger.clock.now()).toBe(90_000);
    expect(await ledger.job(other)).toMatchObject({ status: "WAITING" });
    await ledger.clock.advance(89_000);
    await ledger.work();
    expect(ledger.yahoo.requests).toHaveLength(requests);
    await ledger.clock.advance(1_001);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
    expect(await ledger.job(other)).toMatchObject({ status: "COMPLETED" });
  });
});

describe("credentials", () => {
  it("a login that limits the rate, without saying for how long, is left alone for a quarter of an hour", async () => {
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

  it("that are missing pause the job with what to do, and Yahoo is not asked", async () => {
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

  it("a token that expires in the middle is refreshed once, and nothing is lost", async () => {
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

  it("a token is refreshed before it runs out, and a rotated refresh token is used from then on", async () => {
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
      "a refresh token refused",
      "SOURCE_UNAUTHORIZED",
      (l) => {
        l.yahoo.refreshToken = "another";
        return () => null;
      },
    ],
    [
      "an app that is not approved",
      "SOURCE_APP_NOT_APPROVED",
      () => (path) => (isWholeDay(path) ? ANSWERS.appNotApproved : null),
    ],
  ];
  it.each(refusals)("%s pauses the job, which a resume takes up", async (_, code, fault) => {
    const { ledger, id, job } = await collect(fault, { concurrency: 1 });
    expect(job).toMatchObject({ status: "PAUSED", error: { code }, finishedAt: null });
    ledger.yahoo.fault = () => null;
    ledger.yahoo.refreshToken = "refresh-0";
    await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { status } } }", { id });
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", error: null });
    const days = ledger.yahoo.requests.filter(isRoster);
    expect(days.filter((path) => !isWholeDay(path))).toHaveLength(5);
  });

  it("a token that is refused after it was renewed is an outage: the job waits, longer each time, and goes on by itself", async () => {
    const ledger = await openLedger();
    let isOut = true;
    ledger.yahoo.fault = () => (isOut ? ANSWERS.tokenRefused : null);
    const id = await ledger.start(START, END);
    await ledger.work();
    const waits: number[] = [];
    for (let n = 0; n < 6; n++) {
      const { status, error, resumeAt } = await ledger.job(id);
      expect({ status, code: error.code }).toEqual({ status: "WAITING", code: "SOURCE_OUTAGE" });
      waits.push((Date.parse(resumeAt) - ledger.clock.now()) / 60_000);
      ledger.clock.set(Date.parse(resumeAt));
      isOut = n < 5;
      await ledger.work();
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", error: null });
  });

  it.each([
    [
      "invalid_client",
      401,
      /does not know the application \(invalid_client\): check YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET$/,
    ],
    ["INVALID_REDIRECT_URI", 400, /refuses the redirect address \(INVALID_REDIRECT_URI\): YAHOO_REDIRECT_URI must be/],
    [
      "invalid_grant",
      400,
      /refuses YAHOO_REFRESH_TOKEN \(invalid_grant\): log in again, with `npx lineups login yahoo`$/,
    ],
  ])("%s names the setting that is wrong", async (name, status, message) => {
    const { job } = await collect((l) => {
      l.yahoo.loginFaults = [{ status, body: JSON.stringify({ error: name }) }];
      return () => null;
    });
    expect(job).toMatchObject({ status: "PAUSED", error: { code: "SOURCE_UNAUTHORIZED" } });
    expect(job.error.message).toMatch(message);
  });

  it("a redirect is named and not followed, as it would take the token along", async () => {
    const location = "https://login.yahoo.com/?src=fantasy&token=x";
    const { job } = await collect(
      () => (path) => (isWholeDay(path) ? { status: 302, body: "", headers: { location } } : null),
    );
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_UNAVAILABLE" } });
    expect(job.error.message).toContain(
      "Yahoo redirects to its login page, as if nobody were logged in (status 302), instead of answering",
    );
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

describe("a league that cannot be had fails the job at once", () => {
  it.each([
    ["private", ANSWERS.privateLeague, "LEAGUE_PRIVATE"],
    ["unknown", ANSWERS.unknownLeague, "LEAGUE_NOT_FOUND"],
  ])("%s", async (_, answer, code) => {
    const { job, ledger } = await collect(() => () => answer);
    expect(job).toMatchObject({ status: "FAILED", error: { code }, progress: { datesCompleted: 0 } });
    expect(ledger.yahoo.requests.filter(isRoster)).toEqual([]);
  });
});

describe("MALFORMED is never stored", () => {
  const season = madeSeason();
  const on =
    (date: string, change: (season: ReturnType<typeof madeSeason>) => ReturnType<typeof madeSeason>["lineups"]) =>
    (ledger: Ledger) => {
      const changed = change(season);
      ledger.yahoo.season = { ...season, lineups: (day) => (day === date ? changed(day) : season.lineups(day)) };
      return () => null;
    };

  it("another date's roster, though its rows look good", async () => {
    const { job, ledger } = await collect(() => (path) => (isWholeDay(path) ? { status: 200, body: wrongDay } : null));
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
    expect(job.dates[2]).toMatchObject({ attempts: 7 });
    expect(job.error.message).toContain("was asked for 2025-04-03 and is of 2025-04-02");
    expect(await stored(ledger, BAD_DAY)).toBe(0);
  });

  it("a player twice on a roster", async () => {
    const { job, ledger } = await collect(
      on(
        BAD_DAY,
        (s) => (day) =>
          s
            .lineups(day)
            .map((team, i) => (i === 4 ? { ...team, slots: [...team.slots, ...team.slots.slice(0, 1)] } : team)),
      ),
    );
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
    expect(job.error.message).toMatch(
      /The roster of 458\.l\.100\.t\.5 \(.+\) on 2025-04-03 has player \S+ \(.+\) twice/,
    );
    const others = season.lineups(BAD_DAY).filter((_, i) => i !== 4);
    expect(await stored(ledger, BAD_DAY)).toBe(others.reduce((sum, { slots }) => sum + slots.length, 0));
  });

  it("a league that ends before it starts", async () => {
    const { job } = await collect((l) => {
      l.yahoo.season = madeSeason("458.l.100", { startDate: "2025-09-28", endDate: "2025-03-18" });
      return () => null;
    });
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
  });

  it("a team of another league", async () => {
    const { job } = await collect(
      on(
        BAD_DAY,
        (s) => (day) => s.lineups(day).map((team, i) => (i === 0 ? { ...team, teamKey: "458.l.999.t.1" } : team)),
      ),
    );
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
  });
});

describe("teams one by one", () => {
  it("one team missing: exactly that team is asked for", async () => {
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

  it("the request for all refused: each team is asked for, and what is there survives an interruption", async () => {
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

  it("a day without lineups is EMPTY, not failed", async () => {
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
