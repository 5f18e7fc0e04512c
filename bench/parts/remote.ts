import { createClient } from "@libsql/client";
import { sql } from "drizzle-orm";
import { openDb } from "../../src/db/client.ts";
import { startSqld } from "../../test/support/sqld.ts";
import { ask } from "../ask.ts";
import { DATES, leagueOf, serverOn, sourceOf } from "../ledger.ts";
import { median, medianOf, report, timed } from "../row.ts";

// Measures writing a date to sqld over HTTP, compared with one bare batch that inserts the same records.

const DAYS = 20;
const KEY = "458.l.1";
const sqld = await startSqld();
const source = sourceOf();
for (const date of DATES.slice(0, DAYS)) for await (const _ of source.lineups(leagueOf(KEY), date, {} as never));
const db = openDb({ url: sqld.url });
const server = serverOn(db, source);
const rounds: number[] = [];
for (const environment of ["PRODUCTION", "TEST"]) {
  await ask(
    server,
    `mutation { startCollection(input: { leagueKey: "${KEY}", start: "${DATES[0]}", end: "${DATES[DAYS - 1]}", concurrency: 1, environment: ${environment} }) { job { id } } }`,
  );
  rounds.push(
    (await timed(async () => {
      while (await server.tick({ budgetMs: 3_600_000 }));
    })) / DAYS,
  );
}
const names =
  "environment, league_key, date, team_key, player_id, player_name, selected_position, position_type, eligible_positions, player_team, player_status, observed_at, job_id";
const rows = await db.orm.all<Record<string, string | number | null>>(
  sql.raw(`select ${names} from daily_lineups where environment = 'PRODUCTION' and date = '${DATES[0]}'`),
);
const client = createClient({ url: sqld.url });
await client.execute(`create table bare (${names.replaceAll(",", " text,")} text)`);
const statements = rows.map((row) => ({
  sql: `insert into bare values (${Object.keys(row).map(() => "?")})`,
  args: Object.values(row),
}));
const bare = await medianOf(9, () => client.batch(statements, "write"));
report({
  what: `write a date of ${rows.length} records to sqld`,
  ours: median(rounds),
  unit: "ms",
  against: "a bare batch of its inserts",
  limit: bare,
  goal: null,
});
await server.close();
await sqld.close();
process.exit(0);
