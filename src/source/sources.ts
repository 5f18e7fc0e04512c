import { type Clock, DAY, MINUTE, SECOND } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { createBudget, type Window } from "../db/budget.ts";
import type { Db } from "../db/client.ts";
import type { Log } from "../log.ts";
import { redactError, type Secrets } from "../secrets.ts";
import { createLogin } from "./credentials/oauth.ts";
import { createSealer, type Sealer } from "./credentials/seal.ts";
import { createDatabaseStore, createLazyStore, createMemoryStore } from "./credentials/store.ts";
import { type AccessToken, createAccessToken, type TokenCache } from "./credentials/tokens.ts";
import { createDemoSource } from "./demo/demo.ts";
import { createEspnClient } from "./espn/client.ts";
import { createEspnSource, currentSeason, type ScheduleCache } from "./espn/espn.ts";
import type { Fetch } from "./http.ts";
import { parseLeagueKey } from "./leagueKey.ts";
import { createLimiter } from "./limiter.ts";
import { type LineupSource, SourceError } from "./source.ts";
import { createYahooAccount, NO_APPLICATION, NO_KEY, type YahooAccount } from "./yahoo/account.ts";
import { createYahooClient } from "./yahoo/client.ts";
import { createYahooSource } from "./yahoo/yahoo.ts";

/** Returns the source of a league key. Throws LEAGUE_NOT_FOUND for a key of unknown form. */
export type Sources = (leagueKey: string) => LineupSource;

/** A collection at this rate finishes in seconds, but is slow enough to watch. */
const DEMO_REQUESTS_PER_SECOND = 20;
/** Public leagues need no credential, so the budget is counted for ESPN's host. */
const ESPN_REQUESTS_PER_SECOND = 2;

/**
 * Returns the limit of requests per second for a league's source; 0 means unlimited.
 * @param configured REQUESTS_PER_SECOND: the limit for Yahoo; 0 lifts the limits of all sources.
 */
export function requestRate(leagueKey: string, configured: number): number {
  if (configured === 0) return 0;
  const source = parseLeagueKey(leagueKey)?.source;
  return source === "DEMO" ? DEMO_REQUESTS_PER_SECOND : source === "ESPN" ? ESPN_REQUESTS_PER_SECOND : configured;
}

/**
 * Returns a stand-in for the access token if no Yahoo application is configured. For Yahoo's own host, `get` throws an error, because the
 * host requires a token and only an application gets one. Returns undefined for any host that is not Yahoo's own, because such a host may
 * need no token.
 */
function missingToken(baseUrl: string): AccessToken | undefined {
  if (!new URL(baseUrl).host.endsWith(".yahooapis.com")) return undefined;
  const error = () => new SourceError("UNAUTHORIZED", `${NO_APPLICATION}. Then run \`npx lineups login yahoo\``);
  return {
    get: () => Promise.reject(error()),
    refuse: () => {},
    noteOutage: async () => 0,
    noteAnswer: async () => {},
    reset: () => {},
  };
}

/** What the sources of a process need. */
export type SourceParts = {
  fetch: Fetch;
  clock: Clock;
  db: Db;
  secrets: Secrets;
  log: Pick<Log, "warn">;
  tokens?: TokenCache | undefined;
  /** Cached schedules of ESPN, which outlive these sources. */
  schedules?: ScheduleCache | undefined;
  /** Returns the key that is kept on this machine beside the database file. The first call creates the key. */
  localKey?: (() => Promise<string>) | undefined;
};

/** What operators manage: the accounts, budgets and encryption of the sources. */
export type Operated = {
  /** Returns the sealer, which encrypts secrets in the database; undefined when there is no key. */
  sealer: () => Promise<Sealer | undefined>;
  yahooAccount: YahooAccount;
  /** The ids under which the budgets of Yahoo and ESPN are counted. */
  yahooCredential: string;
  espnCredential: string;
  /** Whether ESPN_S2 and ESPN_SWID are set. */
  hasEspnAccount: boolean;
  /** Asks ESPN for one game and returns its current season. Throws SourceError. */
  probeEspn(signal: AbortSignal): Promise<number>;
};

/**
 * Creates all sources of this process, each with one limiter for all jobs. Sends no request. Processes on the same database share one
 * budget per Yahoo application, and one budget for ESPN. A process without limits shares no budget.
 */
export function createSources(config: Config, parts: SourceParts): { source: Sources; operated: Operated } {
  const { fetch, clock, db, secrets } = parts;
  const { requestsPerSecond, concurrency, yahoo, espn } = config;
  const credential = `yahoo ${yahoo.app?.clientId ?? new URL(yahoo.baseUrl).host}`;
  const windows = windowsOf(config);
  const isLimited = requestsPerSecond > 0 || windows.length > 0;
  const spacingMs = requestsPerSecond === 0 ? 0 : SECOND / requestsPerSecond;
  const shared = isLimited ? createBudget(db, credential, { spacingMs, concurrency, windows }) : undefined;
  const { sealer, keyFault, login } = credentialParts(config, parts);
  const store = createLazyStore(async () => {
    const using = await sealer();
    return using ? createDatabaseStore(db, credential, using) : createMemoryStore(db, clock.now, parts.tokens);
  });
  const onSecret = secrets.add;
  const token = login
    ? createAccessToken(
        { clock, login, store, seed: yahoo.refreshToken, log: parts.log },
        { cache: parts.tokens, onSecret },
      )
    : missingToken(yahoo.baseUrl);
  const get = createYahooClient({
    fetch,
    clock,
    limiter: createLimiter(clock, { requestsPerSecond, concurrency }, shared),
    baseUrl: yahoo.baseUrl,
    redact: secrets.redact,
    token,
  });
  const cookies = espn.s2 && espn.swid ? { s2: espn.s2, swid: espn.swid } : undefined;
  const espnCredential = `espn ${new URL(espn.baseUrl).host}`;
  const espnRate = requestsPerSecond === 0 ? 0 : ESPN_REQUESTS_PER_SECOND;
  const espnBudget =
    espnRate === 0 ? undefined : createBudget(db, espnCredential, { spacingMs: SECOND / espnRate, concurrency });
  const espnLimiter = createLimiter(clock, { requestsPerSecond: espnRate, concurrency }, espnBudget);
  const demo = { requestsPerSecond: requestsPerSecond === 0 ? 0 : DEMO_REQUESTS_PER_SECOND, concurrency: 4 };
  const getEspn = createEspnClient({
    fetch,
    clock,
    limiter: espnLimiter,
    baseUrl: espn.baseUrl,
    cookies,
    redact: secrets.redact,
  });
  const sources = {
    YAHOO: createYahooSource(clock, get),
    DEMO: createDemoSource(clock, createLimiter(clock, demo)),
    ESPN: createEspnSource(
      {
        clock,
        hasAccount: cookies !== undefined,
        get: getEspn,
      },
      parts.schedules,
    ),
  };
  const source: Sources = (leagueKey) => {
    const kind = parseLeagueKey(leagueKey)?.source;
    const found = kind && sources[kind];
    if (!found) throw new SourceError("LEAGUE_NOT_FOUND", `No source is known for league key ${leagueKey}`);
    return discreet(found, secrets);
  };
  const yahooAccount = createYahooAccount({
    app: yahoo.app,
    seed: yahoo.refreshToken,
    db,
    clock,
    get,
    parts: login && token && { login, store, credential, token },
    sealer,
    keyFault,
    onSecret,
    redact: secrets.redact,
  });
  const operated: Operated = {
    sealer,
    yahooAccount,
    yahooCredential: credential,
    espnCredential,
    hasEspnAccount: cookies !== undefined,
    probeEspn: (signal) => currentSeason(getEspn, "flb", { signal, meter: { requests: 0, retries: 0 } }),
  };
  return { source, operated };
}

/** Returns the limits of requests to Yahoo in 15 minutes and in a day; leaves out a limit of 0, which means unlimited. */
export function windowsOf({
  requestsPerWindow,
  requestsPerDay,
}: Pick<Config, "requestsPerWindow" | "requestsPerDay">): Window[] {
  const windows = [
    { minutes: 15, requests: requestsPerWindow },
    { minutes: DAY / MINUTE, requests: requestsPerDay },
  ];
  return windows.filter(({ requests }) => requests > 0);
}

/** Creates the client of Yahoo's login if an application is configured. Creates the encryption for Yahoo's tokens if there is a key. */
function credentialParts({ yahoo, encryptionKeys }: Config, { fetch, clock, secrets, log, localKey }: SourceParts) {
  let made: Promise<Sealer | undefined> | undefined;
  let fault: string | null = null;
  const make = async () => {
    if (encryptionKeys.length > 0) return createSealer(encryptionKeys);
    try {
      const key = await localKey?.();
      secrets.keep(key);
      if (key !== undefined) return createSealer([key]);
      fault = NO_KEY;
    } catch (error) {
      fault = `Cannot read or create the key beside the database file: ${error instanceof Error ? error.message : error}`;
    }
    log.warn(`Yahoo's tokens are kept only in memory and are lost when this process ends. ${fault}`);
    return undefined;
  };
  const sealer = () => {
    made ??= make();
    return made;
  };
  /** Returns the reason why there is no key; null when there is a key. */
  const keyFault = async () => ((await sealer()) ? null : fault);
  const { redact } = secrets;
  return { sealer, keyFault, login: yahoo.app && createLogin({ fetch, clock, redact }, yahoo.loginUrl, yahoo.app) };
}

/** Wraps a source so that its errors contain no secrets. Secrets must be removed, because error messages are stored, logged and shown. */
function discreet(source: LineupSource, secrets: Secrets): LineupSource {
  const safely = (error: unknown): never => {
    redactError(error, secrets);
    throw error;
  };
  return {
    ...source,
    league: (...asked) => source.league(...asked).catch(safely),
    async *lineups(...asked) {
      try {
        yield* source.lineups(...asked);
      } catch (error) {
        safely(error);
      }
    },
  };
}
