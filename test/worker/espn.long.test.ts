import { describe, expect, it } from "vitest";
import { datesBetween } from "../../src/calendar.ts";
import { type EspnSeason, madeEspnSeason } from "../support/espn.ts";
import { KEY, withEspn } from "../support/espnLedger.ts";
import type { Ledger } from "../support/ledger.ts";

const stored = async (ledger: Ledger, leagueKey: string, date: string) =>
  (
    await ledger.data(
      `query ($k: String!, $d: Date!) { lineups(leagueKey: $k, start: $d, end: $d, first: 100) { nodes { team { key name }
        slots { player { id: sourceId name } selectedPosition positionType playerTeam playerStatus } } } }`,
      { k: leagueKey, d: date },
    )
  ).lineups.nodes;
const truthOf = (season: EspnSeason, date: string) =>
  season
    .lineups(date)
    .map(({ teamKey, teamName, slots }) => ({
      team: { key: teamKey, name: teamName },
      slots: slots
        .map((slot) => ({
          player: { id: slot.playerId, name: slot.playerName },
          selectedPosition: slot.selectedPosition,
          positionType: slot.positionType,
          playerTeam: slot.playerTeam,
          playerStatus: slot.playerStatus,
        }))
        .sort((a, b) => (a.player.id < b.player.id ? -1 : 1)),
    }))
    .sort((a, b) => (a.team.key < b.team.key ? -1 : 1));
const inOrder = (teams: { team: { key: string }; slots: { player: { id: string } }[] }[]) =>
  teams
    .map((team) => ({ ...team, slots: [...team.slots].sort((a, b) => (a.player.id < b.player.id ? -1 : 1)) }))
    .sort((a, b) => (a.team.key < b.team.key ? -1 : 1));

describe("ESPN league", () => {
  it("is collected correctly for a whole season with one request per date, and owners' names are not stored or logged", async () => {
    const made = madeEspnSeason();
    // With only ten players per team, the test of a whole season is short enough.
    const season = {
      ...made,
      lineups: (date: string) => made.lineups(date).map((team) => ({ ...team, slots: team.slots.slice(0, 10) })),
    };
    const { espn, ledger } = await withEspn([season]);
    const { startCollection } = await ledger.data(
      "mutation ($i: StartCollectionInput!) { startCollection(input: $i) { job { id leagueKey } } }",
      {
        i: {
          leagueKey: "https://fantasy.espn.com/baseball/league?leagueId=12345&seasonId=2025",
          start: "2025-03-18",
          end: "2025-09-28",
        },
      },
    );
    expect(startCollection.job.leagueKey).toBe(KEY);
    await ledger.work();
    const job = await ledger.job(startCollection.job.id);
    expect(job).toMatchObject({ status: "COMPLETED", datesSuspect: 0, progress: { datesCompleted: 195 } });
    expect(espn.requests.filter((path) => path.includes("scoringPeriodId"))).toHaveLength(195);
    expect(espn.requests).toHaveLength(197);
    for (const date of datesBetween("2025-03-18", "2025-09-28").filter((_, i) => i % 13 === 0))
      expect(inOrder(await stored(ledger, KEY, date))).toEqual(truthOf(season, date));
    const dump = await Promise.all(
      ["leagues", "teams", "job_events"].map((table) => ledger.db.orm.all(`select * from ${table}`)),
    );
    expect(JSON.stringify([dump, ledger.logged])).not.toMatch(/canary/i);
  }, 60_000);

  it("is backfilled for the seasons that ESPN lists, and a season is reported as refused if ESPN keeps only the season's last day", async () => {
    const seasons = [
      madeEspnSeason({ previousSeasons: [2017, 2024], opener: "2025-09-20", finalPeriod: 3 }),
      madeEspnSeason({ year: 2024, previousSeasons: [2017], opener: "2024-04-01", finalPeriod: 3 }),
      madeEspnSeason({ year: 2017, opener: "2017-04-01", finalPeriod: 3 }),
    ];
    const { ledger } = await withEspn(seasons);
    const { startBackfill } = await ledger.data(
      "mutation ($i: StartBackfillInput!) { startBackfill(input: $i) { jobs { id leagueKey } refused { leagueKey code } } }",
      { i: { leagueKey: KEY, allSeasons: true } },
    );
    expect(startBackfill.jobs.map((job: { leagueKey: string }) => job.leagueKey)).toEqual([KEY, "espn.flb.2024.12345"]);
    expect(startBackfill.refused).toMatchObject([
      {
        leagueKey: "espn.flb.2017.12345",
        code: "LEAGUE_NOT_DAILY",
      },
    ]);
    await ledger.work();
    for (const { id } of startBackfill.jobs) expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
  });
});
