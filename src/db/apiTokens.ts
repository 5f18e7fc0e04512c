import { sql } from "drizzle-orm";
import type { Caller } from "../config/roles.ts";
import type { Db } from "./client.ts";
import { apiTokens } from "./tables/tokens.ts";

/** A stored API token, without its secret. Times are in milliseconds since 1970. */
export type StoredToken = Caller & {
  id: string;
  createdAt: number;
  createdBy: string;
  expiresAt: number | null;
  lastUsedAt: number | null;
  revokedAt: number | null;
  revokedBy: string | null;
};

const SHOWN = {
  id: apiTokens.id,
  name: apiTokens.name,
  role: apiTokens.role,
  createdAt: apiTokens.createdAt,
  createdBy: apiTokens.createdBy,
  expiresAt: apiTokens.expiresAt,
  lastUsedAt: apiTokens.lastUsedAt,
  revokedAt: apiTokens.revokedAt,
  revokedBy: apiTokens.revokedBy,
};

/** Returns all tokens ever made, newest first. */
export const listTokens = (db: Db): Promise<StoredToken[]> =>
  db.orm.select(SHOWN).from(apiTokens).orderBy(sql`${apiTokens.createdAt} desc`, apiTokens.id);

export async function findToken(db: Db, id: string): Promise<StoredToken | undefined> {
  const [row] = await db.orm.select(SHOWN).from(apiTokens).where(sql`${apiTokens.id} = ${id}`);
  return row;
}

/** Returns all tokens that are not revoked, even expired ones. The keys of the map are the tokens' hashes. */
export async function usableTokens(db: Db): Promise<Map<string, StoredToken>> {
  const rows = await db.orm
    .select({ hash: apiTokens.hash, ...SHOWN })
    .from(apiTokens)
    .where(sql`${apiTokens.revokedAt} is null`);
  return new Map(rows.map(({ hash, ...token }) => [hash, token]));
}

/** Stores a token. Returns false if another token has the same name and is not revoked. */
export async function insertToken(db: Db, { hash, ...token }: StoredToken & { hash: string }): Promise<boolean> {
  const [written] = await db.write(
    [
      sql`insert into api_tokens (id, name, role, hash, created_at, created_by, expires_at)
          select ${token.id}, ${token.name}, ${token.role}, ${hash}, ${token.createdAt}, ${token.createdBy}, ${token.expiresAt}
          where not exists (select 1 from api_tokens where lower(name) = lower(${token.name}) and revoked_at is null and id <> ${token.id})
          on conflict (id) do nothing returning id`,
    ],
    { repeatable: true },
  );
  return written?.rows.length === 1 || (await findToken(db, token.id)) !== undefined;
}

/** Revokes a token. Does nothing if the token is already revoked. */
export async function revokeToken(db: Db, id: string, { by, now }: { by: string; now: number }): Promise<void> {
  await db.write(
    [sql`update api_tokens set revoked_at = ${now}, revoked_by = ${by} where id = ${id} and revoked_at is null`],
    { repeatable: true },
  );
}

/** Records a token's last use. This write skips the commit listeners (`quiet`), because nobody waits for it. */
export async function noteUse(db: Db, id: string, now: number): Promise<void> {
  await db.write([sql`update api_tokens set last_used_at = max(coalesce(last_used_at, 0), ${now}) where id = ${id}`], {
    repeatable: true,
    quiet: true,
  });
}
