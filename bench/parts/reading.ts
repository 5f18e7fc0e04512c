import { join } from "node:path";
import { sql } from "drizzle-orm";
import { ask } from "../ask.ts";
import { FIRST, LAST, openFile, serverOn, sourceOf } from "../ledger.ts";
import { medianOf, report, temporaryFolder } from "../row.ts";

// Measures client queries on a season of 84,240 records, through HTTP and GraphQL, compared with bare SQL statements that read the same
// data. `node bench/read.ts` measures every query.

const KEY = "458.l.1";
const db = await openFile(join(temporaryFolder(), "ledger.db"));
const server = serverOn(db, sourceOf());
await ask(
  server,
  `mutation { startCollection(input: { leagueKey: "${KEY}", start: "${FIRST}", end: "${LAST}" }) { job { id } } }`,
);
while (await server.tick({ budgetMs: 3_600_000 }));

const RANGE = `leagueKey: "${KEY}", start: "${FIRST}", end: "${LAST}"`;
const HERE = `environment = 'PRODUCTION' and league_key = '${KEY}'`;
const ALL = "json_group_array(json_array(player_id, player_name, selected_position, player_team, player_status))";
/** For each query: the limit in milliseconds, the number of rounds, and a statement that reads the same data. */
const QUERIES: readonly [what: string, query: string, statement: string, limit: number, rounds: number][] = [
  [
    "page of 50 lineups with slots",
    `{ lineups(${RANGE}, first: 50) { pageInfo { endCursor } nodes { date team { name } slots { selectedPosition player { name } playerTeam } } } }`,
    `select date, team_key, ${ALL} from daily_lineups where ${HERE} and date <= '2025-04-03' group by date, team_key limit 50`,
    12,
    60,
  ],
  [
    "a player's season",
    `{ playerUsage(${RANGE}, playerId: "9001") { daysStarted byPosition { position days } timeline { date state position } } }`,
    `select date, team_key, selected_position from daily_lineups where league_key = '${KEY}' and player_id = '9001'
      and ten_dates in (select distinct ten_dates from daily_lineups where ${HERE} and team_key = '${KEY}.t.1')`,
    3,
    60,
  ],
  [
    "a team's summary",
    `{ teamSummary(teamKey: "${KEY}.t.3", start: "${FIRST}", end: "${LAST}") { distinctLineups playersUsed benchDaysByPosition { days } } }`,
    `select date, ${ALL} from daily_lineups where ${HERE} and date in (select date from league_dates where ${HERE}) and team_key = '${KEY}.t.3' group by date`,
    10,
    60,
  ],
  [
    "a season validated",
    `{ validation(${RANGE}) { errors warnings findings { code } } }`,
    `select date, team_key, ${ALL} from daily_lineups where ${HERE} group by date, team_key`,
    100,
    5,
  ],
];
for (const [what, query, statement, limit, rounds] of QUERIES) {
  const ours = await medianOf(rounds, () => ask(server, query));
  const bare = await medianOf(rounds, () => db.orm.all(sql.raw(statement)));
  report({ what, ours, unit: "ms", against: "set", limit, goal: 1 });
  report({
    what: `${what}, beside its statement`,
    ours,
    unit: "ms",
    against: "one statement",
    limit: bare,
    goal: null,
  });
}
process.exit(0);
