import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/http/client.ts";
import { LIMITS } from "../../src/schema/limits.ts";
import { openLedger } from "../support/ledger.ts";
import { read, subscribe } from "../support/stream.ts";
import { until } from "../support/waiter.ts";

const EVENTS = "subscription { jobEvents { cursor type } }";
const open = (ledger: Awaited<ReturnType<typeof openLedger>>, address: string, headers: Record<string, string> = {}) =>
  ledger.server.fetch(
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", ...headers },
      body: JSON.stringify({ query: EVENTS }),
    }),
    address,
  );

describe("execution timeout", () => {
  it("ends a slow query with the code TIMEOUT and aborts the query's requests to the source", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    expect(id).toBeTruthy();
    ledger.yahoo.fault = () => "hang";
    const asked = ledger.ask(`{ league(key: "458.l.100") { previousSeason { name } } }`);
    await until("the source to be asked", () => ledger.yahoo.underWay() > 0);
    await ledger.clock.advance(LIMITS.executionMs);
    const { errors } = await asked;
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/timed out after 10 seconds/),
      extensions: { code: "TIMEOUT" },
    });
    await ledger.clock.advance(2_000);
    await until("the request to be aborted", () => ledger.yahoo.underWay() === 0);
  });

  it("does not apply to a mutation: if the source hangs, the mutation fails with the source's error code", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = () => "hang";
    const asked = ledger.ask(`mutation { startUpdate(input: { leagueKey: "mlb.l.100" }) { job { id } } }`);
    await until("the source to be asked", () => ledger.yahoo.underWay() > 0);
    await ledger.clock.advance(LIMITS.executionMs);
    const { errors } = await asked;
    expect(errors?.[0]).toMatchObject({
      message: "The source did not answer in time",
      extensions: { code: "SOURCE_UNAVAILABLE" },
    });
  });

  it("does not hide the error of a mutation's last attempt", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = () => "reset";
    const { errors } = await ledger.clock.drive(
      ledger.ask(`mutation { startUpdate(input: { leagueKey: "mlb.l.100" }) { job { id } } }`),
    );
    expect(errors?.[0]?.message).toMatch(/^No answer from .*: fetch failed/);
  });
});

describe("subscriptions", () => {
  it("are refused with 429 beyond a client's limit until one of the client's subscriptions ends", async () => {
    const ledger = await openLedger();
    const responses = await Promise.all(
      Array.from({ length: LIMITS.subscriptionsPerClient }, () => open(ledger, "127.0.0.1")),
    );
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
    const refused = await open(ledger, "127.0.0.1");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await refused.text()).toContain("LIMIT_EXCEEDED");
    expect((await open(ledger, "::ffff:127.0.0.1")).status).toBe(429);
    const other = await open(ledger, "127.0.0.2");
    expect(other.status).toBe(200);

    const streams = responses.map(({ body }) => read(body as ReadableStream<Uint8Array>));
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.clock.advance(1_000);
    expect(await streams[0]?.next()).toMatchObject({ type: "CREATED" });
    await streams[0]?.leave();
    const again = await open(ledger, "127.0.0.1");
    expect(again.status).toBe(200);
    expect((await open(ledger, "127.0.0.1")).status).toBe(429);
  });

  it("do not count toward the client's limit if they are refused or fail", async () => {
    const ledger = await openLedger();
    for (let i = 0; i < LIMITS.subscriptionsPerClient + 5; i++) {
      const stream = await subscribe(
        ledger.server,
        'subscription { jobEvents(jobId: "none") { type } }',
        {},
        "10.1.1.1",
      );
      await expect(stream.next()).rejects.toThrow("NOT_FOUND");
    }
    expect((await open(ledger, "10.1.1.1")).status).toBe(200);
  });

  it("do not count toward the client's limit if the client disconnects before the first byte", async () => {
    const ledger = await openLedger();
    for (let i = 0; i < LIMITS.subscriptionsPerClient + 5; i++) {
      const signal = AbortSignal.abort();
      const request = new Request("http://localhost/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({ query: EVENTS }),
        signal,
      });
      await ledger.server.fetch(request, "10.1.1.3").catch(() => {});
    }
    expect((await open(ledger, "10.1.1.3")).status).toBe(200);
  });

  it("do not count toward the client's limit any more once they end by themselves", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    for (let i = 0; i < LIMITS.subscriptionsPerClient + 5; i++) {
      const stream = await subscribe(
        ledger.server,
        `subscription { jobEvents(jobId: "${id}") { type } }`,
        {},
        "10.1.1.2",
      );
      expect((await stream.rest()).at(-1)?.type).toBe("COMPLETED");
    }
  });

  it("tell proxies not to buffer, and send their first bytes at once", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    const response = await open(ledger, "127.0.0.1");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(await read(response.body as ReadableStream<Uint8Array>).next()).toMatchObject({ type: "CREATED" });
  });
});

describe("addressOf()", () => {
  const from = (forwarded: string | null) =>
    new Request("http://localhost/", forwarded === null ? {} : { headers: { "x-forwarded-for": forwarded } });
  it.each([
    ["the peer address of a connection", "198.51.100.1", null, [], "198.51.100.1"],
    ["the peer address when an untrusted client claims another", "198.51.100.1", "203.0.113.9", [], "198.51.100.1"],
    ["the address that a trusted proxy reports", "10.0.0.7", "203.0.113.9", ["10.0.0.7"], "203.0.113.9"],
    ["the reported address for an IPv6 proxy", "::ffff:10.0.0.7", "203.0.113.9", ["10.0.0.7"], "203.0.113.9"],
    [
      "the last reported address that does not belong to a proxy",
      "10.0.0.7",
      "1.1.1.1, 203.0.113.9, 10.0.0.8",
      ["10.0.0.7", "10.0.0.8"],
      "203.0.113.9",
    ],
    ["the proxy's address when the proxy reports no address", "10.0.0.7", null, ["10.0.0.7"], "10.0.0.7"],
    [
      "the reported address, however the proxy's address is written",
      "::ffff:10.0.0.7",
      "[2001:DB8:0::1]:5555",
      ["0:0:0:0:0:ffff:a00:7"],
      "2001:db8::1",
    ],
    ["the reported address without its port", "10.0.0.7", "203.0.113.9:5555", ["10.0.0.7"], "203.0.113.9"],
    ["the last reported valid address", "10.0.0.7", "203.0.113.9, unknown, <script>", ["10.0.0.7"], "203.0.113.9"],
    ["the word unknown when the runtime does not know the peer", undefined, "203.0.113.9", ["10.0.0.7"], "unknown"],
  ])("returns %s", (_, remote, forwarded, trusted, address) => {
    expect(addressOf(from(forwarded), remote, trusted)).toBe(address);
  });
});
