import { statSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { ask } from "../ask.ts";
import { copyLeagues, DATES, openFile, serverOn, sourceOf } from "../ledger.ts";
import { report, temporaryFolder, timed } from "../row.ts";

// Measures the time to write a date and the file size, in ledgers of 1, 10 and 50 seasons of a league.

const source = sourceOf();
let one = 0;
for (const seasons of [1, 10, 50]) {
  const path = join(temporaryFolder(), "ledger.db");
  const db = await openFile(path);
  const server = serverOn(db, source);
  const collect = async (key: string, days: number) => {
    await ask(
      server,
      `mutation { startCollection(input: { leagueKey: "${key}", start: "${DATES[0]}", end: "${DATES[days - 1]}", concurrency: 1 }) { job { id } } }`,
    );
    return timed(async () => {
      while (await server.tick({ budgetMs: 3_600_000 }));
    });
  };
  await collect("458.l.1", DATES.length);
  await copyLeagues(db, "458.l.1", seasons - 1);
  const ms = (await collect("458.l.9000", 30)) / 30;
  one ||= ms;
  const [counted] = await db.orm.all<{ n: number }>(sql`select count(*) as n from daily_lineups`);
  await server.close();
  const records = counted?.n ?? 1;
  report({
    what: `write a date, ${seasons} seasons in the ledger`,
    ours: ms,
    unit: "ms",
    against: "with one season",
    limit: one,
    goal: null,
  });
  report({
    what: `… file size per record`,
    ours: statSync(path).size / records / 1_000,
    unit: "kB",
    against: "with one season",
    limit: statSync(path).size / records / 1_000,
    goal: null,
  });
}
process.exit(0);
