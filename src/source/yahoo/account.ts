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

/** Whether the ledger may read leagues at Yahoo. */
export type AccountState = {
  /**
   * - NO_APPLICATION: YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET are not set.
   * - NOT_CONNECTED: nobody has logged in.
   * - CONNECTED: there are tokens, of a login or a setting.
   * - REFUSED: Yahoo refuses them: somebody has to log in.
   * - LOCKED: they are sealed with another key than this process has.
   */
  state: "NO_APPLICATION" | "NOT_CONNECTED" | "CONNECTED" | "REFUSED" | "LOCKED";
  /** When somebody logged in, and when the tokens were renewed last, in milliseconds since 1970. */
  connectedAt: number | null;
  refreshedAt: number | null;
  /** What Yahoo said when it refused them. */
  reason: string | null;
  /** Why the tokens are kept in the process alone, and are lost with it; null where they are kept in the database. */
  keyFault: string | null;
};

/** A login that was begun. */
export type BegunLogin = { authorizationUrl: string; expiresAt: number };

/** The account at Yahoo that the ledger reads with. */
export type YahooAccount = {
  /** What is known of it; nobody is asked. */
  state(): Promise<AccountState>;
  /** Begins a login; it has to be ended within ten minutes. Throws ILLEGAL_STATE where no login is possible. */
  begin(): Promise<BegunLogin>;
  /**
   * Ends it: the tokens are kept.
   * @param answer The address that Yahoo has led to, with its `code` and `state`; or the code alone, where Yahoo shows it and leads nowhere.
   * @param isVisit Yahoo has led a browser here: whoever it is, only the state says that the login was begun by somebody who may.
   * Throws BAD_USER_INPUT, ILLEGAL_STATE and a SourceError.
   */
  complete(answer: string, options?: { isVisit?: boolean }): Promise<void>;
  /** Forgets the tokens. */
  disconnect(): Promise<void>;
  /** The leagues that it is a member of. Throws a SourceError. */
  leagues(
    wanted: { sports: readonly DailyGame[]; seasons: readonly number[] },
    signal?: AbortSignal,
  ): ReturnType<typeof myLeagues>;
  /** Asks Yahoo for a game: whether it lets the application read at all. Throws a SourceError. */
  probe(signal?: AbortSignal): Promise<void>;
};

export const NO_APPLICATION =
  "No application is configured: register one at https://developer.yahoo.com/apps/create/ and set YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET";
export const NO_KEY =
  "There is no key to encrypt tokens with: set ENCRYPTION_KEY to what `openssl rand -base64 32` prints, the same for all processes";

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
  /** Undefined where there is no key. */
  sealer: () => Promise<Sealer | undefined>;
  /** Why there is none. */
  keyFault: () => Promise<string | null>;
  onSecret: (secret: string) => void;
  redact: (text: string) => string;
}): YahooAccount {
  /** What a login needs, or ILLEGAL_STATE. */
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
          "The answer has no state: paste the whole address that Yahoo has led to, as it was begun here",
        );
      const row = await rows.findLogin(db, credential, state === null ? null : await sha256Hex(state));
      const opened = row && (await sealer.open(row.sealed, loginPlace(row.stateDigest)));
      if (!row || !opened)
        throw new LedgerError(
          "BAD_USER_INPUT",
          "No login that was begun in the last ten minutes belongs to this answer, or it has been used: begin it again, and use the newest address",
        );
      const known = v.parse(begun, opened);
      // The code alone comes from a page that shows no state: whoever pastes it has it from there.
      if (state === null) given.set("state", known.state);
      const code = given.get("code");
      if (code) onSecret(code);
      const granted = await login.redeem(given, known);
      onSecret(granted.accessToken);
      if (!granted.refreshToken)
        throw new LedgerError(
          "ILLEGAL_STATE",
          "Yahoo has given no refresh token: is the application registered for reading Fantasy Sports?",
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

/** The parameters that Yahoo has sent: out of an address, out of what stands behind its question mark, or a code alone. */
function readAnswer(answer: string): URLSearchParams {
  const text = answer.trim();
  const given = URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams(text.replace(/^[?#]/, ""));
  if (given.has("code") || given.has("error")) return given;
  if (/^[\w-]{4,200}$/.test(text)) return new URLSearchParams({ code: text });
  throw new LedgerError(
    "BAD_USER_INPUT",
    "That is neither the address that Yahoo has led to, with code= in it, nor the code that Yahoo shows",
  );
}
