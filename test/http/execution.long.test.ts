import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/schema/limits.ts";
import { openLedger } from "../support/ledger.ts";

describe("validations", () => {
  it("are refused with BUSY beyond the limit, and are answered within the limit", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-07");
    await ledger.work();
    const twenty = Array.from(
      { length: LIMITS.rootFields },
      (_, i) => `v${i}: validation(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-07") { datesChecked }`,
    );
    const each = () => Promise.all(twenty.map((field) => ledger.ask(`{ ${field} }`)));
    const answers = (await Promise.all([each(), each(), each()])).flat();
    const refused = answers.filter(({ errors }) => errors);
    expect(new Set(refused.map(({ errors }) => errors?.[0]?.extensions?.code))).toEqual(new Set(["BUSY"]));
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(LIMITS.validations + LIMITS.validationsWaiting);
    for (const { data } of answers.filter(({ errors }) => !errors))
      expect(Object.values(data ?? {})).toEqual([{ datesChecked: 7 }]);
    expect((await each()).every(({ errors }) => !errors)).toBe(true);
  });
});

describe("playground", () => {
  const page = (headers: Record<string, string> = {}) =>
    new Request("http://localhost/graphql", { headers: { accept: "text/html", ...headers } });

  it("has a new etag and new example dates on the next day", async () => {
    const ledger = await openLedger();
    const before = await ledger.server.fetch(page());
    await before.body?.cancel();
    ledger.clock.set("2025-06-02T16:00:00Z");
    const after = await ledger.server.fetch(page());
    expect(after.headers.get("etag")).not.toBe(before.headers.get("etag"));
    expect(await after.text()).toContain("2025-06-02");
  });

  it("is sent compressed if the client accepts gzip, and is not sent again (304) if the client already has the page", async () => {
    const ledger = await openLedger();
    const plain = await ledger.server.fetch(page());
    const compressed = await ledger.server.fetch(page({ "accept-encoding": "br;q=1, gzip;q=0.8" }));
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    const bytes = new Uint8Array(await compressed.arrayBuffer());
    expect(bytes.byteLength).toBeLessThan(4_000_000);
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    expect(await new Response(unpacked).text()).toBe(await plain.text());
    expect(
      (await ledger.server.fetch(page({ "accept-encoding": "gzip;q=0" }))).headers.get("content-encoding"),
    ).toBeNull();

    const etag = plain.headers.get("etag") ?? "";
    expect(compressed.headers.get("etag")).toBe(etag);
    for (const header of [etag, `"x", W/${etag}`, "*"]) {
      const known = await ledger.server.fetch(page({ "if-none-match": header }));
      expect([known.status, await known.text()]).toEqual([304, ""]);
    }
    expect((await ledger.server.fetch(page({ "if-none-match": '"x"' }))).status).toBe(200);
  });
});

describe("exports", () => {
  const get = (ledger: Awaited<ReturnType<typeof openLedger>>) =>
    ledger.server.fetch(
      new Request("http://localhost/export/lineups.ndjson?league=458.l.100&start=2025-04-01&end=2025-04-20"),
      "10.2.2.2",
    );

  it("are refused beyond a client's limit until one of the client's exports is read, cancelled or left unread for a minute", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-20");
    await ledger.work();
    const all = await Promise.all(Array.from({ length: LIMITS.exportsPerClient }, () => get(ledger)));
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    const refused = await get(ledger);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    expect((await all[0]?.text())?.split("\n")).toHaveLength(20 * 312 + 1);
    expect((await get(ledger)).status).toBe(200);
    expect((await get(ledger)).status).toBe(429);
    await all[1]?.body?.cancel();
    expect((await get(ledger)).status).toBe(200);
    expect((await get(ledger)).status).toBe(429);
    await ledger.clock.advance(61_000);
    expect((await get(ledger)).status).toBe(200);
    await expect(all[2]?.text()).rejects.toThrow();
  });
});
