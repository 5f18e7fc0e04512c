import * as v from "valibot";
import { type Caller, ROLES } from "./roles.ts";

export type ApiToken = Caller & { token: string };

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

const optional = v.optional(v.pipe(v.string(), v.trim()));
const whole = (min: number, max: number, allowed: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,9}$/, allowed),
    v.transform(Number),
    v.minValue(min, allowed),
    v.maxValue(max, allowed),
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
        new URL(text).password === "" &&
        !new URL(text).searchParams.has("authToken"),
      allowed,
    ),
    v.transform((text) => text.replace(/\/+$/, "")),
  );
const web = url("an address that starts with http:// or https://", ["http:", "https:"]);

const origin = v.pipe(
  url("an http:// or https:// address with nothing after its host, such as https://ledger.example", [
    "http:",
    "https:",
  ]),
  v.check(
    (text) => new URL(text).pathname === "/" && new URL(text).search === "" && new URL(text).hash === "",
    "an http:// or https:// address with nothing after its host, such as https://ledger.example",
  ),
  v.transform((text) => new URL(text).origin),
);

/** Splits at commas, trims the parts and drops empty ones. */
const separated = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .split(",")
      .map((each) => each.trim())
      .filter(Boolean),
  ),
);

const origins = v.pipe(
  separated,
  v.array(
    v.pipe(
      v.string(),
      v.check(
        (text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text,
        "origins of pages, comma-separated, as a browser sends them: https://app.example or http://localhost:5173, and nothing after them",
      ),
    ),
  ),
);

const addresses = v.pipe(
  separated,
  v.array(v.pipe(v.string(), v.toLowerCase(), v.ip("addresses of proxies, comma-separated, such as 10.0.0.7 or ::1"))),
);

const TOKEN_ENTRY = new RegExp(`^[^:\\s]+:(${ROLES.join("|")}):\\S{16,}$`);
const apiTokens = v.pipe(
  separated,
  v.check(
    (entries) => entries.length > 0 && entries.every((entry) => TOKEN_ENTRY.test(entry)),
    "name:role:token, comma-separated; a role is viewer, operator or admin; a token has at least 16 characters",
  ),
  v.transform((entries) =>
    entries.map((entry): ApiToken => {
      const [name = "", role, ...token] = entry.split(":");
      return { name, role: ROLES.find((each) => each === role) ?? "viewer", token: token.join(":") };
    }),
  ),
  v.check(
    (tokens) =>
      new Set(tokens.map(({ name }) => name)).size === tokens.length &&
      new Set(tokens.map(({ token }) => token)).size === tokens.length,
    "each name and each token only once",
  ),
);

/** The schema of every variable; a schema's message says what is allowed. An error message never contains a secret value. */
export const VARIABLES = {
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
  PUBLIC_URL: origin,
  TRUSTED_PROXY: addresses,
  CORS_ORIGINS: origins,
  WEBHOOKS_PRIVATE: v.picklist(["on", "off"], "on or off"),
  PLAYGROUND: v.picklist(["on", "off"], "on or off"),
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
  REQUESTS_PER_WINDOW: whole(0, 100_000, "a whole number from 0 to 100000 per 15 minutes; 0 is unlimited"),
  REQUESTS_PER_DAY: whole(0, 10_000_000, "a whole number from 0 to 10000000; 0 is unlimited"),
  CONCURRENCY: whole(1, 4, "a whole number from 1 to 4"),
  API_TOKENS: apiTokens,
  ENCRYPTION_KEY: v.pipe(
    v.string(),
    v.trim(),
    v.regex(
      /^[A-Za-z0-9+/_-]{43}=?(\s*,\s*[A-Za-z0-9+/_-]{43}=?)*$/,
      "32 bytes in base64, as `openssl rand -base64 32` prints them; while a key is replaced, the new and the old one, comma-separated",
    ),
    v.transform((text) => text.split(",").map((key) => key.trim())),
  ),
  LOG_LEVEL: v.picklist(LOG_LEVELS, LOG_LEVELS.join(", ")),
  WORKER: v.picklist(["on", "off", "only"], "on, off (only serves the API) or only (only works, does not listen)"),
  LEASE_SECONDS: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,4}(\.\d)?$/, "a number from 0.5 to 3600"),
    v.transform(Number),
    v.minValue(0.5, "a number from 0.5 to 3600"),
    v.maxValue(3600, "a number from 0.5 to 3600"),
  ),
  PROGRESS_EVERY_TEAMS: whole(1, 100, "a whole number from 1 to 100"),
  SUBREQUESTS: whole(50, 10_000_000, "a whole number from 50 to 10000000"),
} as const;

export type Variable = keyof typeof VARIABLES;

/** Default values. A variable that is not set has its default value. */
export const DEFAULTS = {
  DATABASE_URL: "file:data/ledger.db",
  HOST: "127.0.0.1",
  PORT: "4000",
  YAHOO_REDIRECT_URI: "oob",
  YAHOO_BASE_URL: "https://fantasysports.yahooapis.com/fantasy/v2",
  YAHOO_LOGIN_URL: "https://api.login.yahoo.com",
  ESPN_BASE_URL: "https://lm-api-reads.fantasy.espn.com",
  REQUESTS_PER_SECOND: "1",
  REQUESTS_PER_DAY: "0",
  CONCURRENCY: "2",
  LOG_LEVEL: "warn",
  WORKER: "on",
  LEASE_SECONDS: "15",
  PROGRESS_EVERY_TEAMS: "6",
  SUBREQUESTS: "10000",
} as const satisfies Partial<Record<Variable, string>>;

/** Variables whose values never appear in an error message, even if a value is invalid. */
export const SECRET: ReadonlySet<string> = new Set([
  "DATABASE_AUTH_TOKEN",
  "API_TOKENS",
  "ENCRYPTION_KEY",
  "DATABASE_URL",
]);
