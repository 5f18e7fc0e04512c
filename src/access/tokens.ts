import { MINUTE, SECOND } from "../clock.ts";
import type { Caller, Role } from "../config/roles.ts";
import { findToken, insertToken, noteUse, revokeToken, type StoredToken, usableTokens } from "../db/apiTokens.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { base64Url, newId, sha256Hex } from "../hash.ts";

/** Every created token starts with this prefix, so people recognize it in a log or a repository. */
const PREFIX = "lineups_";
const TOKEN = /^lineups_[\w-]{43}$/;
/** The longest time for which this process still accepts a token that another process has revoked. */
const KNOWN_MS = 5 * SECOND;
/** The shortest time between two recordings of a token's last use. */
const NOTED_MS = MINUTE;

/** Recognizes tokens that were created through the API. */
export type Tokens = {
  /** Returns the token's owner; null if the token is unknown, revoked or expired. */
  callerWith(token: string): Promise<Caller | null>;
  /** Drops the cached tokens; called after a token was created or revoked. */
  forget(): void;
};

/** Caches the valid tokens, so a guessed token costs no database read. */
export function createTokens({ db, clock }: Pick<Deps, "db" | "clock">): Tokens {
  let known: { until: number; byHash: Promise<Map<string, StoredToken>> } | null = null;
  const noted = new Map<string, number>();
  return {
    async callerWith(token) {
      if (!TOKEN.test(token)) return null;
      const now = clock.now();
      if (!known || known.until <= now) {
        known = { until: now + KNOWN_MS, byHash: usableTokens(db) };
        known.byHash.catch(() => {
          known = null;
        });
      }
      const found = (await known.byHash).get(await sha256Hex(token));
      if (!found || (found.expiresAt !== null && found.expiresAt <= now)) return null;
      if (now - (noted.get(found.id) ?? found.lastUsedAt ?? 0) >= NOTED_MS) {
        noted.set(found.id, now);
        // The request is answered even if recording the token's use fails.
        void noteUse(db, found.id, now).catch(() => {});
      }
      return { name: found.name, role: found.role };
    },
    forget() {
      known = null;
    },
  };
}

type NewToken = { name: string; role: Role; expiresAt: number | null };

/** Dependencies for creating and revoking tokens. */
export type TokenParts = Pick<Deps, "db" | "clock"> & {
  tokens: Tokens;
  /** Names that API_TOKENS already uses. */
  tokenNames: readonly string[];
};

/**
 * Creates and returns a token. The token cannot be read again, because the ledger stores only its hash. Throws BAD_USER_INPUT if
 * the name is taken or the expiry is in the past.
 */
export async function createToken(
  { db, clock, tokens, tokenNames }: TokenParts,
  { name, role, expiresAt }: NewToken,
  by: string,
): Promise<{ token: string; stored: StoredToken }> {
  const now = clock.now();
  if (expiresAt !== null && expiresAt <= now)
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot create a token that expires at ${new Date(expiresAt).toISOString()}: the time is already ${new Date(now).toISOString()}`,
    );
  const token = `${PREFIX}${base64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
  const stored = {
    ...{ id: newId("token"), name, role, expiresAt, createdAt: now, createdBy: by },
    ...{ lastUsedAt: null, revokedAt: null, revokedBy: null },
  };
  const isTaken = tokenNames.some((each) => each.toLowerCase() === name.toLowerCase());
  if (isTaken || !(await insertToken(db, { ...stored, hash: await sha256Hex(token) })))
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot create a token named ${JSON.stringify(name)}: another token has that name. Revoke the other token, or choose another name`,
    );
  tokens.forget();
  return { token, stored };
}

/** Revokes a token. Other processes accept the token for at most five more seconds. Throws NOT_FOUND. */
export async function endToken({ db, clock, tokens }: TokenParts, id: string, by: string): Promise<StoredToken> {
  await revokeToken(db, id, { by, now: clock.now() });
  tokens.forget();
  const stored = await findToken(db, id);
  if (!stored) throw new LedgerError("NOT_FOUND", `The ledger has no token ${id}`);
  return stored;
}
