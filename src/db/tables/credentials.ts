import { check, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isJson, oneOf } from "./columns.ts";
import { SOURCE_KINDS } from "./values.ts";

/** The encrypted tokens of applications at sources, one row per application. */
export const sourceCredentials = sqliteTable("source_credentials", {
  /** The source and the application's id, as in `source_budgets`. */
  id: text("id").primaryKey(),
  /** The tokens as `source/credentials/seal.ts` encrypts them; empty while there are none. */
  sealed: text("sealed").notNull(),
  /** Version for optimistic locking, incremented by every change of the tokens. */
  version: integer("version").notNull(),
  /** Time of the login, in milliseconds since 1970; null when the tokens come from a setting. */
  connectedAt: integer("connected_at"),
  refreshedAt: integer("refreshed_at"),
  /** Digest of the refresh token that the source refused, and the source's reason; null when no token is refused. */
  refusedDigest: text("refused_digest"),
  refusal: text("refusal"),
  /** When the token was refused, by the database's clock (like `leaseUntil`). The lease lets only one process at a time refresh tokens. */
  refusedAt: integer("refused_at"),
  /**
   * JSON list: digests of the YAHOO_REFRESH_TOKEN values that the stored tokens supersede. A value of YAHOO_REFRESH_TOKEN is newer
   * than the stored tokens only if its digest is missing from the list.
   */
  seeds: text("seeds").notNull().default("[]"),
  /** Number of consecutive outages of the source, and the end of the pause after the last outage. */
  outages: integer("outages").notNull().default(0),
  outageUntil: integer("outage_until"),
  leaseOwner: text("lease_owner"),
  leaseUntil: integer("lease_until"),
});

/** Logins in progress. The source's redirect contains a state, which identifies the login. */
export const sourceLogins = sqliteTable("source_logins", {
  /** Digest of the state. Only the source and the person who began the login know the state itself. */
  stateDigest: text("state_digest").primaryKey(),
  credential: text("credential").notNull(),
  /** The state and the PKCE code verifier, encrypted. */
  sealed: text("sealed").notNull(),
  begunAt: integer("begun_at").notNull(),
  /** When the login expires, by the database's clock. */
  expiresAt: integer("expires_at").notNull(),
});

/** The result of the last health check of each source. */
export const sourceProbes = sqliteTable(
  "source_probes",
  {
    source: text("source", { enum: SOURCE_KINDS }).primaryKey(),
    /** When the source was checked, in milliseconds since 1970. */
    at: integer("at").notNull(),
    /** The checks, as a JSON list of `{ name, status, message, remedy }`. */
    checks: text("checks").notNull(),
  },
  (t) => [
    check("source_probes_source", oneOf(t.source, SOURCE_KINDS)),
    check("source_probes_checks", isJson(t.checks)),
  ],
);
