import { type Clock, MINUTE, SECOND } from "../../clock.ts";
import { sha256Hex } from "../../hash.ts";
import type { Log } from "../../log.ts";
import { SourceError } from "../source.ts";
import { type Grant, GrantRefusedError, type Login } from "./oauth.ts";
import type { CredentialState, CredentialStore, Tokens } from "./store.ts";

export type AccessToken = {
  /** A token that is good for the next request. Throws a SourceError. */
  get(): Promise<string>;
  /** Says that a token was refused; the next {@link get} brings another one. */
  refuse(token: string): void;
};

/** Tokens as one process knows them; kept by whoever makes several sources one after the other, as an edge runtime does. */
export type TokenCache = { access?: Tokens["access"]; refused?: string; current?: CredentialState };

/** Refreshed this long before it runs out, since a request under way still needs it; never more than a tenth of its life. */
const MARGIN_MS = 1 * MINUTE;
const MARGIN_SHARE = 0.1;

/** How often somebody looks whether another process has refreshed, and for how long. */
const LOOK_MS = 200;
const GIVE_UP_MS = 1 * MINUTE;

/** Digests of former settings that are remembered. */
const SEEDS = 10;

/** Of a refresh token, to tell it from others. */
export const digestOf = (token: string): Promise<string> => sha256Hex(token, 16);

const NOT_CONNECTED =
  "Nobody has logged in to Yahoo: `npx lineups login yahoo`, or the mutation connectYahoo; a refresh token of another tool may stand in YAHOO_REFRESH_TOKEN";

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
  let refreshing: Promise<string> | null = null;
  /** Tokens that could not be kept yet, and what they were made of. */
  let unsaved: { tokens: Tokens; version: number } | null = null;

  const isGood = (access: Tokens["access"] | undefined): access is NonNullable<Tokens["access"]> =>
    access !== null && access !== undefined && clock.now() < access.goodUntil && access.token !== cache.refused;
  const use = ({ token, goodUntil }: NonNullable<Tokens["access"]>): string => {
    onSecret(token);
    cache.access = { token, goodUntil };
    return token;
  };

  /** Keeps what was granted; where that cannot be done, it is used all the same, and kept the next time. */
  const keep = async (tokens: Tokens, version: number): Promise<void> => {
    unsaved = { tokens, version };
    try {
      await store.save(tokens, { version, now: clock.now() });
      unsaved = null;
    } catch (error) {
      log?.warn("Yahoo's new tokens could not be kept yet; that is tried again", { error });
    }
  };

  /** The token that the next refresh is made with: a setting that was not seen before, else what is kept. */
  const choose = async ({ tokens }: CredentialState) => {
    const own = seed === undefined ? [] : [await digestOf(seed)];
    const isNewSeed = own.some((digest) => !tokens?.seeds.includes(digest));
    const seeds = [...new Set([...(tokens?.seeds ?? []), ...own])].slice(-SEEDS);
    return { refreshToken: isNewSeed ? seed : (tokens?.refreshToken ?? seed), isNewSeed, seeds };
  };

  const refresh = async (
    version: number,
    { refreshToken, isNewSeed, seeds }: { refreshToken: string; isNewSeed: boolean; seeds: string[] },
  ): Promise<string> => {
    onSecret(refreshToken);
    let granted: Grant;
    try {
      granted = await login.refresh(refreshToken);
    } catch (error) {
      if (!(error instanceof GrantRefusedError)) throw error;
      const which = isNewSeed ? "YAHOO_REFRESH_TOKEN" : "the refresh token";
      const reason = `Yahoo refuses ${which} ${error.message}: log in again, with \`npx lineups login yahoo\``;
      await store.refuse({ version, digest: await digestOf(refreshToken), reason });
      throw new SourceError("UNAUTHORIZED", reason, { cause: error });
    }
    if (granted.refreshToken) onSecret(granted.refreshToken);
    const access = accessOf(granted, clock.now());
    await keep({ refreshToken: granted.refreshToken ?? refreshToken, access, seeds }, version);
    return use(access);
  };

  const renew = async (): Promise<string> => {
    const owner = crypto.randomUUID();
    const giveUpAt = clock.now() + GIVE_UP_MS;
    for (;;) {
      if (unsaved) await keep(unsaved.tokens, unsaved.version);
      const stored = await store.read();
      const state = unsaved ? { ...stored, tokens: unsaved.tokens } : stored;
      const { refreshToken, ...chosen } = await choose(state);
      if (!chosen.isNewSeed && isGood(state.tokens?.access)) return use(state.tokens.access);
      if (refreshToken === undefined) throw new SourceError("UNAUTHORIZED", NOT_CONNECTED);
      if (state.refusal?.digest === (await digestOf(refreshToken)))
        throw new SourceError("UNAUTHORIZED", state.refusal.reason);
      if (await store.claim(owner, state.version)) {
        try {
          return await refresh(state.version, { refreshToken, ...chosen });
        } finally {
          await store.release(owner).catch(() => {});
        }
      }
      if (clock.now() >= giveUpAt)
        throw new SourceError("UNAVAILABLE", "Another process has been refreshing Yahoo's token for a minute");
      await clock.sleep(LOOK_MS);
    }
  };

  return {
    async get() {
      if (isGood(cache.access)) return cache.access.token;
      refreshing ??= renew().finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
    refuse(token) {
      cache.refused = token;
      if (cache.access?.token === token) cache.access = null;
    },
  };
}

/** The access token of a grant, and how long it is taken for good. */
export function accessOf({ accessToken, expiresInS }: Grant, now: number): NonNullable<Tokens["access"]> {
  const lifeMs = expiresInS * SECOND;
  return { token: accessToken, goodUntil: now + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE) };
}
