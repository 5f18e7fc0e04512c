import * as v from "valibot";
import { SECOND } from "../clock.ts";
import { type ApiToken, DEFAULTS, type LOG_LEVELS, SECRET, VARIABLES, type Variable } from "./variables.ts";

/** An application that is registered at Yahoo. */
export type YahooApp = { clientId: string; clientSecret: string; redirectUri: string };

export type Config = {
  database: { url: string; authToken: string | undefined };
  host: string;
  port: number;
  /** The address under which people reach the server, `https://ledger.example`: its own host is not known behind a proxy. */
  publicUrl: string | undefined;
  /** Addresses of proxies whose `X-Forwarded-For` says who the client is. */
  trustedProxies: string[];
  /** Origins of pages elsewhere that may use the server. */
  corsOrigins: string[];
  /** Whether webhooks may lead into the server's own network. */
  webhooksPrivate: boolean;
  /** Whether the schema is shown to whoever may ask: by the playground, introspection and suggestions. */
  playground: boolean;
  yahoo: {
    baseUrl: string;
    loginUrl: string;
    app: YahooApp | undefined;
    /** Of another tool's login, where the ledger's own is not used. */
    refreshToken: string | undefined;
  };
  espn: { baseUrl: string; s2: string | undefined; swid: string | undefined };
  /** Spacing of requests to a source, over all jobs of the process; 0 is unlimited. */
  requestsPerSecond: number;
  /** How many requests to Yahoo are made in a quarter of an hour, and in a day, over all processes of a database; 0 is unlimited. */
  requestsPerWindow: number;
  requestsPerDay: number;
  /** Requests under way at once, over all jobs of the process, and the default of a job's own setting. */
  concurrency: number;
  apiTokens: ApiToken[];
  /** What encrypts tokens in the database: the first seals, each of them opens. */
  encryptionKeys: string[];
  logLevel: LogLevel;
  /** Whether it answers requests, and whether it works on jobs; at least one of them. */
  serves: boolean;
  works: boolean;
  /** How long a claim lasts without a sign of life, in milliseconds: how soon a killed worker's job is taken up by another worker. */
  leaseMs: number;
  /** How many requests the platform lets one invocation make: a subscription ends itself long before. */
  subrequests: number;
  /** Where a date has to be collected team by team, what is there is stored after this many teams. */
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

/** Yahoo blocks after some 450 requests in a quarter of an hour (yahoo.md, section 4). */
const REQUESTS_PER_WINDOW = 400;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Reads the configuration from environment variables, all optional; docs/operating.md lists them.
 * An empty value counts as not set. Throws a {@link ConfigError} that names every fault at once.
 * @param cloud Where it runs, if that is a place that everybody can reach and that keeps no files, as Cloudflare Workers:
 * there tokens and a remote database are wanted.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, cloud?: string): Config {
  const faults: string[] = [];

  const read = <K extends Variable>(name: K): v.InferOutput<(typeof VARIABLES)[K]> | undefined => {
    const given = env[name]?.trim() || (DEFAULTS as Partial<Record<Variable, string>>)[name];
    if (given === undefined) return undefined;
    const parsed = v.safeParse(VARIABLES[name], given);
    if (parsed.success) return parsed.output as v.InferOutput<(typeof VARIABLES)[K]>;
    faults.push(
      `${name} is ${SECRET.has(name) || given.includes("@") ? "not in its form" : JSON.stringify(given)}; allowed: ${parsed.issues[0].message}`,
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

  // On this machine the schema is there to be looked at; elsewhere somebody has to want that.
  const isHere = cloud === undefined && LOOPBACK.test(config.host ?? "") && config.publicUrl === undefined;
  config.playground = (read("PLAYGROUND") ?? (isHere ? "on" : "off")) === "on";
  // Whoever wants no limit wants this one neither, unless it is set.
  config.requestsPerWindow ??= config.requestsPerSecond === 0 ? 0 : REQUESTS_PER_WINDOW;
  if (cloud !== undefined) {
    if (!env.API_TOKENS?.trim())
      faults.push(`API_TOKENS is not set, and everybody can reach ${cloud}; allowed: name:role:token, comma-separated`);
    if (config.database?.url.startsWith("file:"))
      faults.push(
        `DATABASE_URL is not set to a remote database, and ${cloud} keeps no files; allowed: libsql:// or https://`,
      );
  } else if (
    config.serves &&
    config.host !== undefined &&
    !LOOPBACK.test(config.host) &&
    config.apiTokens?.length === 0
  ) {
    faults.push(
      `HOST is ${JSON.stringify(config.host)}, which others can reach, and API_TOKENS is not set; allowed: 127.0.0.1, or any host together with API_TOKENS`,
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config as Config;
}

const does = (worker: "on" | "off" | "only" | undefined) => ({ serves: worker !== "only", works: worker !== "off" });
