import { type SQL, sql } from "drizzle-orm";
import { HOUR, MINUTE, SECOND } from "../clock.ts";
import type { Db } from "./client.ts";
import { listOf } from "./lineups.ts";

/** A stored credential. */
export type StoredCredential = {
  sealed: string;
  version: number;
  /** Digests of YAHOO_REFRESH_TOKEN values that are older than the stored tokens. */
  seeds: readonly string[];
  /** How long the pause after an outage of the source still lasts, in milliseconds; 0 without a pause. */
  outageMs: number;
  connectedAt: number | null;
  refreshedAt: number | null;
  /** Digest of the refresh token that the source recently refused, and the source's reason; null without a refusal. */
  refusal: { digest: string; reason: string } | null;
};

/** How long the lease of a refresh lasts: longer than a request may take. */
const LEASE_MS = 40 * SECOND;
/** A refused token is not retried for this long, unless a person asks for a retry. */
const REFUSED_MS = 1 * HOUR;
/** How long a login may take. */
const LOGIN_MS = 10 * MINUTE;

const one = (id: string): SQL => sql`id = ${id}`;

export async function findCredential(db: Db, id: string): Promise<StoredCredential | undefined> {
  const [row] = await db.orm.all<
    Omit<StoredCredential, "refusal" | "seeds"> & { digest: string | null; reason: string | null; seeds: string }
  >(
    sql`select sealed, version, seeds, max(0, coalesce(outage_until - ${db.clock}, 0)) as "outageMs", connected_at as "connectedAt", refreshed_at as "refreshedAt", refusal as reason,
          iif(refused_at > ${db.clock} - ${REFUSED_MS}, refused_digest, null) as digest
        from source_credentials where ${one(id)}`,
  );
  if (!row) return undefined;
  const { digest, reason, seeds, ...rest } = row;
  return { ...rest, seeds: listOf(seeds), refusal: digest === null ? null : { digest, reason: reason ?? "" } };
}

/** Takes the lease to refresh a credential's tokens. Returns false if another process holds the lease or the version has changed. */
export async function claimRefresh(db: Db, id: string, owner: string, version: number): Promise<boolean> {
  const results = await db.write(
    [
      sql`insert into source_credentials (id, sealed, version) values (${id}, '', 0) on conflict do nothing`,
      sql`update source_credentials set lease_owner = ${owner}, lease_until = ${db.clock} + ${LEASE_MS}
          where ${one(id)} and version = ${version} and (lease_owner is null or lease_until <= ${db.clock})`,
      sql`select lease_owner = ${owner} and version = ${version} as mine from source_credentials where ${one(id)}`,
    ],
    { repeatable: true, quiet: true },
  );
  return Number(results.at(-1)?.rows[0]?.mine) === 1;
}

/** Gives back the lease of a refresh that brought no tokens. */
export async function endRefresh(db: Db, id: string, owner: string): Promise<void> {
  await db.write(
    [
      sql`update source_credentials set lease_owner = null, lease_until = null where ${one(id)} and lease_owner = ${owner}`,
    ],
    { repeatable: true, quiet: true },
  );
}

/** Stores refreshed tokens. Returns false, and keeps the newer tokens, if the version has changed since the refresh began. */
export async function saveTokens(
  db: Db,
  id: string,
  { version, sealed, seeds, now }: { version: number; sealed: string; seeds: readonly string[]; now: number },
): Promise<boolean> {
  const results = await db.write(
    [
      sql`insert into source_credentials (id, sealed, version) values (${id}, '', 0) on conflict do nothing`,
      sql`update source_credentials set sealed = ${sealed}, seeds = ${JSON.stringify(seeds)}, version = version + 1,
            refreshed_at = ${now}, refused_digest = null,
            refusal = null, refused_at = null, lease_owner = null, lease_until = null
          where ${one(id)} and version = ${version}`,
      sql`select sealed = ${sealed} as mine from source_credentials where ${one(id)}`,
    ],
    { repeatable: true, quiet: true },
  );
  return Number(results.at(-1)?.rows[0]?.mine) === 1;
}

/** Completes a login: stores its tokens in place of any older tokens, and deletes its row in `source_logins`. */
export async function connect(
  db: Db,
  id: string,
  { sealed, seeds, now, stateDigest }: { sealed: string; seeds: readonly string[]; now: number; stateDigest: string },
): Promise<void> {
  await db.write(
    [
      // `seeds` has digests of the YAHOO_REFRESH_TOKEN values that were set before this login. Add the digest of the refused
      // token to `seeds`, because the refused token may come from the settings of another process.
      sql`insert into source_credentials (id, sealed, version, seeds, connected_at, refreshed_at)
          values (${id}, ${sealed}, 1, ${JSON.stringify(seeds)}, ${now}, ${now})
          on conflict do update set sealed = excluded.sealed, version = version + 1, outages = 0, outage_until = null,
            seeds = (select json_group_array(distinct value) from (select value from json_each(excluded.seeds)
              union all select refused_digest where refused_digest is not null)), connected_at = excluded.connected_at,
            refreshed_at = excluded.refreshed_at, refused_digest = null, refusal = null, refused_at = null,
            lease_owner = null, lease_until = null where sealed <> excluded.sealed`,
      sql`delete from source_logins where state_digest = ${stateDigest}`,
    ],
    { repeatable: true },
  );
}

/** Records that the source refused a refresh token. Writes nothing if the version has changed. */
export async function saveRefusal(
  db: Db,
  id: string,
  { version, digest, reason }: { version: number; digest: string; reason: string },
): Promise<void> {
  await db.write(
    [
      sql`update source_credentials set refused_digest = ${digest}, refusal = ${reason}, refused_at = ${db.clock},
            lease_owner = null, lease_until = null where ${one(id)} and version = ${version}`,
    ],
    { repeatable: true, quiet: true },
  );
}

/**
 * Counts how often this process has forgotten all refusals. When the count grows, each store drops the refusal that it keeps in memory.
 */
const forgets = new WeakMap<Db, number>();
export const timesForgotten = (db: Db): number => forgets.get(db) ?? 0;

/** The shortest and the longest pause during an outage of a source. */
export const FIRST_OUTAGE_MS = 5 * MINUTE;
export const MAX_OUTAGE_MS = 1 * HOUR;

/** Notes an outage. If no pause is running, starts a pause twice as long as before. @returns The remaining pause in milliseconds. */
export async function noteOutage(db: Db, id: string): Promise<number> {
  const results = await db.write(
    [
      sql`insert into source_credentials (id, sealed, version) values (${id}, '', 0) on conflict do nothing`,
      sql`update source_credentials set outages = outages + 1,
            outage_until = ${db.clock} + min(${FIRST_OUTAGE_MS} * (1 << min(outages, 10)), ${MAX_OUTAGE_MS})
          where ${one(id)} and coalesce(outage_until, 0) <= ${db.clock}`,
      sql`select outage_until - ${db.clock} as ms from source_credentials where ${one(id)}`,
    ],
    { repeatable: true, quiet: true },
  );
  return Math.max(0, Number(results.at(-1)?.rows[0]?.ms));
}

/** Notes that an outage has ended. */
export async function endOutage(db: Db, id: string): Promise<void> {
  await db.write(
    [sql`update source_credentials set outages = 0, outage_until = null where ${one(id)} and outages > 0`],
    { repeatable: true, quiet: true },
  );
}

/** Forgets all refusals and ends all pauses after outages, because a person asks for a retry. */
export async function forgetRefusals(db: Db): Promise<void> {
  forgets.set(db, timesForgotten(db) + 1);
  await db.write(
    [
      sql`update source_credentials set refused_digest = null, refusal = null, refused_at = null, outage_until = null
          where refused_at is not null or outage_until is not null`,
    ],
    { repeatable: true, quiet: true },
  );
}

/** Deletes the tokens and any login in progress. Raises the version, so a refresh under way cannot store new tokens. */
export async function disconnect(db: Db, id: string): Promise<void> {
  await db.write(
    [
      sql`update source_credentials set sealed = '', seeds = '[]', version = version + 1, connected_at = null, refreshed_at = null,
            refused_digest = null, refusal = null, refused_at = null where ${one(id)}`,
      sql`delete from source_logins where credential = ${id}`,
    ],
    { repeatable: true },
  );
}

export async function beginLogin(
  db: Db,
  credential: string,
  { stateDigest, sealed, now }: { stateDigest: string; sealed: string; now: number },
): Promise<{ expiresAt: number }> {
  await db.write(
    [
      sql`delete from source_logins where expires_at <= ${db.clock}`,
      sql`insert into source_logins (state_digest, credential, sealed, begun_at, expires_at)
          values (${stateDigest}, ${credential}, ${sealed}, ${now}, ${db.clock} + ${LOGIN_MS}) on conflict do nothing`,
    ],
    { repeatable: true, quiet: true },
  );
  return { expiresAt: now + LOGIN_MS };
}

/**
 * Returns the login with this state, or the newest login if the state is null. Returns undefined if no login is found or the login has
 * expired.
 */
export async function findLogin(
  db: Db,
  credential: string,
  stateDigest: string | null,
): Promise<{ stateDigest: string; sealed: string } | undefined> {
  const which = stateDigest === null ? sql`true` : sql`state_digest = ${stateDigest}`;
  const [row] = await db.orm.all<{ stateDigest: string; sealed: string }>(
    sql`select state_digest as "stateDigest", sealed from source_logins
        where credential = ${credential} and expires_at > ${db.clock} and ${which} order by begun_at desc, expires_at desc limit 1`,
  );
  return row;
}
