import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { startReceiver } from "../support/receiver.ts";
import { add, ENV, failAndComplete, NOTIFICATIONS } from "../support/webhooks.ts";

describe("webhooks", () => {
  it("receive a HEARTBEAT only for completed jobs, and nothing for jobs in the TEST environment", async () => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    expect(
      (await add(ledger, { url: `${receiver.url}/beat`, format: "HEARTBEAT", kinds: ["JOB_FAILED"] })).webhook.kinds,
    ).toEqual(["JOB_COMPLETED"]);
    await failAndComplete(ledger);
    await ledger.start("2025-04-03", "2025-04-03", { environment: "TEST" });
    await ledger.work();
    await ledger.server.notify();
    expect(receiver.received.map(({ path, body }) => [path, body.includes("COMPLETED")])).toEqual([["/beat", true]]);
  });

  it("never follow redirects, never expose their URL in answers or tables, and receive nothing after their removal", async () => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    const { webhook, secret } = await add(ledger, { url: `${receiver.url}/path-with-a-canary`, kinds: ["JOB_FAILED"] });
    receiver.status = 302;
    await failAndComplete(ledger);
    await ledger.server.notify();
    const [{ notifications }] = (await ledger.data(NOTIFICATIONS)).webhooks;
    expect(notifications).toMatchObject([{ lastError: "the receiver answered with status 302", deliveredAt: null }]);
    const rows = JSON.stringify([
      await ledger.db.orm.all(sql`select * from webhooks`),
      await ledger.db.orm.all(sql`select * from notifications`),
      notifications,
      ledger.logged,
    ]);
    for (const hidden of ["path-with-a-canary", secret]) expect(rows).not.toContain(hidden);
    await ledger.data("mutation ($id: ID!) { removeWebhook(id: $id) { id } }", { id: webhook.id });
    receiver.status = 204;
    await ledger.clock.advance(3_600_000);
    await ledger.server.notify();
    expect(receiver.received).toEqual([]);
    expect((await ledger.data("{ webhooks { id } }")).webhooks).toEqual([]);
  });

  it("receive a notification only once if two processes try to send it after a killed process left it unsent", async () => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    await add(ledger, { url: receiver.url, kinds: ["JOB_FAILED"] });
    await failAndComplete(ledger);
    const other = await openLedger({ env: ENV, url: ledger.url, now: new Date(ledger.clock.now()).toISOString() });
    await ledger.db.write([sql`update notifications set attempts = 1, next_at = ${ledger.clock.now() + 60_000}`]);
    await ledger.server.notify();
    expect(receiver.received).toEqual([]);
    for (const each of [ledger, other]) await each.clock.advance(60_000);
    await Promise.all([ledger.server.notify(), other.server.notify()]);
    expect(receiver.received).toHaveLength(1);
  });
});
