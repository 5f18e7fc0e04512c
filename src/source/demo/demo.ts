import { isDate } from "../../calendar.ts";
import type { Clock } from "../../clock.ts";
import type { Fetch } from "../http.ts";
import { PACIFIC } from "../leagueKey.ts";
import type { Limiter } from "../limiter.ts";
import type { LineupSource } from "../source.ts";
import { createYahooClient } from "../yahoo/client.ts";
import { createYahooSource } from "../yahoo/yahoo.ts";
import { DEMO_LEAGUE_KEY, demoLeague } from "./league.ts";
import { rosterPayload, rostersPayload, settingsPayload, teamsPayload } from "./payload.ts";
import { demoLineups } from "./roster.ts";

/** This host name is never looked up, because {@link createDemoFetch} answers every request within the process. */
const BASE_URL = "https://demo.invalid/fantasy/v2";

/** Creates the source of the demo league. The demo source needs no account and no network, and uses Yahoo's client and parser. */
export function createDemoSource(clock: Clock, limiter: Limiter): LineupSource {
  const get = createYahooClient({
    fetch: createDemoFetch(clock),
    clock,
    limiter,
    baseUrl: BASE_URL,
    token: undefined,
    redact: (text) => text,
  });
  const yahoo = createYahooSource(clock, get);
  return {
    ...yahoo,
    kind: "DEMO",
    league: async (key, options) => ({ ...(await yahoo.league(key, options)), source: "DEMO" }),
  };
}

/** Creates a `fetch` that answers as Yahoo would if it had the demo league. */
function createDemoFetch(clock: Clock): Fetch {
  return async (input) => {
    const path = decodeURIComponent(new URL(input).pathname.slice("/fantasy/v2".length));
    const league = demoLeague(PACIFIC.dateAt(clock.now()));
    if (path === `/league/${DEMO_LEAGUE_KEY}/settings`) return json(settingsPayload(league));
    if (path === `/league/${DEMO_LEAGUE_KEY}/teams`) return json(teamsPayload(league));
    const date = /;date=(\S+)$/.exec(path)?.[1] ?? "";
    if (!isDate(date)) return json('{"error":{"description":"Invalid date"}}', 400);
    const lineups = demoLineups(league, date);
    if (path.startsWith(`/league/${DEMO_LEAGUE_KEY}/teams/roster;`)) return json(rostersPayload(league, date, lineups));
    const team = lineups.find(({ teamKey }) => path.startsWith(`/team/${teamKey}/roster;`));
    return team ? json(rosterPayload(league, date, team)) : json('{"error":{"description":"Unknown resource"}}', 404);
  };
}

function json(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}
