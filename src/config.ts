import * as v from "valibot";

/** A caller of the API: who it is and what it may do. Viewers read; operators also start, pause and cancel jobs. */
export type ApiToken = { name: string; role: "viewer" | "operator"; token: string };

export type YahooCredentials = {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  redirectUri: string;
};

export type Config = {
  database: { url: string; authToken: string | undefined };
  host: string;
  port: number;
  yahoo: { baseUrl: string; loginUrl: string; credentials: YahooCredentials | undefined };
  espn: { baseUrl: string; s2: string | undefined; swid: string | undefined };
  /** Spacing of requests to a source, over all jobs of the process; 0 is unlimited. */
  requestsPerSecond: number;
  /** Requests under way at once, over all jobs of the process, and the default of a job's own setting. */
  concurrency: number;
  apiTokens: ApiToken[];
  encryptionKey: string | undefined;
  logLevel: LogLevel;
  /** False serves the API only. */
  worker: boolean;
  /** How long a claim lasts without a sign of life, in milliseconds: how soon a killed worker's job goes on elsewhere. */
  leaseMs: number;
  /** Where a date has to be collected team by team, what is there is stored after this many teams. */
  progressEveryTeams: number;
};

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
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

const SECOND = 1000;

const optional = v.optional(v.pipe(v.string(), v.trim()));
const whole = (least: number, most: number, allowed: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,9}$/, allowed),
    v.transform(Number),
    v.minValue(least, allowed),
    v.maxValue(most, allowed),
  );
const url = (allowed: string, protocols: readonly string[]) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.check(
      (text) =>
        URL.canParse(text) &&
        protocols.includes(new URL(text).protocol) &&
        !/^\w+:\/*$/.test(text) &&
        new URL(text).password === "",
      allowed,
    ),
    v.transform((text) => text.replace(/\/+$/, "")),
  );
const web = url("an address that starts with http:// or https://", ["http:", "https:"]);

const apiTokens = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .split(",")
      .map((entry) => entry.trim())
      .filter(Boolean),
  ),
  v.check(
    (entries) => entries.every((entry) => /^[^:\s]+:(viewer|operator):\S{16,}$/.test(entry)),
    "name:role:token, comma-separated; role viewer or operator; a token of at least 16 characters",
  ),
  v.transform((entries) =>
    entries.map((entry): ApiToken => {
      const [name = "", role, ...token] = entry.split(":");
      return { name, role: role === "operator" ? "operator" : "viewer", token: token.join(":") };
    }),
  ),
  v.check(
    (tokens) =>
      new Set(tokens.map(({ name }) => name)).size === tokens.length &&
      new Set(tokens.map(({ token }) => token)).size === tokens.length,
    "each name and each token once",
  ),
);

/** Every variable: its form and, in the message, what is allowed. Values that are secret are never repeated in a fault. */
const VARIABLES = {
  DATABASE_URL: url("file:PATH, libsql://, http(s):// or ws(s)://", [
    "file:",
    "libsql:",
    "http:",
    "https:",
    "ws:",
    "wss:",
  ]),
  DATABASE_AUTH_TOKEN: optional,
  HOST: v.pipe(v.string(), v.trim(), v.regex(/^[\w.:-]+$/, "a host name or an address to listen on")),
  PORT: whole(0, 65_535, "a whole number from 0 to 65535; 0 picks a free port"),
  YAHOO_CLIENT_ID: optional,
  YAHOO_CLIENT_SECRET: optional,
  YAHOO_REFRESH_TOKEN: optional,
  YAHOO_REDIRECT_URI: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^(oob|https:\/\/\S+)$/, "oob, or an address that starts with https://"),
  ),
  YAHOO_BASE_URL: web,
  YAHOO_LOGIN_URL: web,
  ESPN_BASE_URL: web,
  ESPN_S2: optional,
  ESPN_SWID: optional,
  REQUESTS_PER_SECOND: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,3}(\.\d{1,3})?$/, "a number from 0 to 100; 0 is unlimited"),
    v.transform(Number),
    v.maxValue(100, "a number from 0 to 100; 0 is unlimited"),
  ),
  CONCURRENCY: whole(1, 4, "a whole number from 1 to 4"),
  API_TOKENS: apiTokens,
  ENCRYPTION_KEY: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^[A-Za-z0-9+/_-]{43}=?$/, "32 bytes in base64, as `openssl rand -base64 32` prints them"),
  ),
  LOG_LEVEL: v.picklist(LOG_LEVELS, LOG_LEVELS.join(", ")),
  WORKER: v.picklist(["on", "off"], "on or off"),
  LEASE_SECONDS: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,4}(\.\d)?$/, "a number from 0.5 to 3600"),
    v.transform(Number),
    v.minValue(0.5, "a number from 0.5 to 3600"),
    v.maxValue(3600, "a number from 0.5 to 3600"),
  ),
  PROGRESS_EVERY_TEAMS: whole(1, 100, "a whole number from 1 to 100"),
} as const;

type Variable = keyof typeof VARIABLES;

const DEFAULTS = {
  DATABASE_URL: "file:data/ledger.db",
  HOST: "127.0.0.1",
  PORT: "4000",
  YAHOO_REDIRECT_URI: "oob",
  YAHOO_BASE_URL: "https://fantasysports.yahooapis.com/fantasy/v2",
  YAHOO_LOGIN_URL: "https://api.login.yahoo.com",
  ESPN_BASE_URL: "https://lm-api-reads.fantasy.espn.com",
  REQUESTS_PER_SECOND: "1",
  CONCURRENCY: "2",
  LOG_LEVEL: "warn",
  WORKER: "on",
  LEASE_SECONDS: "30",
  PROGRESS_EVERY_TEAMS: "6",
} as const satisfies Partial<Record<Variable, string>>;

const SECRET: ReadonlySet<string> = new Set(["DATABASE_AUTH_TOKEN", "API_TOKENS", "ENCRYPTION_KEY", "DATABASE_URL"]);

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Reads the configuration from environment variables, all optional; README lists them.
 * An empty value counts as not set. Throws a {@link ConfigError} that names every fault at once.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];

  const read = <K extends Variable>(name: K): v.InferOutput<(typeof VARIABLES)[K]> | undefined => {
    const given = env[name]?.trim() || (DEFAULTS as Partial<Record<Variable, string>>)[name];
    if (given === undefined) return undefined;
    const parsed = v.safeParse(VARIABLES[name], given);
    if (parsed.success) return parsed.output as v.InferOutput<(typeof VARIABLES)[K]>;
    faults.push(
      `${name} is ${SECRET.has(name) ? "not in its form" : JSON.stringify(given)}; allowed: ${parsed.issues[0].message}`,
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
    yahoo: {
      baseUrl: read("YAHOO_BASE_URL") ?? "",
      loginUrl: read("YAHOO_LOGIN_URL") ?? "",
      credentials:
        clientId && clientSecret && refreshToken ? { clientId, clientSecret, refreshToken, redirectUri } : undefined,
    },
    espn: { baseUrl: read("ESPN_BASE_URL") ?? "", s2, swid },
    requestsPerSecond: read("REQUESTS_PER_SECOND"),
    concurrency: read("CONCURRENCY"),
    apiTokens: read("API_TOKENS") ?? [],
    encryptionKey: read("ENCRYPTION_KEY"),
    logLevel: read("LOG_LEVEL"),
    worker: read("WORKER") === "on",
    leaseMs: (read("LEASE_SECONDS") ?? 0) * SECOND,
    progressEveryTeams: read("PROGRESS_EVERY_TEAMS"),
  };

  if (config.host !== undefined && !LOOPBACK.test(config.host) && config.apiTokens?.length === 0) {
    faults.push(
      `HOST is ${JSON.stringify(config.host)}, which others can reach, and API_TOKENS is not set; allowed: 127.0.0.1, or any host together with API_TOKENS`,
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config as Config;
}
