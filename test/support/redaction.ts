import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { ADMIN, CANARIES, ENV, type FAULTS, OPERATOR, VIEWER } from "./canaries.ts";
import { openLedger } from "./ledger.ts";
import { startReceiver } from "./receiver.ts";

/** Number of faults that the suite tests; secrets.long.test.ts tests the other faults. */
export const SHORT = 3;

/** Tests that the secrets in Yahoo's answers do not reach an event, a job, a viewer, a log, a webhook or a file. */
export function testRedaction(faults: typeof FAULTS): void {
  it.each(faults)("covers answers, metrics, webhooks, logs and files when Yahoo answers with %s", async (_, fault) => {
    const receiver = await startReceiver();
    const ledger = await openLedger({ env: ENV });
    const ask = (query: string, token: string) =>
      ledger.clock.drive(ledger.ask(query, {}, { authorization: `Bearer ${token}` }));
    const added = await ask(
      `mutation { addWebhook(input: { url: "${receiver.url}/canary-path", kinds: [JOB_FAILED, JOB_COMPLETED, JOB_NEEDS_LOGIN, LEAGUE_STALE] }) { secret } }`,
      ADMIN,
    );
    const { secret } = added.data?.addWebhook ?? {};
    expect(secret).toMatch(/^whsec_/);
    ledger.yahoo.fault = () => fault;
    // Lets a hanging request time out.
    ledger.yahoo.hold = () => void ledger.clock.advance(31_000);
    const start = `mutation { startCollection(input: { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01" }) { job { id } } }`;
    expect((await ask(start, OPERATOR)).errors).toBeUndefined();
    await ledger.work();
    const asked = await Promise.all([
      ask("{ jobs { nodes { status error { code message stack } dates { error { message stack } } } } }", OPERATOR),
      ask('{ jobEvents(jobId: "latest") { events { message data } } }', VIEWER),
      ask(
        `{ collectionPlan(input: { leagueKey: "431.l.7", start: "2024-04-01", end: "2024-04-01" }) { requests } }`,
        OPERATOR,
      ),
      ask(`mutation { startUpdate(input: { leagueKey: "mlb.l.100" }) { job { id } } }`, OPERATOR),
    ]);
    await ledger.clock.advance(60_000);
    await ledger.clock.drive(ledger.server.notify());
    const metrics = await ledger.server.fetch(
      new Request("http://127.0.0.1/metrics", { headers: { authorization: `Bearer ${VIEWER}` } }),
    );
    expect(metrics.status).toBe(200);
    const told = receiver.received.map(({ body }) => body);
    const isWaiting = asked[0].data?.jobs.nodes[0].status === "WAITING";
    expect(told).toHaveLength(isWaiting ? 0 : 1);
    const tables = await ledger.db.orm.all<{ name: string }>(
      sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`,
    );
    const stored = await Promise.all(tables.map(({ name }) => ledger.db.orm.all(sql.raw(`select * from "${name}"`))));
    const folder = dirname(ledger.url.replace("file:", ""));
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    expect(files.join()).toContain("job_log");
    const all = JSON.stringify([asked, stored, ledger.logged, told, await metrics.text(), ...files]);
    const forms = ["canary-clie", "Y2xpZW50OmNhbmFyeS1jbGllbnQtc2VjcmV0", "canary-path", secret];
    for (const canary of [...CANARIES, ...forms]) expect(all).not.toContain(canary);
    expect(JSON.stringify(asked)).toMatch(/SOURCE_|LEAGUE_/);
  });
}
