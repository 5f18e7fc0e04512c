import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { addressFault, isPublicAddress } from "../../src/notifications/address.ts";
import { nodePost } from "../../src/runtimes/nodePost.ts";
import { newKey } from "../../src/source/credentials/seal.ts";
import { makeFolder, openLedger } from "../support/ledger.ts";
import { freePort } from "../support/ports.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/waiter.ts";
import { ADD, add, ENV, failAndComplete, NOTIFICATIONS } from "../support/webhooks.ts";

describe("webhooks", () => {
  it("receive each subscribed notification once, even after the address was down for an hour and another process took over", async () => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    receiver.status = 503;
    await add(ledger, { url: `${receiver.url}/x`, kinds: ["JOB_COMPLETED", "JOB_FAILED"] });
    await failAndComplete(ledger);
    for (let minutes = 0; minutes < 60; minutes++) {
      await ledger.server.notify();
      await ledger.clock.advance(60_000);
    }
    const [{ notifications }] = (await ledger.data(NOTIFICATIONS)).webhooks;
    expect(notifications).toHaveLength(2);
    for (const each of notifications)
      expect(each).toMatchObject({ deliveredAt: null, lastError: "the receiver answered with status 503" });
    expect(notifications[0].attempts).toBeGreaterThan(4);
    receiver.status = 204;
    const other = await openLedger({ env: ENV, url: ledger.url, now: new Date(ledger.clock.now()).toISOString() });
    for (let hours = 0; hours < 2; hours++) {
      await other.server.notify();
      await other.clock.advance(3_600_000);
    }
    expect(receiver.received.map(({ body }) => JSON.parse(body).kind).sort()).toEqual(["JOB_COMPLETED", "JOB_FAILED"]);
    const failed = receiver.received.map(({ body }) => JSON.parse(body)).find(({ kind }) => kind === "JOB_FAILED");
    expect(failed).toMatchObject({
      text: expect.stringMatching(/^Lineup Ledger: collection of 458\.l\.100, 2025-04-01 to 2025-04-01, is FAILED: /),
      job: { status: "FAILED", leagueKey: "458.l.100", error: { code: expect.stringMatching(/^SOURCE_/) } },
    });
  });

  it("send signed requests, and the twenty-line receiver in the docs accepts signed requests but rejects a forged request", async () => {
    const program = /^```js receiver\.mjs\n(.*?)^```$/ms.exec(
      readFileSync(new URL("../../docs/notifications.md", import.meta.url), "utf8"),
    )?.[1];
    const file = join(makeFolder(), "receiver.mjs");
    writeFileSync(file, program ?? "");
    expect(program?.split("\n").length).toBeLessThan(22);
    const port = await freePort();
    const ledger = await openLedger({ env: ENV, now: new Date().toISOString() });
    const { secret, webhook } = await add(ledger, { url: `http://127.0.0.1:${port}/` });
    const child = spawn(process.execPath, [file], { env: { WEBHOOK_SECRET: secret, PORT: String(port) } });
    onTestFinished(() => void child.kill("SIGKILL"));
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    await until("the receiver to listen", () => said.includes("listens"));
    await ledger.data("mutation ($id: ID!) { testWebhook(id: $id) { id } }", { id: webhook.id });
    await ledger.server.notify();
    await until("the receiver to get the test", () => said.includes("Lineup Ledger: a test requested by anonymous"));
    const forged = await fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers: {
        "webhook-id": "x",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "webhook-signature": "v1,AAAA",
      },
      body: "{}",
    });
    expect(forged.status).toBe(401);
  });

  it.each([
    ["DISCORD", { content: expect.stringMatching(/is FAILED/), allowed_mentions: { parse: [] } }],
    ["SLACK", { text: expect.stringMatching(/is FAILED/) }],
  ])("receive messages in the %s format", async (format, body) => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    await add(ledger, { url: receiver.url, format, kinds: ["JOB_FAILED"] });
    await failAndComplete(ledger);
    await ledger.server.notify();
    expect(receiver.received.map((each) => JSON.parse(each.body))).toEqual([body]);
  });

  it("receive LEAGUE_STALE once, and receive it once more when the league falls behind again", async () => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV, now: "2025-05-10T16:00:00Z" });
    await add(ledger, { url: receiver.url, kinds: ["LEAGUE_STALE"] });
    const collect = async (date: string) => {
      await ledger.start(date, date);
      await ledger.work();
    };
    await collect("2025-05-09");
    await ledger.server.notify();
    expect(receiver.received).toHaveLength(0);
    await ledger.clock.advance(3 * 86_400_000);
    for (let n = 0; n < 3; n++) await ledger.server.notify();
    expect(receiver.received.map(({ body }) => JSON.parse(body).text)).toEqual([
      "Lineup Ledger: league 458.l.100 is 3 days behind",
    ]);
    await collect("2025-05-12");
    await ledger.server.notify();
    await ledger.clock.advance(2 * 86_400_000);
    await ledger.server.notify();
    expect(receiver.received).toHaveLength(2);
  });

  it("are refused if no encryption key is configured", async () => {
    const ledger = await openLedger({ env: { WEBHOOKS_PRIVATE: "on", ENCRYPTION_KEY: "" } });
    const { errors } = await ledger.ask(ADD, { input: { url: "https://hooks.example.com/" } });
    expect(errors).toMatchObject([
      { extensions: { code: "ILLEGAL_STATE" }, message: expect.stringContaining("ENCRYPTION_KEY") },
    ]);
  });
});

describe("webhook address check", () => {
  it.each([
    "http://hooks.example.com/",
    "https://169.254.169.254/latest/meta-data",
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fd00::1]/",
    "https://localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router/",
    "https://user:password@hooks.example.com/",
    "file:///etc/passwd",
    "nonsense",
  ])("refuses %s", async (url) => {
    expect(addressFault(url, false)).not.toBeNull();
    const ledger = await openLedger({ env: { ENCRYPTION_KEY: newKey() } });
    expect((await ledger.ask(ADD, { input: { url } })).errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT" } },
    ]);
  });

  it("distinguishes private from public addresses", () => {
    for (const address of ["8.8.8.8", "2606:4700::1111"]) expect(isPublicAddress(address)).toBe(true);
    for (const address of ["100.64.0.1", "192.168.1.1", "0.0.0.0", "224.0.0.1", "fe80::1", "::", "64:ff9b::a00:1", "x"])
      expect(isPublicAddress(address), address).toBe(false);
  });

  it("refuses a connection on Node if the host name resolves to a private address", async () => {
    const asked: string[] = [];
    const resolve = ((hostname: string, _: object, done: (error: null, found: object[]) => void) => {
      asked.push(hostname);
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    }) as never;
    const post = nodePost(false, resolve);
    const request = { headers: {}, body: "{}", signal: new AbortController().signal };
    await expect(post("https://rebound.example.com/", request)).rejects.toThrow(
      "rebound.example.com resolves to 127.0.0.1; allowed: public addresses",
    );
    expect(asked).toEqual(["rebound.example.com"]);
    const receiver = await startReceiver();
    const named = receiver.url.replace("127.0.0.1", "receiver.example.com");
    expect(await nodePost(true, resolve)(named, request)).toEqual({ status: 204 });
  });
});
