import { MINUTE, SECOND } from "../clock.ts";
import type { Caller, Role } from "../config/roles.ts";
import { findToken, insertToken, noteUse, revokeToken, type StoredToken, usableTokens } from "../db/apiTokens.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { base64Url, newId, sha256Hex } from "../hash.ts";

/** What tells a token of the ledger from others, in a log or in somebody's repository. */
const PREFIX = "lineups_";
const TOKEN = /^lineups_[\w-]{43}$/;
/** A token that another process has revoked is accepted for so long at the most. */
const KNOWN_MS = 5 * SECOND;
/** Its last use is noted no more often. */
const NOTED_MS = MINUTE;

/** Tokens that were made through the API, as requests come with them. */
export type Tokens = {
  /** Whose it is; null where it is none, was revoked or has expired. */
  callerWith(token: string): Promise<Caller | null>;
  /** Reads them anew, since one was made or revoked. */
  forget(): void;
};

/** Remembers which tokens there are, so that a guess costs no look into the database. */
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
        // The request is answered even where that cannot be noted.
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

/** What tokens are made and ended with. */
export type TokenParts = Pick<Deps, "db" | "clock"> & {
  tokens: Tokens;
  /** Names that API_TOKENS has given away. */
  tokenNames: readonly string[];
};

/** Makes a token, which is shown this once: the ledger keeps its hash. Throws BAD_USER_INPUT for a name that is taken, and an end that is past. */
export async function createToken(
  { db, clock, tokens, tokenNames }: TokenParts,
  { name, role, expiresAt }: NewToken,
  by: string,
): Promise<{ token: string; stored: StoredToken }> {
  const now = clock.now();
  if (expiresAt !== null && expiresAt <= now)
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot make a token that expires at ${new Date(expiresAt).toISOString()} as that is past: it is ${new Date(now).toISOString()}`,
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
      `Cannot make a token named ${JSON.stringify(name)} as another one has that name: revoke that one, or choose another name`,
    );
  tokens.forget();
  return { token, stored };
}

/** Revokes a token; other processes accept it for five seconds more at the most. Throws NOT_FOUND. */
export async function endToken({ db, clock, tokens }: TokenParts, id: string, by: string): Promise<StoredToken> {
  await revokeToken(db, id, { by, now: clock.now() });
  tokens.forget();
  const stored = await findToken(db, id);
  if (!stored) throw new LedgerError("NOT_FOUND", `The ledger has no token ${id}`);
  return stored;
}
