import { type Clock, MINUTE, SECOND } from "../../clock.ts";
import { sha256Hex } from "../../hash.ts";
import type { Log } from "../../log.ts";
import { SourceError } from "../source.ts";
import { type Grant, GrantRefusedError, type Login } from "./oauth.ts";
import type { CredentialState, CredentialStore, Memory, Tokens } from "./store.ts";

export type AccessToken = {
  /** A token that is good for the next request. Throws a SourceError. */
  get(): Promise<string>;
  /** Says that a token was refused; the next {@link get} brings another one. */
  refuse(token: string): void;
  /** Says that every token is refused although they can be renewed; answers for how long the source is left alone, in milliseconds. */
  noteOutage(): Promise<number>;
  /** Says that a token was taken. */
  noteAnswer(): Promise<void>;
  /** Forgets what this process knows, after a login or a logout. */
  reset(): void;
};

/** Tokens as one process knows them; kept by whoever makes several sources one after the other, as an edge runtime does. */
export type TokenCache = Memory & {
  /** What is used, and of which version it is. */
  access?: (NonNullable<Tokens["access"]> & { version: number }) | null;
  refused?: string;
  /** When it was last looked whether that is still the version that counts. */
  checkedAt?: number;
  /** Tokens that could not be kept yet. */
  unsaved?: { tokens: Tokens; version: number; seeds: readonly string[] } | null;
  isOut?: boolean;
};

/** Refreshed this long before it runs out, since a request under way still needs it; never more than a tenth of its life. */
const MARGIN_MS = 1 * MINUTE;
const MARGIN_SHARE = 0.1;

/** How often a process looks whether somebody has logged in or out elsewhere. */
const CHECK_MS = 10 * SECOND;
/** How often somebody looks whether another process has refreshed, and for how long. */
const LOOK_MS = 200;
const GIVE_UP_MS = 1 * MINUTE;

/** Digests of former settings that are remembered. */
const SEEDS = 10;

/** Of a refresh token, to tell it from others. */
export const digestOf = (token: string): Promise<string> => sha256Hex(token, 16);

const NOT_CONNECTED =
  "Nobody has logged in to Yahoo: `npx lineups login yahoo`, or the mutation connectYahoo; a refresh token of another tool may stand in YAHOO_REFRESH_TOKEN";
/** The token that the next refresh is made with: a setting that was not seen before, else what is kept. `seeds` are then seen. */
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
  "The tokens of Yahoo are sealed with another key: set ENCRYPTION_KEY to the one that they were sealed with (of a file database it lies beside the file, as ledger.db.key), or log in again";

/**
 * Access tokens from a refresh token (RFC 6749, section 6). However many workers, processes and machines ask, one refresh is made for each
 * expiry; a refresh token that came with it is kept before it is used, and never replaced by an older one.
 * @param seed YAHOO_REFRESH_TOKEN: one that was not seen before counts more than what is kept.
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

  /** Keeps what was granted; false when there are newer tokens. Where it cannot be kept, that is tried again with the next request. */
  const keep = async (unsaved: NonNullable<TokenCache["unsaved"]>): Promise<boolean> => {
    cache.unsaved = unsaved;
    try {
      const { tokens, ...options } = unsaved;
      const isNewest = await store.save(tokens, { ...options, now: clock.now() });
      if (cache.unsaved === unsaved) cache.unsaved = null;
      return isNewest;
    } catch (error) {
      log?.warn("Yahoo's new tokens could not be kept yet; that is tried again with the next request", { error });
      return true;
    }
  };

  /** Refreshes, as the one that has the lease; null when there are newer tokens by now. */
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
      const reason = `Yahoo refuses ${which} ${error.message}: log in again, with \`npx lineups login yahoo\``;
      await store.refuse({ version, digest: await digestOf(refreshToken), reason });
      // Somebody may have logged in meanwhile.
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

  /** Whether what this process uses is still what counts: somebody may have logged in or out elsewhere. */
  const isCurrent = async ({ version }: { version: number }): Promise<boolean> => {
    if (cache.unsaved) return true;
    if (clock.now() - (cache.checkedAt ?? 0) < CHECK_MS) return true;
    cache.checkedAt = clock.now();
    try {
      return (await store.read()).version === version;
    } catch {
      // Without the database nothing else goes on either.
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
      // It is only told again where it cannot be written now.
      await store.endOutage().catch(() => {
        cache.isOut = true;
      });
    },
    reset() {
      cache.access = null;
      cache.unsaved = null;
      // What is under way is of the tokens of before.
      renewing = null;
    },
  };
}

/** A token that was renewed a moment ago is refused: no login changes that, and it has lasted for a day (yahoo.md, section 4). */
export const outage = (retryAfterMs: number, cause?: Error): SourceError =>
  new SourceError(
    "OUTAGE",
    `Yahoo renews the access token and then refuses it, as it does when its own login is out of order${cause ? `: ${cause.message}` : ""}`,
    { retryAfterMs, cause },
  );

/** The access token of a grant, and how long it is taken for good. */
export function accessOf({ accessToken, expiresInS }: Grant, now: number): NonNullable<Tokens["access"]> {
  const lifeMs = expiresInS * SECOND;
  return { token: accessToken, goodUntil: now + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE) };
}
