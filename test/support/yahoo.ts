import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { rosterPayload, rostersPayload, settingsPayload, teamsPayload } from "../../src/source/demo/payload.ts";
import type { League } from "../../src/source/source.ts";
import type { Season } from "./season.ts";

/** The fault of one request: a given answer, a connection reset, or no answer. */
export type Fault = { status: number; body: string | Uint8Array; headers?: Record<string, string> } | "reset" | "hang";

export type StandIn = {
  /** The address of the stand-in's API, for YAHOO_BASE_URL. */
  baseUrl: string;
  /** The address of the stand-in's login, for YAHOO_LOGIN_URL. */
  loginUrl: string;
  /** Requested paths in order, without `/fantasy/v2` and `?format=json`. */
  requests: string[];
  /** Returns the number of requests in flight. */
  underWay: () => number;
  /** Returns how many access tokens were issued. */
  refreshes: () => number;
  /** Times at which access tokens were issued, in milliseconds since 1970. */
  grants: readonly number[];
  /** Returns how many refresh tokens and codes were refused. */
  refusals: () => number;
  season: Season;
  /** Leagues to serve instead of `season`; null to serve `season` alone. */
  seasons: Season[] | null;
  /** Called for each request before it is answered. Returns the fault for the request, or null for a good answer. */
  fault: (path: string, nth: number) => Fault | null;
  /** The valid bearer tokens; null if any token is accepted. */
  goodTokens: Set<string> | null;
  /** Faults of the next token requests, in order. Without a fault, a request gets a new token. */
  loginFaults: Fault[];
  /** The valid refresh token, which each refresh replaces if `rotates` is true. */
  refreshToken: string;
  rotates: boolean;
  /** The lifetime of new access tokens, in seconds. */
  expiresInS: number;
  /** Opens the address, logs in and allows access, as a person does. Returns Yahoo's redirect. Throws if Yahoo would refuse the login. */
  allow: (authorizationUrl: string) => { code: string; state: string; redirectedTo: string };
  /** Called for a request that hangs. `release` lets the hanging request get a good answer. */
  hold: (path: string, release: () => void) => void;
  /** The delay of each answer, in milliseconds. */
  delayMs: number;
  close: () => Promise<void>;
};

/** Returns the settings of a ledger that is logged in at the stand-in. */
export const yahooEnv = ({ baseUrl, loginUrl }: StandIn) => ({
  YAHOO_BASE_URL: baseUrl,
  YAHOO_LOGIN_URL: loginUrl,
  YAHOO_CLIENT_ID: "client",
  YAHOO_CLIENT_SECRET: "secret",
  YAHOO_REFRESH_TOKEN: "refresh-0",
});

/**
 * Starts a real HTTP server on this machine that stands in for Yahoo. A `Response` object is not enough, because it cannot have status 999.
 */
export async function startYahoo(season: Season): Promise<StandIn> {
  let underWay = 0;
  let refreshes = 0;
  let refusals = 0;
  const grants: number[] = [];
  /** Map from a short-lived token to the time of its expiry, in milliseconds since 1970. */
  const lives = new Map<string, number>();
  const server = createServer((request, response) => {
    underWay++;
    response.once("close", () => underWay--);
    void answer(request, response);
  });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "", "http://stand-in");
    if (url.pathname === "/oauth2/get_token") return login(await text(request), response);
    const path = decodeURIComponent(url.pathname.replace("/fantasy/v2", ""));
    standIn.requests.push(path);
    if (standIn.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, standIn.delayMs));
    const fault = standIn.fault(path, standIn.requests.filter((each) => each === path).length);
    if (fault === "hang") await new Promise<void>((resolve) => standIn.hold(path, resolve));
    else if (fault) return fail(request, response, fault);
    if (!request.headers["user-agent"])
      return send(response, 200, "<!DOCTYPE html><title>Yahoo</title>", { "content-type": "text/html" });
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const isOver = Date.now() > (lives.get(token ?? "") ?? Number.POSITIVE_INFINITY);
    if (isOver) return send(response, 401, TOKEN_EXPIRED);
    if (standIn.goodTokens && !standIn.goodTokens.has(token ?? "")) return send(response, 401, TOKEN_EXPIRED);
    return send(response, 200, content(standIn, path) ?? '{"error":{"description":"Invalid resource"}}');
  };

  const login = async (body: string, response: ServerResponse) => {
    const fault = standIn.loginFaults.shift();
    if (fault) return fail(null, response, fault);
    const given = new URLSearchParams(body);
    const isCode = given.get("grant_type") === "authorization_code";
    const isGood = isCode ? await redeem(given) : given.get("refresh_token") === standIn.refreshToken;
    if (!isGood) refusals++;
    if (!isGood) return send(response, 401, '{"error":"invalid_grant"}');
    if (isCode) standIn.refreshToken = `login-${refreshes + 1}`;
    const token = `token-${++refreshes}`;
    grants.push(Date.now());
    if (standIn.expiresInS < 60) lives.set(token, Date.now() + standIn.expiresInS * 1000);
    if (standIn.rotates) standIn.goodTokens?.clear();
    standIn.goodTokens?.add(token);
    if (standIn.rotates && !isCode) standIn.refreshToken = `refresh-${refreshes}`;
    return send(
      response,
      200,
      JSON.stringify({
        access_token: token,
        refresh_token: standIn.refreshToken,
        expires_in: standIn.expiresInS,
        token_type: "bearer",
      }),
    );
  };

  const codes = new Map<string, { challenge: string; redirectUri: string }>();
  /** Checks a login code. A code is valid only once, and only with the redirect address and the PKCE verifier of its login. */
  const redeem = async (given: URLSearchParams): Promise<boolean> => {
    const code = given.get("code") ?? "";
    const issued = codes.get(code);
    codes.delete(code);
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(given.get("code_verifier") ?? ""));
    return (
      issued !== undefined &&
      given.get("redirect_uri") === issued.redirectUri &&
      Buffer.from(hash).toString("base64url") === issued.challenge
    );
  };

  const standIn: StandIn = {
    allow(authorizationUrl) {
      const { origin, pathname, searchParams } = new URL(authorizationUrl);
      const asked = (name: string) => searchParams.get(name) ?? "";
      if (`${origin}${pathname}` !== `${standIn.loginUrl}/oauth2/request_auth` || searchParams.has("scope"))
        throw new Error(`Yahoo would refuse ${authorizationUrl}`);
      const code = `code-${codes.size + 1}`;
      codes.set(code, { challenge: asked("code_challenge"), redirectUri: asked("redirect_uri") });
      return {
        code,
        state: asked("state"),
        redirectedTo: `${asked("redirect_uri")}?code=${code}&state=${asked("state")}`,
      };
    },
    expiresInS: 3600,
    baseUrl: "",
    loginUrl: "",
    requests: [],
    underWay: () => underWay,
    refreshes: () => refreshes,
    grants,
    refusals: () => refusals,
    season,
    seasons: null,
    fault: () => null,
    goodTokens: null,
    loginFaults: [],
    refreshToken: "refresh-0",
    rotates: false,
    hold: () => {},
    delayMs: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  standIn.baseUrl = `${origin}/fantasy/v2`;
  standIn.loginUrl = origin;
  return standIn;
}

/** Error bodies as Yahoo words them (docs/yahoo.md, Errors). */
const error = (description: string) =>
  JSON.stringify({ error: { "xml:lang": "en-us", "yahoo:uri": "/fantasy/v2/x", description, detail: "" } });
const TOKEN_EXPIRED = error(
  'Please provide valid credentials. OAuth oauth_problem="token_expired", realm="yahooapis.com"',
);
export const ANSWERS = {
  rateLimited: { status: 999, body: "Request denied" },
  serverError: { status: 500, body: "<html>Internal Server Error</html>" },
  html: {
    status: 200,
    body: "<!DOCTYPE html><html><title>Yahoo</title></html>",
    headers: { "content-type": "text/html" },
  },
  truncated: { status: 200, body: '{"fantasy_content":{"league":[{"league_key":"458.l' },
  tokenRefused: {
    status: 401,
    body: error('Please provide valid credentials. OAuth oauth_problem="token_rejected", realm="yahooapis.com"'),
  },
  appNotApproved: { status: 403, body: error("This application is not authorized to perform this action.") },
  privateLeague: {
    status: 400,
    body: error("You are not allowed to view this page because you are not in this league."),
  },
  unknownLeague: {
    status: 400,
    body: error("There was a temporary problem with the server. Please try again shortly."),
  },
} satisfies Record<string, Fault>;

/** Map from an array of lineups to the cached answer that shows these lineups. */
const PAYLOADS = new WeakMap<object, { league: League; body: string }>();

function content({ season, seasons }: StandIn, path: string): string | null {
  const { league, lineups } = seasons?.find((each) => path.includes(`/${each.league.key}`)) ?? season;
  const mine = /^\/users;use_login=1\/games;game_codes=(\w+);seasons=(\d+)\/leagues$/.exec(path);
  if (mine)
    return myLeaguesPayload(
      (seasons ?? [season]).map((each) => each.league),
      mine[1] ?? "",
      Number(mine[2]),
    );
  if (path === "/game/mlb") return '{"fantasy_content":{"game":[{"game_key":"458","code":"mlb"}]}}';
  if (/^\/league\/(mlb|nfl|\d+)\.l\.\d+\/settings$/.test(path)) return settingsPayload(league);
  if (path === `/league/${league.key}/teams`) return teamsPayload(league);
  const date = /;date=([\d-]+)$/.exec(path)?.[1] ?? "";
  if (path.startsWith(`/league/${league.key}/teams/roster;`)) {
    const teams = lineups(date);
    const made = PAYLOADS.get(teams);
    if (made?.league === league) return made.body;
    const body = rostersPayload(league, date, teams);
    PAYLOADS.set(teams, { league, body });
    return body;
  }
  const team = lineups(date).find(({ teamKey }) => path.startsWith(`/team/${teamKey}/roster;`));
  return team ? rosterPayload(league, date, team) : null;
}

/** Returns the payload with the account's leagues of one game and season. */
function myLeaguesPayload(all: readonly League[], sport: string, season: number): string {
  const collection = (name: string, items: unknown[]) =>
    items.length === 0 ? [] : { ...items.map((each) => ({ [name]: each })), count: items.length };
  const leagues = all
    .filter((league) => league.sport === sport && league.season === season)
    .map(({ key, name, teams, startDate, endDate }) => [
      {
        league_key: key,
        name,
        num_teams: teams.length,
        game_code: sport,
        season: String(season),
        start_date: startDate,
        end_date: endDate,
      },
    ]);
  const games = leagues.length === 0 ? [] : [[{ code: sport }, { leagues: collection("league", leagues) }]];
  const users = [[{ guid: "CANARY-GUID" }, { games: collection("game", games) }]];
  return JSON.stringify({ fantasy_content: { users: collection("user", users) } });
}

function fail(request: IncomingMessage | null, response: ServerResponse, fault: Fault): void {
  if (fault === "reset") request?.socket.destroy();
  else if (fault !== "hang") send(response, fault.status, fault.body, fault.headers);
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
