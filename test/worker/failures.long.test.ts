import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { rostersPayload } from "../../src/source/demo/payload.ts";
import { BAD_DAY, collect, END, isWholeDay, START } from "../support/failures.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { ANSWERS } from "../support/yahoo.ts";

describe("source with a rate limit", () => {
  it("makes all its jobs wait for exactly the Retry-After time of a 429", async () => {
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
  it("are not blamed for an outage in which even a new token is refused, and the job waits longer each time", async () => {
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

  it("are not sent to the target of a redirect, and the redirect is reported as an error", async () => {
    const location = "https://login.yahoo.com/?src=fantasy&token=x";
    const { job } = await collect(
      () => (path) => (isWholeDay(path) ? { status: 302, body: "", headers: { location } } : null),
    );
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_UNAVAILABLE" } });
    expect(job.error.message).toContain(
      "Yahoo redirects to its login page, as if nobody were logged in (status 302) instead of answering",
    );
  });
});

const made = madeSeason();
const wrongDay = rostersPayload(made.league, "2025-04-02", made.lineups("2025-04-02"));

const stored = async ({ db }: Ledger, date: string) =>
  (await db.orm.all<{ n: number }>(sql`select count(*) as n from daily_lineups where date = ${date}`))[0]?.n;

describe("malformed answer", () => {
  const season = madeSeason();
  const on =
    (date: string, change: (season: ReturnType<typeof madeSeason>) => ReturnType<typeof madeSeason>["lineups"]) =>
    (ledger: Ledger) => {
      const changed = change(season);
      ledger.yahoo.season = { ...season, lineups: (day) => (day === date ? changed(day) : season.lineups(day)) };
      return () => null;
    };

  it("is not stored if it contains another date's roster", async () => {
    const { job, ledger } = await collect(() => (path) => (isWholeDay(path) ? { status: 200, body: wrongDay } : null));
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
    expect(job.dates[2]).toMatchObject({ attempts: 7 });
    expect(job.error.message).toContain(
      "Asked for the roster of 458.l.100.t.1 on 2025-04-03, but the roster in the answer is of 2025-04-02",
    );
    expect(await stored(ledger, BAD_DAY)).toBe(0);
  });

  it("is not stored for a team whose roster has a player twice, while the other teams' rosters are stored", async () => {
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

  it("fails the job if it contains a team from another league", async () => {
    const { job } = await collect(
      on(
        BAD_DAY,
        (s) => (day) => s.lineups(day).map((team, i) => (i === 0 ? { ...team, teamKey: "458.l.999.t.1" } : team)),
      ),
    );
    expect(job).toMatchObject({ status: "FAILED", error: { code: "SOURCE_MALFORMED" } });
  });
});
