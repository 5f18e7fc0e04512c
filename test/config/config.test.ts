import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../src/config/config.ts";

const faults = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
};

describe("parseConfig()", () => {
  it("returns the default for every variable that is unset or blank", () => {
    expect(parseConfig({})).toEqual({
      database: { url: "file:data/ledger.db", authToken: undefined },
      host: "127.0.0.1",
      port: 4000,
      publicUrl: undefined,
      trustedProxies: [],
      corsOrigins: [],
      webhooksPrivate: false,
      playground: true,
      yahoo: {
        baseUrl: "https://fantasysports.yahooapis.com/fantasy/v2",
        loginUrl: "https://api.login.yahoo.com",
        app: undefined,
        refreshToken: undefined,
      },
      espn: { baseUrl: "https://lm-api-reads.fantasy.espn.com", s2: undefined, swid: undefined },
      requestsPerSecond: 1,
      requestsPerWindow: 400,
      requestsPerDay: 0,
      concurrency: 2,
      apiTokens: [],
      encryptionKeys: [],
      logLevel: "warn",
      serves: true,
      works: true,
      leaseMs: 15_000,
      progressEveryTeams: 6,
      subrequests: 10_000,
    });
    expect(parseConfig({ PORT: "", HOST: " " })).toEqual(parseConfig({}));
  });

  it("reports all faults at once, each with the variable, the given value and the allowed values", () => {
    expect(
      faults({ PORT: "70000", CONCURRENCY: "5", WORKER: "maybe", REQUESTS_PER_SECOND: "-1", LOG_LEVEL: "loud" }),
    ).toEqual([
      'PORT is "70000"; allowed: a whole number from 0 to 65535; 0 picks a free port',
      'REQUESTS_PER_SECOND is "-1"; allowed: a number from 0 to 100; 0 is unlimited',
      'CONCURRENCY is "5"; allowed: a whole number from 1 to 4',
      'LOG_LEVEL is "loud"; allowed: debug, info, warn, error, silent',
      'WORKER is "maybe"; allowed: on, off (only serves the API) or only (only works, does not listen)',
    ]);
  });

  it.each([
    ["PORT", "4000x"],
    ["DATABASE_URL", "postgres://x"],
    ["DATABASE_URL", "ledger.db"],
    ["YAHOO_BASE_URL", "ftp://x"],
    ["YAHOO_REDIRECT_URI", "http://localhost"],
    ["ENCRYPTION_KEY", "short"],
    ["LEASE_SECONDS", "0.1"],
    ["API_TOKENS", "me:root:0123456789abcdef"],
    ["API_TOKENS", "me:viewer:short"],
    ["API_TOKENS", "me:viewer:0123456789abcdef,me:operator:fedcba9876543210"],
    ["API_TOKENS", "me:viewer:0123456789abcdef,you:operator:0123456789abcdef"],
    ["DATABASE_URL", "file:"],
    ["DATABASE_URL", "file:///"],
    ["PUBLIC_URL", "ledger.example"],
    ["PUBLIC_URL", "https://ledger.example/graphql"],
    ["PUBLIC_URL", "https://ledger.example?x"],
    ["TRUSTED_PROXY", "proxy.example"],
    ["TRUSTED_PROXY", "10.0.0.7, 10.0.0"],
  ])("refuses %s=%s", (name, value) => {
    expect(faults({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} is .*; allowed: `))]);
  });

  it("never repeats a secret in the text of a fault", () => {
    const said = faults({
      API_TOKENS: "canary",
      ENCRYPTION_KEY: "canary",
      DATABASE_URL: "canary://user:canary@host",
    }).join("\n");
    expect(said).not.toContain("canary");
    expect(said).toContain("API_TOKENS is malformed");
  });

  it("reads tokens with their roles, even tokens that contain a colon", () => {
    expect(
      parseConfig({ API_TOKENS: "ann:operator:abc:0123456789abcd, bob:viewer:0123456789abcdef" }).apiTokens,
    ).toEqual([
      { name: "ann", role: "operator", token: "abc:0123456789abcd" },
      { name: "bob", role: "viewer", token: "0123456789abcdef" },
    ]);
  });

  it("reads the public URL and the trusted proxies", () => {
    expect(parseConfig({ PUBLIC_URL: "https://Ledger.example:443/", TRUSTED_PROXY: "10.0.0.7, ::1" })).toMatchObject({
      publicUrl: "https://ledger.example",
      trustedProxies: ["10.0.0.7", "::1"],
    });
  });

  it("accepts CORS origins only in the form that browsers send", () => {
    expect(parseConfig({ CORS_ORIGINS: "https://app.example, http://localhost:5173" }).corsOrigins).toEqual([
      "https://app.example",
      "http://localhost:5173",
    ]);
    for (const CORS_ORIGINS of ["*", "https://app.example/", "app.example", "https://App.example", "null"])
      expect(faults({ CORS_ORIGINS })).toEqual([expect.stringContaining("origins of pages, comma-separated")]);
  });

  it("enables the playground on localhost, and elsewhere only when PLAYGROUND is on", () => {
    const tokens = { API_TOKENS: "me:admin:0123456789abcdef" };
    expect(parseConfig({}).playground).toBe(true);
    expect(parseConfig({ ...tokens, HOST: "0.0.0.0" }).playground).toBe(false);
    expect(parseConfig({ ...tokens, PUBLIC_URL: "https://ledger.example" }).playground).toBe(false);
    expect(parseConfig({ ...tokens, DATABASE_URL: "libsql://x" }, "Deno Deploy").playground).toBe(false);
    expect(parseConfig({ ...tokens, HOST: "0.0.0.0", PLAYGROUND: "on" }).playground).toBe(true);
    expect(parseConfig({ PLAYGROUND: "off" }).playground).toBe(false);
  });

  it("requires tokens if other machines can reach the host", () => {
    for (const HOST of ["0.0.0.0", "::", "192.168.1.5", "example.org"]) {
      expect(faults({ HOST })).toEqual([
        `HOST is "${HOST}", which others can reach, but API_TOKENS is not set; allowed: 127.0.0.1, or any host together with API_TOKENS`,
      ]);
      expect(faults({ HOST, API_TOKENS: "ann:operator:0123456789abcdef" })).toEqual([]);
    }
    for (const HOST of ["localhost", "127.0.0.1", "::1"]) expect(faults({ HOST })).toEqual([]);
  });

  it.each([
    [
      { YAHOO_REFRESH_TOKEN: "t", YAHOO_CLIENT_ID: "c" },
      "YAHOO_CLIENT_ID is set, but not YAHOO_CLIENT_SECRET; allowed: both, or neither",
    ],
    [
      { YAHOO_REFRESH_TOKEN: "t" },
      "YAHOO_REFRESH_TOKEN is set, but not YAHOO_CLIENT_ID; allowed: both, or no refresh token",
    ],
    [{ YAHOO_CLIENT_SECRET: "s" }, "YAHOO_CLIENT_SECRET is set, but not YAHOO_CLIENT_ID; allowed: both, or neither"],
    [{ ESPN_S2: "s" }, "ESPN_S2 is set, but not ESPN_SWID; allowed: both, or neither"],
  ])("refuses the incomplete credentials %j", (env, fault) => {
    expect(faults(env as Record<string, string>)).toEqual([fault]);
  });

  it("requires tokens and a remote database on a public runtime that keeps no files", () => {
    expect(() => parseConfig({}, "a Worker")).toThrow(
      "The configuration has 2 faults:\n" +
        "  API_TOKENS is required because a Worker is publicly reachable; allowed: name:role:token, comma-separated\n" +
        "  DATABASE_URL must be a remote database because a Worker keeps no files; allowed: libsql:// or https://",
    );
    // A list of nothing but commas is a fault. A list of nothing but commas must not open the API to everybody.
    expect(() => parseConfig({ API_TOKENS: " , ", DATABASE_URL: "libsql://x.turso.io" }, "a Worker")).toThrow(
      /fault:\n {2}API_TOKENS is malformed/,
    );
    expect(() => parseConfig({ DATABASE_URL: "libsql://x.turso.io?authToken=secret" })).toThrow(
      /DATABASE_URL is malformed/,
    );
    const given = { API_TOKENS: "me:operator:0123456789abcdef", DATABASE_URL: "libsql://x.turso.io" };
    expect(parseConfig(given, "a Worker").database.url).toBe("libsql://x.turso.io");
  });

  it("lets WORKER select whether a process answers requests, works on jobs or does both", () => {
    const does = (WORKER: string) => (({ serves, works }) => ({ serves, works }))(parseConfig({ WORKER }));
    expect([does("on"), does("off"), does("only")]).toEqual([
      { serves: true, works: true },
      { serves: true, works: false },
      { serves: false, works: true },
    ]);
    // A process that does not listen needs no tokens, whatever HOST is.
    expect(parseConfig({ WORKER: "only", HOST: "0.0.0.0" }).apiTokens).toEqual([]);
  });
});
