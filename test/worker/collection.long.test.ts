import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { storedRecords } from "../support/kills.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { hasRealWeeks, REAL_END, REAL_RECORDS, REAL_START, realWeeks } from "../support/season.ts";

const records = ({ db }: Pick<Ledger, "db">) => storedRecords(db);

describe.skipIf(!hasRealWeeks)("collection of five real weeks", () => {
  it("stores exactly the league's records with one request per date, and inserts no record when it runs again", async () => {
    const season = realWeeks();
    const ledger = await openLedger({ season });
    const id = await ledger.start(REAL_START, REAL_END);
    await ledger.work();

    expect(season.rows).toHaveLength(REAL_RECORDS);
    const expected = season.rows
      .map(({ date, teamKey, playerId, slot }) => `${date} ${teamKey} ${playerId} ${slot}`)
      .sort();
    expect(await records(ledger)).toEqual(expected);
    const rosterRequests = ledger.yahoo.requests.filter((path) => path.includes("/roster;"));
    const others = ledger.yahoo.requests.filter((path) => !path.includes("/roster;"));
    expect(rosterRequests).toHaveLength(35);
    expect(new Set(ledger.yahoo.requests).size).toBe(ledger.yahoo.requests.length);
    expect(others.length).toBeGreaterThanOrEqual(2);
    expect(others.length).toBeLessThanOrEqual(4);
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", recordsInserted: REAL_RECORDS });

    const again = await ledger.start(REAL_START, REAL_END);
    await ledger.work();
    expect(await ledger.job(again)).toMatchObject({
      status: "COMPLETED",
      recordsInserted: 0,
      recordsUpdated: 0,
      recordsUnchanged: REAL_RECORDS,
    });
    expect(await records(ledger)).toEqual(expected);

    const plain = season.lineups;
    ledger.yahoo.season = {
      ...season,
      lineups: (date) =>
        plain(date).map((team, i) =>
          date === "2025-04-10" && i === 3
            ? { ...team, slots: team.slots.map((e, j) => (j === 0 ? { ...e, selectedPosition: "BN" } : e)) }
            : team,
        ),
    };
    const third = await ledger.start(REAL_START, REAL_END);
    await ledger.work();
    expect(await ledger.job(third)).toMatchObject({
      recordsInserted: 0,
      recordsUpdated: 1,
      recordsUnchanged: REAL_RECORDS - 1,
    });
    const moved = plain("2025-04-10")[3];
    expect(
      await ledger.db.orm.all(
        sql`select date, team_key, player_id, kind, from_position, to_position, previous_job_id, job_id from lineup_changes`,
      ),
    ).toEqual([
      {
        date: "2025-04-10",
        team_key: moved?.teamKey,
        player_id: moved?.slots[0]?.playerId,
        kind: "MOVED",
        from_position: moved?.slots[0]?.selectedPosition,
        to_position: "BN",
        previous_job_id: id,
        job_id: third,
      },
    ]);
    expect(await records(ledger)).toHaveLength(REAL_RECORDS);
  });
});
