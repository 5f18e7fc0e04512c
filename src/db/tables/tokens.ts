import { sql } from "drizzle-orm";
import { check, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { ROLES } from "../../config/roles.ts";
import { oneOf } from "./columns.ts";

/** Tokens of callers that were made through the API, besides those of API_TOKENS; the tokens themselves are not kept. */
export const apiTokens = sqliteTable(
  "api_tokens",
  {
    id: text("id").primaryKey(),
    /** Whom job log and changes name. */
    name: text("name").notNull(),
    role: text("role", { enum: ROLES }).notNull(),
    /** The SHA-256 of the token in hex digits: it has 256 random bits, so that nothing slower is needed. */
    hash: text("hash").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    /** From then on it is not taken; null: for ever. */
    expiresAt: integer("expires_at"),
    /** When it was used last, to the minute. */
    lastUsedAt: integer("last_used_at"),
    revokedAt: integer("revoked_at"),
    revokedBy: text("revoked_by"),
  },
  (t) => [
    check("api_tokens_role", oneOf(t.role, ROLES)),
    uniqueIndex("api_tokens_hash").on(t.hash),
    uniqueIndex("api_tokens_name").on(sql`lower(${t.name})`).where(sql`${t.revokedAt} is null`),
  ],
);
