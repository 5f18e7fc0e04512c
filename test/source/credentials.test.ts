import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type Db, openDb } from "../../src/db/client.ts";
import { connect, disconnect } from "../../src/db/credentials.ts";
import { createLogin, GrantRefusedError, type Login } from "../../src/source/credentials/oauth.ts";
import { createSealer, newKey } from "../../src/source/credentials/seal.ts";
import { createDatabaseStore, createMemoryStore, placeOf } from "../../src/source/credentials/store.ts";
import { createAccessToken, digestOf } from "../../src/source/credentials/tokens.ts";
import { createFakeClock } from "../support/clock.ts";
import { makeDatabase } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { type StandIn, startYahoo } from "../support/yahoo.ts";

const ID = "yahoo client";
const redact = (text: string) => text;
const APP = { clientId: "client", clientSecret: "secret", redirectUri: "oob" };

async function standIn(): Promise<StandIn> {
  url = await makeDatabase();
  const yahoo = await startYahoo(madeSeason());
  onTestFinished(() => yahoo.close());
  yahoo.goodTokens = new Set();
  yahoo.rotates = true;
  return yahoo;
}

const key = newKey();
/** The database URL of the running test. */
let url = "";

/** Creates the tokens of one process, with its own database client, keys and memory. */
function processOf(yahoo: StandIn, { seed = "refresh-0", id = ID, keys = [key], clock = systemClock } = {}) {
  const db = openDb({ url });
  onTestFinished(() => db.close());
  const store = createDatabaseStore(db, id, createSealer(keys));
  const login = createLogin({ fetch, clock, redact }, yahoo.loginUrl, APP);
  return { db, store, token: createAccessToken({ clock, login, store, seed }) };
}

const rows = (db: Db) => db.orm.all<{ sealed: string }>(sql`select * from source_credentials order by id`);

describe("createSealer()", () => {
  it("makes a sealer that opens a text with any of the given keys, but only in the place for which the text was sealed", async () => {
    const [old, now] = [newKey(), newKey()];
    const sealed = await createSealer([old]).seal("a secret", "row 1");
    expect(sealed).not.toContain("secret");
    expect(await createSealer([now, old]).open(sealed, "row 1")).toBe("a secret");
    expect(await createSealer([now]).open(sealed, "row 1")).toBeNull();
    expect(await createSealer([old]).open(sealed, "row 2")).toBeNull();
    expect(await createSealer([old]).open(`${sealed.slice(0, -6)}AAAAA=`, "row 1")).toBeNull();
    expect(await createSealer([old]).open("", "row 1")).toBeNull();
  });

  it("makes a sealer that seals with the first of the given keys, and never produces the same sealed text twice", async () => {
    const sealer = createSealer([newKey(), newKey()]);
    const [one, two] = [await sealer.seal("x", "p"), await sealer.seal("x", "p")];
    expect(one).not.toBe(two);
    expect(one.split(".")[1]).toBe(two.split(".")[1]);
  });
});

describe("tokens", () => {
  it("are refreshed only once per expiry even if several processes need new tokens at the same time", async () => {
    const yahoo = await standIn();
    const id = "yahoo expiring";
    const processes = Array.from({ length: 4 }, () => processOf(yahoo, { id }));
    for (let expiry = 1; expiry <= 5; expiry++) {
      const tokens = await Promise.all(processes.flatMap(({ token }) => [token.get(), token.get()]));
      expect(new Set(tokens)).toEqual(new Set([`token-${expiry}`]));
      for (const { token } of processes) token.refuse(`token-${expiry}`);
    }
    expect(yahoo.refreshes()).toBe(5);
  });

  it("survive a restart, including the newest refresh token, and are stored only in encrypted form", async () => {
    const yahoo = await standIn();
    const id = "yahoo restarted";
    const first = processOf(yahoo, { id });
    await first.token.get();
    const again = processOf(yahoo, { id });
    expect(await again.token.get()).toBe("token-1");
    again.token.refuse("token-1");
    expect(await again.token.get()).toBe("token-2");
    expect(yahoo.refreshToken).toBe("refresh-2");
    expect(JSON.stringify(await rows(first.db))).not.toMatch(/refresh-\d|token-\d/);
  });

  it("come from a changed YAHOO_REFRESH_TOKEN rather than from the database, and never again from the former value", async () => {
    const yahoo = await standIn();
    const id = "yahoo changed";
    await processOf(yahoo, { id }).token.get();
    yahoo.refreshToken = "of another login";
    const changed = processOf(yahoo, { id, seed: "of another login" });
    expect(await changed.token.get()).toBe("token-2");
    // A process that has not been restarted still has the old setting.
    const old = processOf(yahoo, { id });
    expect(await old.token.get()).toBe("token-2");
    old.token.refuse("token-2");
    expect(await old.token.get()).toBe("token-3");
    expect(yahoo.refreshToken).toBe("refresh-3");
  });

  it("are never overwritten by a refresh that started before the tokens were stored", async () => {
    const yahoo = await standIn();
    const { store } = processOf(yahoo, { id: "yahoo late" });
    const { version } = await store.read();
    const tokens = (refreshToken: string) => ({ refreshToken, access: null });
    expect(await store.claim("slow", version)).toBe(true);
    expect(await store.claim("quick", version)).toBe(false);
    expect(await store.save(tokens("newer"), { version, seeds: [], now: 1 })).toBe(true);
    expect(await store.save(tokens("older"), { version, seeds: [], now: 2 })).toBe(false);
    expect((await store.read()).tokens?.refreshToken).toBe("newer");
  });

  it("are not requested again after a refused refresh until YAHOO_REFRESH_TOKEN changes", async () => {
    const yahoo = await standIn();
    const id = "yahoo refused";
    yahoo.refreshToken = "good";
    let asked = 0;
    const counting: typeof fetch = (...args) => {
      asked++;
      return fetch(...args);
    };
    const one = (seed: string) => {
      const { store } = processOf(yahoo, { id });
      const login = createLogin({ fetch: counting, clock: systemClock, redact }, yahoo.loginUrl, APP);
      return createAccessToken({ clock: systemClock, login, store, seed });
    };
    for (let n = 0; n < 3; n++) await expect(one("bad").get()).rejects.toThrow(/refuses YAHOO_REFRESH_TOKEN/);
    expect(asked).toBe(1);
    expect(await one("good").get()).toBe("token-1");
  });

  it("are kept only in memory if there is no encryption key, and cause an error if they were sealed with a different key", async () => {
    const yahoo = await standIn();
    yahoo.rotates = false;
    const login = createLogin({ fetch, clock: systemClock, redact }, yahoo.loginUrl, APP);
    const token = createAccessToken({
      clock: systemClock,
      login,
      store: createMemoryStore(processOf(yahoo).db, () => 0),
      seed: "refresh-0",
    });
    expect([await token.get(), await token.get()]).toEqual(["token-1", "token-1"]);
    const id = "yahoo lost key";
    await processOf(yahoo, { id }).token.get();
    const { token: locked } = processOf(yahoo, { id, keys: [newKey()] });
    await expect(locked.get()).rejects.toThrow(/sealed with another key\. Set ENCRYPTION_KEY/);
    yahoo.refreshToken = "a new setting";
    expect(await processOf(yahoo, { id, keys: [newKey()], seed: "a new setting" }).token.get()).toBe("token-3");
  });

  it("are used even if they could not be stored, and are stored when they are next needed", async () => {
    const yahoo = await standIn();
    const { store } = processOf(yahoo, { id: "yahoo unkept" });
    let fails = true;
    const failing = {
      ...store,
      save: async (...asked: Parameters<typeof store.save>) => {
        if (fails) throw new Error("The disk is full");
        return store.save(...asked);
      },
    };
    const warned: string[] = [];
    const login = createLogin({ fetch, clock: systemClock, redact }, yahoo.loginUrl, APP);
    const log = { warn: (text: string) => void warned.push(text) };
    const token = createAccessToken({ clock: systemClock, login, store: failing, seed: "refresh-0", log });
    expect(await token.get()).toBe("token-1");
    expect(warned).toEqual([expect.stringContaining("Cannot store Yahoo's new tokens yet")]);
    fails = false;
    expect(await token.get()).toBe("token-1");
    expect((await store.read()).tokens?.refreshToken).toBe("refresh-1");
    token.refuse("token-1");
    expect(await token.get()).toBe("token-2");
    expect((await store.read()).tokens?.refreshToken).toBe("refresh-2");
  });

  it("are replaced within ten seconds after a login in another process, and are no longer used after a logout", async () => {
    const yahoo = await standIn();
    const id = "yahoo elsewhere";
    const clock = createFakeClock("2025-06-01T00:00:00Z");
    const { db, token } = processOf(yahoo, { id, clock });
    expect(await token.get()).toBe("token-1");
    const sealer = createSealer([key]);
    const login = { refreshToken: "other", access: { token: "of the login", goodUntil: clock.now() + 3_600_000 } };
    const sealed = await sealer.seal(JSON.stringify(login), placeOf(id));
    await connect(db, id, { sealed, seeds: [await digestOf("refresh-0")], now: 1, stateDigest: "" });
    await clock.advance(10_001);
    expect(await token.get()).toBe("of the login");
    await disconnect(db, id);
    await clock.advance(10_001);
    yahoo.refreshToken = "nobody's";
    await expect(token.get()).rejects.toThrow(/refuses YAHOO_REFRESH_TOKEN/);
  });

  it("come from a new login if Yahoo refuses a refresh that started before the login", async () => {
    const yahoo = await standIn();
    const id = "yahoo overtaken";
    const { db, store } = processOf(yahoo, { id });
    const sealer = createSealer([key]);
    const tokens = { refreshToken: "new", access: { token: "of the login", goodUntil: Date.now() + 3_600_000 } };
    const slow: Login = {
      ...createLogin({ fetch, clock: systemClock, redact }, yahoo.loginUrl, APP),
      refresh: async () => {
        const sealed = await sealer.seal(JSON.stringify(tokens), placeOf(id));
        await connect(db, id, { sealed, seeds: [await digestOf("old")], now: 1, stateDigest: "" });
        throw new GrantRefusedError("(invalid_grant)");
      },
    };
    const token = createAccessToken({ clock: systemClock, login: slow, store, seed: "old" });
    expect(await token.get()).toBe("of the login");
  });

  it("come from a login in any process once Yahoo has refused the token in YAHOO_REFRESH_TOKEN", async () => {
    const yahoo = await standIn();
    const id = "yahoo refused setting";
    yahoo.refreshToken = "good";
    const server = processOf(yahoo, { id, seed: "refused" });
    await expect(server.token.get()).rejects.toThrow(/refuses YAHOO_REFRESH_TOKEN/);
    const login = { refreshToken: "good", access: null };
    const sealed = await createSealer([key]).seal(JSON.stringify(login), placeOf(id));
    await connect(server.db, id, { sealed, seeds: [], now: 1, stateDigest: "" });
    expect(await server.token.get()).toBe("token-1");
  });

  it.each(["database", "memory"])(
    "have one outage record for all processes (in the %s), and each failure makes the next pause longer",
    async (kind) => {
      const yahoo = await standIn();
      let now = 1_000_000;
      const db = openDb({ url, now: () => now });
      onTestFinished(() => db.close());
      const stores = [1, 2].map(() =>
        kind === "database" ? createDatabaseStore(db, "yahoo out", createSealer([key])) : null,
      );
      const memory = createMemoryStore(db, () => now);
      const [one, two] = stores.map((store) => store ?? memory);
      if (!one || !two) throw new Error("Expected two stores");
      expect(yahoo.refreshes()).toBe(0);
      const minutes = [];
      for (let n = 0; n < 6; n++) {
        const ms = await one.noteOutage();
        expect(await two.noteOutage()).toBe(ms);
        expect((await two.read()).outageMs).toBe(ms);
        minutes.push(ms / 60_000);
        now += ms;
      }
      expect(minutes).toEqual([5, 10, 20, 40, 60, 60]);
      await two.endOutage();
      expect((await one.read()).outageMs).toBe(0);
      expect(await one.noteOutage()).toBe(300_000);
    },
  );
});
