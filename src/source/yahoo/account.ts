import * as oauth from "oauth4webapi";
import * as v from "valibot";
import { type Clock, NEVER } from "../../clock.ts";
import type { YahooApp } from "../../config/config.ts";
import type { Db } from "../../db/client.ts";
import * as rows from "../../db/credentials.ts";
import { LedgerError } from "../../errors.ts";
import { sha256Hex } from "../../hash.ts";
import type { Login } from "../credentials/oauth.ts";
import type { Sealer } from "../credentials/seal.ts";
import { type CredentialStore, placeOf } from "../credentials/store.ts";
import { type AccessToken, accessOf, chooseToken, digestOf, LOCKED } from "../credentials/tokens.ts";
import type { YahooGet } from "./client.ts";
import { type DailyGame, myLeagues } from "./myLeagues.ts";

/** The state of the ledger's access to Yahoo. */
export type AccountState = {
  /**
   * - NO_APPLICATION: YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET are not set.
   * - NOT_CONNECTED: nobody has logged in.
   * - CONNECTED: there are tokens, from a login or from YAHOO_REFRESH_TOKEN.
   * - REFUSED: Yahoo refuses the tokens, and somebody has to log in.
   * - LOCKED: the tokens are sealed with a key that this process does not have.
   */
  state: "NO_APPLICATION" | "NOT_CONNECTED" | "CONNECTED" | "REFUSED" | "LOCKED";
  /** Times of the last login and the last token refresh, in milliseconds since 1970; null when there was none. */
  connectedAt: number | null;
  refreshedAt: number | null;
  /** Why the state is REFUSED or LOCKED; null in other states. */
  reason: string | null;
  /** Why the tokens are kept only in memory; null when they are kept in the database. */
  keyFault: string | null;
};

/** A login that is not completed yet. */
export type BegunLogin = { authorizationUrl: string; expiresAt: number };

/** The Yahoo account with which the ledger reads leagues. */
export type YahooAccount = {
  /** Returns the stored state; sends no request to Yahoo. */
  state(): Promise<AccountState>;
  /** Begins a login, which must be completed within ten minutes. Throws ILLEGAL_STATE when the application or the key is missing. */
  begin(): Promise<BegunLogin>;
  /**
   * Completes a login and stores its tokens. Throws BAD_USER_INPUT, ILLEGAL_STATE or SourceError.
   * @param answer The URL to which Yahoo redirected, with `code` and `state`. The code alone is enough if Yahoo showed
   * the code instead of redirecting.
   * @param isVisit Whether Yahoo redirected a browser to the ledger. Anybody can open the redirect address, so `state` must prove who
   * began the login.
   */
  complete(answer: string, options?: { isVisit?: boolean }): Promise<void>;
  /** Deletes the tokens. */
  disconnect(): Promise<void>;
  /** Returns the leagues of which the account is a member. Throws SourceError. */
  leagues(
    wanted: { sports: readonly DailyGame[]; seasons: readonly number[] },
    signal?: AbortSignal,
  ): ReturnType<typeof myLeagues>;
  /** Requests one game to check whether Yahoo lets the application read anything. Throws SourceError. */
  probe(signal?: AbortSignal): Promise<void>;
};

export const NO_APPLICATION =
  "No application is configured. Register an application at https://developer.yahoo.com/apps/create/ and set YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET";
export const NO_KEY =
  "There is no key to encrypt tokens. Set ENCRYPTION_KEY to the output of `openssl rand -base64 32`, and use the same key for all processes";

const begun = v.pipe(v.string(), v.parseJson(), v.object({ state: v.string(), verifier: v.string() }));

export function createYahooAccount({
  app,
  seed,
  db,
  clock,
  get,
  parts,
  sealer,
  keyFault,
  onSecret,
  redact,
}: {
  app: YahooApp | undefined;
  /** YAHOO_REFRESH_TOKEN. */
  seed: string | undefined;
  db: Db;
  clock: Clock;
  get: YahooGet;
  parts: { login: Login; store: CredentialStore; credential: string; token: AccessToken } | undefined;
  /** Returns undefined when there is no key. */
  sealer: () => Promise<Sealer | undefined>;
  /** Returns the reason why there is no key. */
  keyFault: () => Promise<string | null>;
  onSecret: (secret: string) => void;
  redact: (text: string) => string;
}): YahooAccount {
  /**
   * Returns the application's login client and the encryption for its tokens. Throws ILLEGAL_STATE if the client or the encryption is
   * missing.
   */
  const able = async () => {
    if (!app || !parts) throw new LedgerError("ILLEGAL_STATE", NO_APPLICATION);
    const using = await sealer();
    if (!using) throw new LedgerError("ILLEGAL_STATE", (await keyFault()) ?? NO_KEY);
    return { ...parts, sealer: using };
  };

  return {
    async state() {
      if (!parts)
        return { state: "NO_APPLICATION", connectedAt: null, refreshedAt: null, reason: null, keyFault: null };
      const kept = await parts.store.read();
      const { refusal, connectedAt, refreshedAt, isLocked } = kept;
      const { refreshToken: tried, isNewSeed } = await chooseToken(seed, kept);
      const known = { connectedAt, refreshedAt, keyFault: await keyFault() };
      if (isLocked && !isNewSeed) return { ...known, state: "LOCKED", reason: LOCKED };
      const isRefused = refusal !== null && tried !== undefined && refusal.digest === (await digestOf(tried));
      const state = isRefused ? "REFUSED" : tried === undefined ? "NOT_CONNECTED" : "CONNECTED";
      return { ...known, state, reason: isRefused ? redact(refusal.reason) : null };
    },

    async begin() {
      const { login, credential, sealer } = await able();
      const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()];
      onSecret(verifier);
      const stateDigest = await sha256Hex(state);
      const sealed = await sealer.seal(JSON.stringify({ state, verifier }), loginPlace(stateDigest));
      const { expiresAt } = await rows.beginLogin(db, credential, { stateDigest, sealed, now: clock.now() });
      const challenge = await oauth.calculatePKCECodeChallenge(verifier);
      return { authorizationUrl: login.authorizationUrl({ state, challenge }), expiresAt };
    },

    async complete(answer, { isVisit = false } = {}) {
      const { login, credential, sealer } = await able();
      const given = readAnswer(answer);
      const state = given.get("state");
      if (state === null && (isVisit || app?.redirectUri !== "oob"))
        throw new LedgerError(
          "BAD_USER_INPUT",
          "The answer has no state. Paste the whole address to which Yahoo redirected the browser",
        );
      const row = await rows.findLogin(db, credential, state === null ? null : await sha256Hex(state));
      const opened = row && (await sealer.open(row.sealed, loginPlace(row.stateDigest)));
      if (!row || !opened)
        throw new LedgerError(
          "BAD_USER_INPUT",
          "No pending login matches this answer. A login expires after ten minutes and can be used once. Begin a new login",
        );
      const known = v.parse(begun, opened);
      // Yahoo's page shows the code without the state, so a pasted code is used with the state of the newest login.
      if (state === null) given.set("state", known.state);
      const code = given.get("code");
      if (code) onSecret(code);
      const granted = await login.redeem(given, known);
      onSecret(granted.accessToken);
      if (!granted.refreshToken)
        throw new LedgerError(
          "ILLEGAL_STATE",
          "Yahoo returned no refresh token. Check that the application is registered to read Fantasy Sports",
        );
      onSecret(granted.refreshToken);
      const tokens = { refreshToken: granted.refreshToken, access: accessOf(granted, clock.now()) };
      const { seeds: before = [] } = (await parts?.store.read()) ?? {};
      const seeds = [...new Set([...before, ...(seed === undefined ? [] : [await digestOf(seed)])])];
      const sealed = await sealer.seal(JSON.stringify(tokens), placeOf(credential));
      await rows.connect(db, credential, { sealed, seeds, now: clock.now(), stateDigest: row.stateDigest });
      parts?.token.reset();
    },

    async disconnect() {
      if (!parts) throw new LedgerError("ILLEGAL_STATE", NO_APPLICATION);
      await rows.disconnect(db, parts.credential);
      parts.token.reset();
    },

    leagues: (wanted, signal = NEVER) => myLeagues(get, wanted, { signal, meter: { requests: 0, retries: 0 } }),

    async probe(signal = NEVER) {
      if (!app) throw new LedgerError("ILLEGAL_STATE", NO_APPLICATION);
      await get("/game/mlb", { signal, meter: { requests: 0, retries: 0 } });
    },
  };
}

const loginPlace = (stateDigest: string) => `source_logins|${stateDigest}`;

/** Reads the parameters of Yahoo's redirect from a URL, from a query string, or from only the code. Throws BAD_USER_INPUT. */
function readAnswer(answer: string): URLSearchParams {
  const text = answer.trim();
  const given = URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams(text.replace(/^[?#]/, ""));
  if (given.has("code") || given.has("error")) return given;
  if (/^[\w-]{4,200}$/.test(text)) return new URLSearchParams({ code: text });
  throw new LedgerError(
    "BAD_USER_INPUT",
    "Cannot read the answer. Paste the code that Yahoo shows, or the whole address to which Yahoo redirected the browser (it contains code=)",
  );
}
