import { expect, it } from "vitest";
import { HOUR } from "../../src/clock.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason, type Season } from "../support/season.ts";

const OURS = madeSeason("458.l.100");

/** Makes a league of the next year. The source links this league to `previousKey`. */
function nextYear(key: string, previousKey: string | null): Season {
  const season = madeSeason(key, { startDate: "2026-03-25", endDate: "2026-09-27" });
  return { ...season, league: { ...season.league, season: 2026, name: `League ${key}`, previousKey } };
}

/**
 * Opens a ledger in which the alias mlb.l.100 stood for our league in 2025, and sets the ledger's clock to 2026, when the alias stands for
 * `named`.
 */
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

it("alias resolution accepts the next season's league if it links back to the league for which the alias stood before", async () => {
  const ledger = await aYearLater(nextYear("469.l.100", "458.l.100"));
  expect((await collect(ledger)).data?.startCollection.job).toEqual({ leagueKey: "469.l.100" });
});

it("alias resolution follows a league's link to its next season, and ignores an unrelated league that the alias now names", async () => {
  const renewed = nextYear("469.l.77", "458.l.100");
  const ledger = await aYearLater(nextYear("469.l.100", "458.l.999"), [renewed]);
  ledger.yahoo.seasons = [{ ...OURS, league: { ...OURS.league, nextKey: "469.l.77" } }, renewed, ledger.yahoo.season];
  expect((await collect(ledger)).data?.startCollection.job).toEqual({ leagueKey: "469.l.77" });
});

it("alias resolution refuses an unrelated league, names that league in the error and stores nothing about it", async () => {
  const ledger = await aYearLater(nextYear("469.l.100", "458.l.999"));
  const { errors } = await collect(ledger);
  expect(errors?.[0]).toMatchObject({
    message:
      "mlb.l.100 stood for 458.l.100 (Made League, 2025 season) and now names 469.l.100 (League 469.l.100), which is not linked as a later season of it. The alias follows your league by itself once the league is renewed. To collect another league, use its own key",
    extensions: { code: "LEAGUE_NOT_FOUND" },
  });
  const { leagues } = await ledger.data("{ leagues { key } }");
  expect(leagues.map(({ key }: { key: string }) => key)).not.toContain("469.l.100");
});

it("the scheduler records a FAILED decision and starts no job if the alias names an unrelated league", async () => {
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
    { outcome: "FAILED", reason: expect.stringMatching(/^LEAGUE_NOT_FOUND: mlb\.l\.100 stood for 458\.l\.100/) },
  ]);
});

it("startCollection refuses a league with weekly lineups and gives the reason", async () => {
  const ledger = await openLedger();
  ledger.yahoo.season = { ...OURS, league: { ...OURS.league, sport: "nfl" } };
  const { errors } = await ledger.ask(
    'mutation { startCollection(input: { leagueKey: "nfl.l.100", start: "2025-04-01", end: "2025-04-01" }) { created } }',
  );
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining("has weekly lineups, like all leagues of nfl."),
    extensions: { code: "LEAGUE_NOT_DAILY" },
  });
  const id = await ledger.start("2025-04-01", "2025-04-01");
  await ledger.work();
  expect(await ledger.job(id)).toMatchObject({ status: "FAILED", error: { code: "LEAGUE_NOT_DAILY" } });
  expect(ledger.yahoo.requests.filter((path) => path.includes("roster"))).toEqual([]);
});
