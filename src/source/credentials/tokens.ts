import { type Clock, MINUTE, SECOND } from "../../clock.ts";
import { sha256Hex } from "../../hash.ts";
import type { Log } from "../../log.ts";
import { SourceError } from "../source.ts";
import { type Grant, GrantRefusedError, type Login } from "./oauth.ts";
import type { CredentialState, CredentialStore, Memory, Tokens } from "./store.ts";

export type AccessToken = {
  /** Returns a token for the next request. Throws SourceError. */
  get(): Promise<string>;
  /** Marks a token as refused; the next {@link get} returns another token. */
  refuse(token: string): void;
  /** Records that every token is refused, even renewed ones. Returns how many milliseconds to wait before the next request. */
  noteOutage(): Promise<number>;
  /** Records that a token was accepted, which ends an outage. */
  noteAnswer(): Promise<void>;
  /** Clears this process's cache after a login or a logout. */
  reset(): void;
};

/**
 * Tokens cached in one process. An edge runtime creates sources again and again, so the runtime keeps one cache and passes that cache to
 * each source.
 */
export type TokenCache = Memory & {
  /** The access token in use, and its version. */
  access?: (NonNullable<Tokens["access"]> & { version: number }) | null;
  refused?: string;
  /** Time at which the version was last compared with the stored version. */
  checkedAt?: number;
  /** New tokens that could not be stored yet. */
  unsaved?: { tokens: Tokens; version: number; seeds: readonly string[] } | null;
  isOut?: boolean;
};

/**
 * A token is refreshed before it expires, so that requests under way can still use it. The margin is `MARGIN_MS`, but at
 * most `MARGIN_SHARE` times the token's lifetime.
 */
const MARGIN_MS = 1 * MINUTE;
const MARGIN_SHARE = 0.1;

/** How often a process checks for a login or logout in another process. */
const CHECK_MS = 10 * SECOND;
/** How often a process checks for the end of another process's refresh, and for how long. */
const LOOK_MS = 200;
const GIVE_UP_MS = 1 * MINUTE;

/** How many digests of former YAHOO_REFRESH_TOKEN values are remembered. */
const SEEDS = 10;

/** Returns a digest that identifies a refresh token. */
export const digestOf = (token: string): Promise<string> => sha256Hex(token, 16);

const NOT_CONNECTED =
  "Nobody has logged in to Yahoo. Use `npx lineups login yahoo` or the mutation connectYahoo, or set YAHOO_REFRESH_TOKEN to a token that another tool received from Yahoo";
/**
 * Chooses the token for the next refresh. The chosen token is `seed` if the value of `seed` is new, and otherwise the stored token. The
 * returned `seeds` are digests of the latest values of YAHOO_REFRESH_TOKEN.
 */
export async function chooseToken(
  seed: string | undefined,
  { tokens, seeds: known }: Pick<CredentialState, "tokens" | "seeds">,
): Promise<{ refreshToken: string | undefined; isNewSeed: boolean; seeds: string[] }> {
  const own = seed === undefined ? [] : [await digestOf(seed)];
  const isNewSeed = own.some((digest) => !known.includes(digest));
  const seeds = [...new Set([...known, ...own])].slice(-SEEDS);
  return { refreshToken: isNewSeed ? seed : (tokens?.refreshToken ?? seed), isNewSeed, seeds };
}

export const LOCKED =
  "Yahoo's tokens are sealed with another key. Set ENCRYPTION_KEY to the key that sealed the tokens, or log in again. The key of a database file is in ledger.db.key beside the file";

/**
 * Provides access tokens from a refresh token (RFC 6749, section 6). Each expiry of an access token causes one refresh, however many
 * workers, processes and machines ask for a token. A new refresh token is stored before it is used, and an older token never replaces a
 * newer token.
 * @param seed YAHOO_REFRESH_TOKEN; a new value takes precedence over the stored token.
 * @param onSecret Called with each token before it is used.
 */
export function createAccessToken(
  {
    clock,
    login,
    store,
    seed,
    log,
  }: {
    clock: Clock;
    login: Login;
    store: CredentialStore;
    seed: string | undefined;
    log?: Pick<Log, "warn"> | undefined;
  },
  { cache = {}, onSecret = () => {} }: { cache?: TokenCache | undefined; onSecret?: (token: string) => void } = {},
): AccessToken {
  let renewing: Promise<string> | null = null;

  const isGood = (access: Tokens["access"] | undefined): access is NonNullable<Tokens["access"]> =>
    access !== null && access !== undefined && clock.now() < access.goodUntil && access.token !== cache.refused;
  const use = ({ token, goodUntil }: NonNullable<Tokens["access"]>, version: number): string => {
    onSecret(token);
    cache.access = { token, goodUntil, version };
    cache.checkedAt = clock.now();
    return token;
  };

  /** Stores new tokens. Returns false if newer tokens are already stored. A failed write is retried with the next request. */
  const keep = async (unsaved: NonNullable<TokenCache["unsaved"]>): Promise<boolean> => {
    cache.unsaved = unsaved;
    try {
      const { tokens, ...options } = unsaved;
      const isNewest = await store.save(tokens, { ...options, now: clock.now() });
      if (cache.unsaved === unsaved) cache.unsaved = null;
      return isNewest;
    } catch (error) {
      log?.warn("Cannot store Yahoo's new tokens yet; retrying with the next request", { error });
      return true;
    }
  };

  /** Refreshes the tokens while holding the lease. Returns null when newer tokens have been stored meanwhile. */
  const refresh = async (
    version: number,
    { refreshToken, isNewSeed, seeds }: { refreshToken: string; isNewSeed: boolean; seeds: string[] },
  ): Promise<string | null> => {
    onSecret(refreshToken);
    let granted: Grant;
    try {
      granted = await login.refresh(refreshToken);
    } catch (error) {
      if (!(error instanceof GrantRefusedError)) throw error;
      const which = isNewSeed ? "YAHOO_REFRESH_TOKEN" : "the refresh token";
      const reason = `Yahoo refuses ${which} ${error.message}. Log in again with \`npx lineups login yahoo\``;
      await store.refuse({ version, digest: await digestOf(refreshToken), reason });
      // Somebody may have logged in during the refresh.
      if ((await store.read()).version !== version) return null;
      throw new SourceError("UNAUTHORIZED", reason, { cause: error });
    }
    if (granted.refreshToken) onSecret(granted.refreshToken);
    const access = accessOf(granted, clock.now());
    const tokens = { refreshToken: granted.refreshToken ?? refreshToken, access };
    return (await keep({ tokens, version, seeds })) ? use(access, version + 1) : null;
  };

  const renew = async (): Promise<string> => {
    const owner = crypto.randomUUID();
    const giveUpAt = clock.now() + GIVE_UP_MS;
    for (;;) {
      const stored = await store.read();
      const { unsaved } = cache;
      const isOwn = unsaved !== null && unsaved !== undefined && unsaved.version === stored.version;
      const state = isOwn ? { ...stored, tokens: unsaved.tokens, seeds: unsaved.seeds, isLocked: false } : stored;
      if (state.outageMs > 0) throw outage(state.outageMs);
      const { refreshToken, ...chosen } = await chooseToken(seed, state);
      if (state.isLocked && !chosen.isNewSeed) throw new SourceError("UNAUTHORIZED", LOCKED);
      if (!chosen.isNewSeed && isGood(state.tokens?.access)) return use(state.tokens.access, state.version);
      if (refreshToken === undefined) throw new SourceError("UNAUTHORIZED", NOT_CONNECTED);
      if (state.refusal?.digest === (await digestOf(refreshToken)))
        throw new SourceError("UNAUTHORIZED", state.refusal.reason);
      if (await store.claim(owner, state.version)) {
        try {
          const token = await refresh(state.version, { refreshToken, ...chosen });
          if (token !== null) return token;
        } finally {
          await store.release(owner).catch(() => {});
        }
      }
      if (clock.now() >= giveUpAt)
        throw new SourceError("UNAVAILABLE", "Another process has been refreshing Yahoo's token for a minute");
      await clock.sleep(LOOK_MS);
    }
  };

  /** Whether the token in use is still the stored token. Somebody may have logged in or out in another process. */
  const isCurrent = async ({ version }: { version: number }): Promise<boolean> => {
    if (cache.unsaved) return true;
    if (clock.now() - (cache.checkedAt ?? 0) < CHECK_MS) return true;
    cache.checkedAt = clock.now();
    try {
      return (await store.read()).version === version;
    } catch {
      // If the database cannot be read, go on with the token in use.
      return true;
    }
  };

  return {
    async get() {
      if (cache.unsaved && !renewing && !(await keep(cache.unsaved))) cache.access = null;
      const { access } = cache;
      if (access && isGood(access) && (await isCurrent(access))) return access.token;
      if (renewing === null) {
        const own = renew().finally(() => {
          if (renewing === own) renewing = null;
        });
        renewing = own;
      }
      return renewing;
    },
    refuse(token) {
      cache.refused = token;
      if (cache.access?.token === token) cache.access = null;
    },
    async noteOutage() {
      cache.isOut = true;
      return store.noteOutage();
    },
    async noteAnswer() {
      if (cache.isOut === false) return;
      cache.isOut = false;
      // If the write fails, it is repeated after the next answer.
      await store.endOutage().catch(() => {
        cache.isOut = true;
      });
    },
    reset() {
      cache.access = null;
      cache.unsaved = null;
      // A refresh that is still under way renews the former tokens, so later requests do not wait for that refresh.
      renewing = null;
    },
  };
}

/**
 * Returns the error for a renewed token that is refused. A new login does not help, because Yahoo refuses every new token. In past
 * outages, Yahoo refused every new token for about a day (docs/yahoo.md, Errors).
 */
export const outage = (retryAfterMs: number, cause?: Error): SourceError =>
  new SourceError(
    "OUTAGE",
    `Yahoo refuses an access token that Yahoo has just renewed; the login at Yahoo may be down${cause ? `: ${cause.message}` : ""}`,
    { retryAfterMs, cause },
  );

/** Returns the access token of a grant, and the time until which it is used. */
export function accessOf({ accessToken, expiresInS }: Grant, now: number): NonNullable<Tokens["access"]> {
  const lifeMs = expiresInS * SECOND;
  return { token: accessToken, goodUntil: now + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE) };
}
