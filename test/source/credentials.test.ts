import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type Db, openDb } from "../../src/db/client.ts";
import { createLogin } from "../../src/source/credentials/oauth.ts";
import { createSealer, newKey } from "../../src/source/credentials/seal.ts";
import { createDatabaseStore, createMemoryStore } from "../../src/source/credentials/store.ts";
import { createAccessToken } from "../../src/source/credentials/tokens.ts";
import { makeDatabase } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { type StandIn, startYahoo } from "../support/yahoo.ts";

const ID = "yahoo client";
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
/** Of the test that runs. */
let url = "";

/** The tokens as one process has them: a database client, a key and a memory of its own. */
function processOf(yahoo: StandIn, { seed = "refresh-0", id = ID, keys = [key], clock = systemClock } = {}) {
  const db = openDb({ url });
  onTestFinished(() => db.close());
  const store = createDatabaseStore(db, id, createSealer(keys));
  const login = createLogin(fetch, clock, yahoo.loginUrl, APP);
  return { db, store, token: createAccessToken({ clock, login, store, seed }) };
}

const rows = (db: Db) => db.orm.all<{ sealed: string }>(sql`select * from source_credentials order by id`);

describe("sealing", () => {
  it("opens with any of its keys, and only in its place", async () => {
    const [old, now] = [newKey(), newKey()];
    const sealed = await createSealer([old]).seal("a secret", "row 1");
    expect(sealed).not.toContain("secret");
    expect(await createSealer([now, old]).open(sealed, "row 1")).toBe("a secret");
    expect(await createSealer([now]).open(sealed, "row 1")).toBeNull();
    expect(await createSealer([old]).open(sealed, "row 2")).toBeNull();
    expect(await createSealer([old]).open(`${sealed.slice(0, -6)}AAAAA=`, "row 1")).toBeNull();
    expect(await createSealer([old]).open("", "row 1")).toBeNull();
  });

  it("seals with the first key, and never twice to the same text", async () => {
    const sealer = createSealer([newKey(), newKey()]);
    const [one, two] = [await sealer.seal("x", "p"), await sealer.seal("x", "p")];
    expect(one).not.toBe(two);
    expect(one.split(".")[1]).toBe(two.split(".")[1]);
  });
});

describe("tokens", () => {
  it("of several processes are refreshed once for each expiry, although each refresh token is good once", async () => {
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

  it("a restart goes on with the newest refresh token; what the database keeps says nothing of it", async () => {
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

  it("a setting that was changed counts more than what is kept, and its former value never again", async () => {
    const yahoo = await standIn();
    const id = "yahoo changed";
    await processOf(yahoo, { id }).token.get();
    yahoo.refreshToken = "of another login";
    const changed = processOf(yahoo, { id, seed: "of another login" });
    expect(await changed.token.get()).toBe("token-2");
    // A process that was not restarted yet has the old setting.
    const old = processOf(yahoo, { id });
    expect(await old.token.get()).toBe("token-2");
    old.token.refuse("token-2");
    expect(await old.token.get()).toBe("token-3");
    expect(yahoo.refreshToken).toBe("refresh-3");
  });

  it("that are newer are never replaced by a refresh that took long", async () => {
    const yahoo = await standIn();
    const { store } = processOf(yahoo, { id: "yahoo late" });
    const { version } = await store.read();
    const tokens = (refreshToken: string) => ({ refreshToken, access: null, seeds: [] });
    expect(await store.claim("slow", version)).toBe(true);
    expect(await store.claim("quick", version)).toBe(false);
    expect(await store.save(tokens("newer"), { version, now: 1 })).toBe(true);
    expect(await store.save(tokens("older"), { version, now: 2 })).toBe(false);
    expect((await store.read()).tokens?.refreshToken).toBe("newer");
  });

  it("that a refused refresh has ended cost one request, until the setting is another", async () => {
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
      const login = createLogin(counting, systemClock, yahoo.loginUrl, APP);
      return createAccessToken({ clock: systemClock, login, store, seed });
    };
    for (let n = 0; n < 3; n++) await expect(one("bad").get()).rejects.toThrow(/refuses YAHOO_REFRESH_TOKEN/);
    expect(asked).toBe(1);
    expect(await one("good").get()).toBe("token-1");
  });

  it("are kept in the process alone where there is no key, and one that is lost is asked for anew", async () => {
    const yahoo = await standIn();
    yahoo.rotates = false;
    const login = createLogin(fetch, systemClock, yahoo.loginUrl, APP);
    const token = createAccessToken({ clock: systemClock, login, store: createMemoryStore(), seed: "refresh-0" });
    expect([await token.get(), await token.get()]).toEqual(["token-1", "token-1"]);
    const id = "yahoo lost key";
    await processOf(yahoo, { id }).token.get();
    expect(await processOf(yahoo, { id, keys: [newKey()] }).token.get()).toBe("token-3");
  });

  it("that could not be kept are used, and kept the next time", async () => {
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
    const login = createLogin(fetch, systemClock, yahoo.loginUrl, APP);
    const log = { warn: (text: string) => void warned.push(text) };
    const token = createAccessToken({ clock: systemClock, login, store: failing, seed: "refresh-0", log });
    expect(await token.get()).toBe("token-1");
    expect(warned).toEqual([expect.stringContaining("could not be kept yet")]);
    fails = false;
    token.refuse("token-1");
    expect(await token.get()).toBe("token-2");
    expect((await store.read()).tokens?.refreshToken).toBe("refresh-2");
  });
});
