import { type Clock, SECOND } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { createBudget } from "../db/budget.ts";
import type { Db } from "../db/client.ts";
import { redactError, type Secrets } from "../secrets.ts";
import { createDemoSource } from "./demo/demo.ts";
import type { Fetch } from "./http.ts";
import { parseLeagueKey } from "./leagueKey.ts";
import { createLimiter } from "./limiter.ts";
import { type LineupSource, SourceError } from "./source.ts";
import { type AccessToken, createAccessToken, type TokenCache } from "./yahoo/token.ts";
import { createYahooSource } from "./yahoo/yahoo.ts";

/** The source that a league key names. Throws LEAGUE_NOT_FOUND for a key of no known form. */
export type Sources = (leagueKey: string) => LineupSource;

/** Enough to be over in seconds, slow enough to be watched. */
const DEMO_REQUESTS_PER_SECOND = 20;

/** Yahoo's own host answers nobody without a token; another one, configured by hand, may. */
function missingToken(baseUrl: string): AccessToken | undefined {
  if (!new URL(baseUrl).host.endsWith(".yahooapis.com")) return undefined;
  const error = () =>
    new SourceError(
      "UNAUTHORIZED",
      "Yahoo wants credentials and none are configured: set YAHOO_CLIENT_ID, YAHOO_CLIENT_SECRET and YAHOO_REFRESH_TOKEN",
    );
  return { get: () => Promise.reject(error()), refuse: () => {} };
}

/**
 * All sources of this process, each with one limiter for all jobs; nothing is asked for before a job asks.
 * The processes of a database share what they may ask of Yahoo, by the application's id: one that is not limited shares nothing.
 */
export function createSources(
  config: Config,
  {
    fetch,
    clock,
    db,
    secrets,
    tokens,
  }: { fetch: Fetch; clock: Clock; db: Db; secrets: Secrets; tokens?: TokenCache | undefined },
): Sources {
  const { requestsPerSecond, concurrency, yahoo } = config;
  const credential = `yahoo ${yahoo.credentials?.clientId ?? new URL(yahoo.baseUrl).host}`;
  const shared =
    requestsPerSecond === 0
      ? undefined
      : createBudget(db, credential, { spacingMs: SECOND / requestsPerSecond, concurrency });
  const sources = {
    YAHOO: createYahooSource({
      fetch,
      clock,
      limiter: createLimiter(clock, { requestsPerSecond, concurrency }, shared),
      baseUrl: yahoo.baseUrl,
      redact: secrets.redact,
      token: yahoo.credentials
        ? createAccessToken(fetch, clock, yahoo.loginUrl, yahoo.credentials, { known: tokens, onToken: secrets.add })
        : missingToken(yahoo.baseUrl),
    }),
    DEMO: createDemoSource(
      clock,
      createLimiter(clock, {
        requestsPerSecond: requestsPerSecond === 0 ? 0 : DEMO_REQUESTS_PER_SECOND,
        concurrency: 4,
      }),
    ),
    ESPN: undefined,
  };
  return (leagueKey) => {
    const kind = parseLeagueKey(leagueKey)?.source;
    const source = kind && sources[kind];
    if (!source) throw new SourceError("LEAGUE_NOT_FOUND", `No source is known for league key ${leagueKey}`);
    return discreet(source, secrets);
  };
}

/** The same source, whose errors repeat no secret: what a source says of its failures is stored, logged and shown. */
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
