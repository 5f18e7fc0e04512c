import { expect, it } from "vitest";
import { HOUR } from "../../src/clock.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason, type Season } from "../support/season.ts";

const OURS = madeSeason("458.l.100");

/** A league of the next year, as its source links it. */
function nextYear(key: string, previousKey: string | null): Season {
  const season = madeSeason(key, { startDate: "2026-03-25", endDate: "2026-09-27" });
  return { ...season, league: { ...season.league, season: 2026, name: `League ${key}`, previousKey } };
}

/** A ledger in which mlb.l.100 stood for our league of 2025, a year later, when it names another one. */
async function aYearLater(named: Season, others: Season[] = []): Promise<Ledger> {
  const ledger = await openLedger();
  await ledger.start("2025-04-01", "2025-04-01", { leagueKey: "mlb.l.100" });
  await ledger.work();
  ledger.clock.set("2026-04-20T16:00:00Z");
  ledger.yahoo.season = named;
  ledger.yahoo.seasons = [OURS, ...others, named];
  return ledger;
}
const collect = ({ ask, clock }: Ledger) =>
  clock.drive(
    ask(
      'mutation { startCollection(input: { leagueKey: "mlb.l.100", start: "2026-04-01", end: "2026-04-01" }) { job { leagueKey } } }',
    ),
  );

it("an alias goes on with the next season that links back to the one it stood for", async () => {
  const ledger = await aYearLater(nextYear("469.l.100", "458.l.100"));
  expect((await collect(ledger)).data?.startCollection.job).toEqual({ leagueKey: "469.l.100" });
});

it("an alias goes on with the league that its own league was renewed as, whatever it names now", async () => {
  const renewed = nextYear("469.l.77", "458.l.100");
  const ledger = await aYearLater(nextYear("469.l.100", "458.l.999"), [renewed]);
  ledger.yahoo.seasons = [{ ...OURS, league: { ...OURS.league, nextKey: "469.l.77" } }, renewed, ledger.yahoo.season];
  expect((await collect(ledger)).data?.startCollection.job).toEqual({ leagueKey: "469.l.77" });
});

it("an alias never changes hands: a stranger's league is refused by name, and nothing of it is kept", async () => {
  const ledger = await aYearLater(nextYear("469.l.100", "458.l.999"));
  const { errors } = await collect(ledger);
  expect(errors?.[0]).toMatchObject({
    message:
      "mlb.l.100 has stood for 458.l.100 (Made League, season of 2025) and now names 469.l.100 (League 469.l.100), which its source does not link as a later season of it: once yours is renewed, it is taken by itself; to collect another league, give its own key",
    extensions: { code: "LEAGUE_NOT_FOUND" },
  });
  const { leagues } = await ledger.data("{ leagues { key } }");
  expect(leagues.map(({ key }: { key: string }) => key)).not.toContain("469.l.100");
});

it("a schedule of an alias that names a stranger's league says so, and starts nothing", async () => {
  const ledger = await aYearLater(nextYear("469.l.100", null));
  const { createSchedule } = await ledger.data(
    'mutation { createSchedule(input: { name: "s", leagueKey: "mlb.l.100", cron: "0 * * * *" }) { schedule { id } } }',
  );
  ledger.clock.set(ledger.clock.now() + HOUR);
  await ledger.clock.drive(ledger.server.tick({ budgetMs: 0 }));
  const { schedule } = await ledger.data(
    `{ schedule(id: "${createSchedule.schedule.id}") { decisions { outcome reason } } }`,
  );
  expect(schedule.decisions).toEqual([
    { outcome: "FAILED", reason: expect.stringMatching(/^LEAGUE_NOT_FOUND: mlb\.l\.100 has stood for 458\.l\.100/) },
  ]);
});

it("a weekly league is refused at the start, with the reason", async () => {
  const ledger = await openLedger();
  ledger.yahoo.season = { ...OURS, league: { ...OURS.league, sport: "nfl" } };
  const { errors } = await ledger.ask(
    'mutation { startCollection(input: { leagueKey: "nfl.l.100", start: "2025-04-01", end: "2025-04-01" }) { created } }',
  );
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining("sets its lineups by the week, as all of nfl do"),
    extensions: { code: "LEAGUE_NOT_DAILY" },
  });
  const id = await ledger.start("2025-04-01", "2025-04-01");
  await ledger.work();
  expect(await ledger.job(id)).toMatchObject({ status: "FAILED", error: { code: "LEAGUE_NOT_DAILY" } });
  expect(ledger.yahoo.requests.filter((path) => path.includes("roster"))).toEqual([]);
});
