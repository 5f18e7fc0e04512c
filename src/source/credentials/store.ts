import * as v from "valibot";
import type { Db } from "../../db/client.ts";
import * as rows from "../../db/credentials.ts";
import type { Sealer } from "./seal.ts";

const tokens = v.object({
  refreshToken: v.string(),
  /** Good until that instant, in milliseconds since 1970; null where none was given out yet. */
  access: v.nullable(v.object({ token: v.string(), goodUntil: v.number() })),
  /** Digests of the values of YAHOO_REFRESH_TOKEN that these tokens come after: only another one is newer. */
  seeds: v.array(v.string()),
});

/** The tokens of one credential. */
export type Tokens = v.InferOutput<typeof tokens>;

/** What is known of a credential; `tokens` is null where there are none that can be read. */
export type CredentialState = Omit<rows.StoredCredential, "sealed"> & { tokens: Tokens | null };

/** Where a credential's tokens are kept. `version` names those that a change was made of: of newer ones nothing is overwritten. */
export type CredentialStore = {
  read(): Promise<CredentialState>;
  /** Takes the next refresh for `owner`; false while another one is under way or when there are newer tokens. */
  claim(owner: string, version: number): Promise<boolean>;
  save(tokens: Tokens, options: { version: number; now: number }): Promise<boolean>;
  refuse(options: { version: number; digest: string; reason: string }): Promise<void>;
  /** Ends a refresh that has brought nothing. */
  release(owner: string): Promise<void>;
};

const NOTHING: CredentialState = { tokens: null, version: 0, connectedAt: null, refreshedAt: null, refusal: null };

/** Where tokens are kept in the database, for all processes. */
export function createDatabaseStore(db: Db, id: string, sealer: Sealer): CredentialStore {
  const place = placeOf(id);
  return {
    async read() {
      const row = await rows.findCredential(db, id);
      if (!row) return NOTHING;
      const { sealed, ...state } = row;
      return { ...state, tokens: parse(sealed === "" ? null : await sealer.open(sealed, place)) };
    },
    claim: (owner, version) => rows.claimRefresh(db, id, owner, version),
    save: async (given, options) =>
      rows.saveTokens(db, id, { ...options, sealed: await sealer.seal(JSON.stringify(given), place) }),
    refuse: (options) => rows.saveRefusal(db, id, options),
    release: (owner) => rows.endRefresh(db, id, owner),
  };
}

/** Where they are kept in the process alone: there is no key to encrypt them with. */
export function createMemoryStore(state: { current?: CredentialState } = {}): CredentialStore {
  const update = (version: number, change: Partial<CredentialState>) => {
    const before = state.current ?? NOTHING;
    if (before.version !== version) return false;
    state.current = { ...before, ...change };
    return true;
  };
  return {
    read: async () => state.current ?? NOTHING,
    claim: async () => true,
    save: async (given, { version, now }) => update(version, { tokens: given, version: version + 1, refreshedAt: now }),
    // Nobody could have it forgotten, as a resumed job wants.
    refuse: async () => {},
    release: async () => {},
  };
}

/** What tokens are sealed for. */
export const placeOf = (id: string): string => `source_credentials|${id}`;

function parse(text: string | null): Tokens | null {
  if (text === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), tokens), text);
  return parsed.success ? parsed.output : null;
}

/** A store that is chosen when it is first needed, as a key may have to be made first. */
export function createLazyStore(choose: () => Promise<CredentialStore>): CredentialStore {
  let chosen: Promise<CredentialStore> | undefined;
  const store = () => {
    chosen ??= choose();
    return chosen;
  };
  return {
    read: async () => (await store()).read(),
    claim: async (...asked) => (await store()).claim(...asked),
    save: async (...asked) => (await store()).save(...asked),
    refuse: async (...asked) => (await store()).refuse(...asked),
    release: async (...asked) => (await store()).release(...asked),
  };
}
