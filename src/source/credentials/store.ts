import * as v from "valibot";
import type { Db } from "../../db/client.ts";
import * as rows from "../../db/credentials.ts";
import type { Sealer } from "./seal.ts";

const tokens = v.object({
  refreshToken: v.string(),
  /** The access token, used until `goodUntil` (milliseconds since 1970); null when there is none yet. */
  access: v.nullable(v.object({ token: v.string(), goodUntil: v.number() })),
});

/** The tokens of one credential. */
export type Tokens = v.InferOutput<typeof tokens>;

/** The stored state of a credential. */
export type CredentialState = Omit<rows.StoredCredential, "sealed"> & {
  /** Null when there are no tokens, or when the tokens cannot be decrypted. */
  tokens: Tokens | null;
  /** Whether the stored tokens are sealed with a key that this process does not have. */
  isLocked: boolean;
};

/** Stores a credential's tokens. Every change names the `version` that it is based on, so newer tokens are never overwritten. */
export type CredentialStore = {
  read(): Promise<CredentialState>;
  /** Claims the next refresh for `owner`. Returns false if another refresh is under way or if newer tokens are stored. */
  claim(owner: string, version: number): Promise<boolean>;
  /** Stores tokens. Returns false if newer tokens are already stored. */
  save(tokens: Tokens, options: { version: number; seeds: readonly string[]; now: number }): Promise<boolean>;
  refuse(options: { version: number; digest: string; reason: string }): Promise<void>;
  /** Releases the owner's claim, also after a failed refresh. */
  release(owner: string): Promise<void>;
  /** Records an outage. Returns how many milliseconds to wait before the next request. */
  noteOutage(): Promise<number>;
  endOutage(): Promise<void>;
};

const NOTHING: CredentialState = {
  tokens: null,
  isLocked: false,
  version: 0,
  seeds: [],
  outageMs: 0,
  connectedAt: null,
  refreshedAt: null,
  refusal: null,
};

/** Creates a store in the database, shared by all processes. */
export function createDatabaseStore(db: Db, id: string, sealer: Sealer): CredentialStore {
  const place = placeOf(id);
  return {
    async read() {
      const row = await rows.findCredential(db, id);
      if (!row) return NOTHING;
      const { sealed, ...state } = row;
      const opened = sealed === "" ? null : parse(await sealer.open(sealed, place));
      return { ...state, tokens: opened, isLocked: sealed !== "" && opened === null };
    },
    claim: (owner, version) => rows.claimRefresh(db, id, owner, version),
    save: async (given, options) =>
      rows.saveTokens(db, id, { ...options, sealed: await sealer.seal(JSON.stringify(given), place) }),
    refuse: (options) => rows.saveRefusal(db, id, options),
    release: (owner) => rows.endRefresh(db, id, owner),
    noteOutage: () => rows.noteOutage(db, id),
    endOutage: () => rows.endOutage(db, id),
  };
}

/**
 * What a process keeps in memory. The values in this memory are plain data, so in an edge runtime the values can outlive the server that
 * stored them.
 */
export type Memory = { current?: CredentialState; forgotten?: number; outages?: number; outageUntil?: number };

/** Creates a store that keeps tokens in memory, for a process that has no key to encrypt them. */
export function createMemoryStore(db: Db, now: () => number, memory: Memory = {}): CredentialStore {
  const update = (version: number, change: Partial<CredentialState>) => {
    const before = memory.current ?? NOTHING;
    if (before.version !== version) return false;
    memory.current = { ...before, ...change };
    return true;
  };
  return {
    async read() {
      const state = memory.current ?? NOTHING;
      const isForgotten = (memory.forgotten ?? 0) < rows.timesForgotten(db);
      if (isForgotten) {
        memory.forgotten = rows.timesForgotten(db);
        memory.outageUntil = 0;
        update(state.version, { refusal: null });
      }
      return { ...(memory.current ?? NOTHING), outageMs: Math.max(0, (memory.outageUntil ?? 0) - now()) };
    },
    claim: async () => true,
    save: async (given, { version, seeds, now: at }) =>
      update(version, { tokens: given, seeds, version: version + 1, refreshedAt: at, refusal: null }),
    refuse: async ({ version, ...refusal }) => void update(version, { refusal }),
    release: async () => {},
    async noteOutage() {
      if ((memory.outageUntil ?? 0) <= now()) {
        const outages = memory.outages ?? 0;
        memory.outages = outages + 1;
        memory.outageUntil = now() + Math.min(rows.FIRST_OUTAGE_MS * 2 ** outages, rows.MAX_OUTAGE_MS);
      }
      return (memory.outageUntil ?? 0) - now();
    },
    async endOutage() {
      memory.outages = 0;
      memory.outageUntil = 0;
    },
  };
}

/** Returns the place where a credential's tokens are stored, as `seal` and `open` expect it. */
export const placeOf = (id: string): string => `source_credentials|${id}`;

function parse(text: string | null): Tokens | null {
  if (text === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), tokens), text);
  return parsed.success ? parsed.output : null;
}

/** Creates a store that calls `choose` on its first use, because the key that decides the choice may not exist earlier. */
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
    noteOutage: async () => (await store()).noteOutage(),
    endOutage: async () => (await store()).endOutage(),
  };
}
