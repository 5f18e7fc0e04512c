import * as v from "valibot";
import { SECOND } from "../clock.ts";
import { type ApiToken, DEFAULTS, type LOG_LEVELS, SECRET, VARIABLES, type Variable } from "./variables.ts";

/** An application registered with Yahoo. */
export type YahooApp = { clientId: string; clientSecret: string; redirectUri: string };

export type Config = {
  database: { url: string; authToken: string | undefined };
  host: string;
  port: number;
  /**
   * The address at which people reach the server, such as `https://ledger.example`. A server behind a proxy cannot find out its public
   * address by itself.
   */
  publicUrl: string | undefined;
  /** Addresses of proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies: string[];
  /** Origins of other sites' pages that may use the server. */
  corsOrigins: string[];
  /** Whether webhooks may point into the server's own network. */
  webhooksPrivate: boolean;
  /** Whether callers may see the schema: in the playground, by introspection and in suggestions. */
  playground: boolean;
  yahoo: {
    baseUrl: string;
    loginUrl: string;
    app: YahooApp | undefined;
    /** Refresh token of a login with another tool. A new value takes precedence over the stored tokens; a known value does not. */
    refreshToken: string | undefined;
  };
  espn: { baseUrl: string; s2: string | undefined; swid: string | undefined };
  /** Requests per second to Yahoo, over all processes of a database that use the same application; 0 is unlimited. */
  requestsPerSecond: number;
  /** Maximum number of requests to Yahoo in 15 minutes, and in a day, over all processes of a database; 0 is unlimited. */
  requestsPerWindow: number;
  requestsPerDay: number;
  /** Maximum number of requests in flight to a source. The maximum applies to jobs that set no maximum of their own. */
  concurrency: number;
  apiTokens: ApiToken[];
  /** Keys for the tokens in the database. The ledger encrypts with the first key, and can decrypt with every key. */
  encryptionKeys: string[];
  logLevel: LogLevel;
  /** Whether the process answers requests, and whether it works on jobs; at least one of the two is true. */
  serves: boolean;
  works: boolean;
  /** Length of a lease in milliseconds: how soon another worker can claim the job of a killed worker. */
  leaseMs: number;
  /**
   * Maximum number of requests that the platform allows per invocation. A subscription ends itself long before it has made as
   * many requests as the platform allows.
   */
  subrequests: number;
  /** Number of teams whose lineups are stored together when a date is collected team by team. */
  progressEveryTeams: number;
};

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Thrown by {@link parseConfig}; its message has one line per fault. */
export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map((f) => `  ${f}`).join("\n")}`,
    );
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/** Yahoo publishes no limit; users report blocks after some 450 requests in 15 minutes (docs/yahoo.md, Limits). */
const REQUESTS_PER_WINDOW = 400;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Reads the configuration from environment variables, all optional; docs/operating.md lists them. An empty value counts as not set. Throws
 * a {@link ConfigError} that names every fault at once.
 * @param cloud Name of a platform that is publicly reachable and keeps no files, such as Cloudflare Workers. If `cloud` is given, tokens
 * and a remote database are required.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, cloud?: string): Config {
  const faults: string[] = [];

  const read = <K extends Variable>(name: K): v.InferOutput<(typeof VARIABLES)[K]> | undefined => {
    const given = env[name]?.trim() || (DEFAULTS as Partial<Record<Variable, string>>)[name];
    if (given === undefined) return undefined;
    const parsed = v.safeParse(VARIABLES[name], given);
    if (parsed.success) return parsed.output as v.InferOutput<(typeof VARIABLES)[K]>;
    faults.push(
      `${name} is ${SECRET.has(name) || given.includes("@") ? "malformed" : JSON.stringify(given)}; allowed: ${parsed.issues[0].message}`,
    );
    return undefined;
  };

  const clientId = read("YAHOO_CLIENT_ID");
  const clientSecret = read("YAHOO_CLIENT_SECRET");
  const refreshToken = read("YAHOO_REFRESH_TOKEN");
  const redirectUri = read("YAHOO_REDIRECT_URI") ?? "";
  const together = (values: Readonly<Partial<Record<Variable, string | undefined>>>, allowed: string) => {
    const [set, missing] = [true, false].map((isSet) =>
      Object.entries(values).flatMap(([name, value]) => (Boolean(value) === isSet ? [name] : [])),
    );
    if (set?.length && missing?.length)
      faults.push(`${set.join(" and ")} is set, but not ${missing.join(" and ")}; allowed: ${allowed}`);
  };
  together({ YAHOO_CLIENT_ID: clientId, YAHOO_CLIENT_SECRET: clientSecret }, "both, or neither");
  if (refreshToken)
    together({ YAHOO_REFRESH_TOKEN: refreshToken, YAHOO_CLIENT_ID: clientId }, "both, or no refresh token");
  const [s2, swid] = [read("ESPN_S2"), read("ESPN_SWID")];
  together({ ESPN_S2: s2, ESPN_SWID: swid }, "both, or neither");

  const config: Partial<Config> = {
    database: { url: read("DATABASE_URL") ?? "", authToken: read("DATABASE_AUTH_TOKEN") },
    host: read("HOST"),
    port: read("PORT"),
    publicUrl: read("PUBLIC_URL"),
    trustedProxies: read("TRUSTED_PROXY") ?? [],
    corsOrigins: read("CORS_ORIGINS") ?? [],
    webhooksPrivate: read("WEBHOOKS_PRIVATE") === "on",
    yahoo: {
      baseUrl: read("YAHOO_BASE_URL") ?? "",
      loginUrl: read("YAHOO_LOGIN_URL") ?? "",
      app: clientId && clientSecret ? { clientId, clientSecret, redirectUri } : undefined,
      refreshToken,
    },
    espn: { baseUrl: read("ESPN_BASE_URL") ?? "", s2, swid },
    requestsPerSecond: read("REQUESTS_PER_SECOND"),
    requestsPerWindow: read("REQUESTS_PER_WINDOW"),
    requestsPerDay: read("REQUESTS_PER_DAY"),
    concurrency: read("CONCURRENCY"),
    apiTokens: read("API_TOKENS") ?? [],
    encryptionKeys: read("ENCRYPTION_KEY") ?? [],
    logLevel: read("LOG_LEVEL"),
    ...does(read("WORKER")),
    leaseMs: (read("LEASE_SECONDS") ?? 0) * SECOND,
    progressEveryTeams: read("PROGRESS_EVERY_TEAMS"),
    subrequests: read("SUBREQUESTS"),
  };

  // By default the schema is shown only if the server can be reached from this machine alone.
  const isHere = cloud === undefined && LOOPBACK.test(config.host ?? "") && config.publicUrl === undefined;
  config.playground = (read("PLAYGROUND") ?? (isHere ? "on" : "off")) === "on";
  // Without a limit per second, the requests per window are unlimited, too, unless a limit per window is set.
  config.requestsPerWindow ??= config.requestsPerSecond === 0 ? 0 : REQUESTS_PER_WINDOW;
  if (cloud !== undefined) {
    if (!env.API_TOKENS?.trim())
      faults.push(
        `API_TOKENS is required because ${cloud} is publicly reachable; allowed: name:role:token, comma-separated`,
      );
    if (config.database?.url.startsWith("file:"))
      faults.push(
        `DATABASE_URL must be a remote database because ${cloud} keeps no files; allowed: libsql:// or https://`,
      );
  } else if (
    config.serves &&
    config.host !== undefined &&
    !LOOPBACK.test(config.host) &&
    config.apiTokens?.length === 0
  ) {
    faults.push(
      `HOST is ${JSON.stringify(config.host)}, which others can reach, but API_TOKENS is not set; ` +
        "allowed: 127.0.0.1, or any host together with API_TOKENS",
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config as Config;
}

const does = (worker: "on" | "off" | "only" | undefined) => ({ serves: worker !== "only", works: worker !== "off" });
