import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { storedRecords } from "../support/kills.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

const records = ({ db }: Pick<Ledger, "db">) => storedRecords(db);

describe("collection of a generated season", () => {
  it("stores a team's name from the latest date, even if the name changed for one day and then changed back", async () => {
    const made = madeSeason();
    const renamed = (date: string) => (date === "2025-04-02" ? "For a Day" : null);
    const season = {
      ...made,
      lineups: (date: string) =>
        made.lineups(date).map((team, i) => (i === 0 ? { ...team, teamName: renamed(date) ?? team.teamName } : team)),
    };
    const ledger = await openLedger({ season });
    await ledger.start("2025-04-01", "2025-04-03", { concurrency: 1 });
    await ledger.work();
    const [team] = made.league.teams;
    expect(await ledger.db.orm.all(sql`select name from teams where key = ${team?.key}`)).toEqual([
      { name: team?.name },
    ]);
  });

  it("stores every record of the source once and reports the record counts", async () => {
    const season = madeSeason();
    const ledger = await openLedger({ season });
    const id = await ledger.start("2025-04-01", "2025-04-05");
    await ledger.work();

    const expected = ["01", "02", "03", "04", "05"].flatMap((day) =>
      season
        .lineups(`2025-04-${day}`)
        .flatMap(({ teamKey, slots }) =>
          slots.map((e) => `2025-04-${day} ${teamKey} ${e.playerId} ${e.selectedPosition}`),
        ),
    );
    expect(await records(ledger)).toEqual(expected.sort());
    const job = await ledger.job(id);
    expect(job).toMatchObject({
      status: "COMPLETED",
      recordsProcessed: expected.length,
      recordsInserted: expected.length,
      recordsUpdated: 0,
      recordsUnchanged: 0,
      requests: 7,
      retries: 0,
      checkpoint: null,
      progress: { percent: 100, itemsTotal: 60, itemsProcessed: 60, datesCompleted: 5, etaSeconds: 0 },
    });
    expect(job.dates.map((d: { status: string }) => d.status)).toEqual(["DONE", "DONE", "DONE", "DONE", "DONE"]);
    expect(ledger.yahoo.requests.filter((path) => path.includes("/roster;"))).toHaveLength(5);
  });

  it("changes no stored lineup and reports every record as unchanged when it runs again", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-03");
    await ledger.work();
    const before = await records(ledger);
    const versions = () => ledger.db.orm.all(sql`select * from team_days order by date, team_key`);
    const days = await versions();
    const again = await ledger.job(await ledger.start("2025-04-01", "2025-04-03"));
    await ledger.work();
    expect(await ledger.job(again.id)).toMatchObject({
      status: "COMPLETED",
      recordsInserted: 0,
      recordsUpdated: 0,
      recordsUnchanged: before.length,
    });
    expect(await records(ledger)).toEqual(before);
    expect(await versions()).toEqual(days);
  });
});
