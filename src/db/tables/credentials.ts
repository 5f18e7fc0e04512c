import { check, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isJson, oneOf } from "./columns.ts";
import { SOURCE_KINDS } from "./values.ts";

/** The tokens of an application at a source, encrypted; one row for each. */
export const sourceCredentials = sqliteTable("source_credentials", {
  /** The source and the application's id, as in `source_budgets`. */
  id: text("id").primaryKey(),
  /** The tokens, as `source/credentials/seal.ts` writes them; empty before the first. */
  sealed: text("sealed").notNull(),
  /** One more with each change of the tokens: whoever has read an older version writes nothing. */
  version: integer("version").notNull(),
  /** When somebody logged in, in milliseconds since 1970; null where the tokens come from a setting. */
  connectedAt: integer("connected_at"),
  refreshedAt: integer("refreshed_at"),
  /** What the source said when it refused the refresh token whose digest this is; null while it takes it. */
  refusedDigest: text("refused_digest"),
  refusal: text("refusal"),
  /** By the database's clock, as is the lease: one process at a time refreshes. */
  refusedAt: integer("refused_at"),
  /** Digests of the values of YAHOO_REFRESH_TOKEN that the tokens come after: only another one is newer. A JSON list. */
  seeds: text("seeds").notNull().default("[]"),
  /** How often the source was out of order in a row, and until when it is left alone for that. */
  outages: integer("outages").notNull().default(0),
  outageUntil: integer("outage_until"),
  leaseOwner: text("lease_owner"),
  leaseUntil: integer("lease_until"),
});

/** Logins that were begun and not ended: what comes back from the source names one of them by its state. */
export const sourceLogins = sqliteTable("source_logins", {
  /** Of the state, which only the source and whoever has begun the login know. */
  stateDigest: text("state_digest").primaryKey(),
  credential: text("credential").notNull(),
  /** The state and the verifier of the code, encrypted. */
  sealed: text("sealed").notNull(),
  begunAt: integer("begun_at").notNull(),
  /** By the database's clock. */
  expiresAt: integer("expires_at").notNull(),
});

/** What each source said when somebody last looked how it is. */
export const sourceProbes = sqliteTable(
  "source_probes",
  {
    source: text("source", { enum: SOURCE_KINDS }).primaryKey(),
    /** In milliseconds since 1970. */
    at: integer("at").notNull(),
    /** `[{ name, status, message, remedy }]` */
    checks: text("checks").notNull(),
  },
  (t) => [
    check("source_probes_source", oneOf(t.source, SOURCE_KINDS)),
    check("source_probes_checks", isJson(t.checks)),
  ],
);
