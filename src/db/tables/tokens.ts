import { sql } from "drizzle-orm";
import { check, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { ROLES } from "../../config/roles.ts";
import { oneOf } from "./columns.ts";

/** Tokens that were made through the API, without those of API_TOKENS. Only the tokens' hashes are stored. */
export const apiTokens = sqliteTable(
  "api_tokens",
  {
    id: text("id").primaryKey(),
    /** The name of the caller in the job log and in changes. */
    name: text("name").notNull(),
    role: text("role", { enum: ROLES }).notNull(),
    /** The SHA-256 of the token in hex digits. The token has 256 random bits, so no slower hash is needed. */
    hash: text("hash").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    /** The token is refused from this time on; null when it never expires. */
    expiresAt: integer("expires_at"),
    /** When the token was last used, to the minute; null before its first use. */
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
