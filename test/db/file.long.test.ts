import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { makeDatabase } from "../support/ledger.ts";

describe("concurrent statements", () => {
  it("let a timer fire between any two slow statements", async () => {
    const db = openDb({ url: await makeDatabase() });
    // Keeps the database busy for about fifty milliseconds (more than eight milliseconds on a fast machine).
    const long = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000) select sum(i) as s from n`;
    let turns = 0;
    let isOver = false;
    const tick = () => {
      turns++;
      if (!isOver) setTimeout(tick, 0);
    };
    tick();
    await Promise.all(Array.from({ length: 10 }, () => db.orm.all(long)));
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(9);
    await db.close();
  });
});
