import { expect, it } from "vitest";
import { newKey } from "../../src/source/credentials/seal.ts";
import { lineups } from "../support/cli.ts";
import { makeDatabase, openLedger } from "../support/ledger.ts";
import { startReceiver } from "../support/receiver.ts";

it("the webhooks command adds, tests and removes a webhook, and shows the state of the webhook's last message", async () => {
  const receiver = await startReceiver();
  const settings = { ENCRYPTION_KEY: newKey(), WEBHOOKS_PRIVATE: "on" };
  const url = await makeDatabase();
  const env = { ...settings, DATABASE_URL: url };
  const said = async (...argv: string[]) => {
    const { exit, out, err } = await lineups(["webhooks", ...argv], env);
    return { exit, text: `${out}${err}` };
  };

  const added = await said("add", `${receiver.url}/canary`, "--name", "at home", "--kinds", "job_failed,league_stale");
  expect(added).toMatchObject({
    exit: 0,
    text: expect.stringMatching(/^at home gets messages about job_failed, league_stale\nwhsec_/),
  });
  expect((await said("test", "at home")).exit).toBe(0);
  expect((await said("list")).text).toMatch(/at home +json +job_failed, league_stale .*not sent yet/);

  receiver.status = 503;
  const ledger = await openLedger({ url, env: settings, now: "2025-05-04T16:00:00.000Z" });
  await ledger.server.notify();
  expect((await said()).text).toMatch(/the receiver answered with status 503/);
  receiver.status = 204;
  await ledger.clock.advance(60_000);
  await ledger.server.notify();
  expect((await said()).text).toMatch(/delivered/);
  expect(receiver.received.map(({ body }) => JSON.parse(body).kind)).toEqual(["TEST"]);

  expect(await said("remove", "AT HOME")).toEqual({ exit: 0, text: "at home is removed and gets no more messages\n" });
  expect((await said()).text).toContain("0 webhooks");
});

it("the webhooks command refuses invalid input and lists the allowed values", async () => {
  const env = { ENCRYPTION_KEY: newKey(), DATABASE_URL: await makeDatabase() };
  const refusal = async (...argv: string[]) => {
    const { exit, err } = await lineups(["webhooks", ...argv], env);
    return `${exit} ${err}`;
  };
  expect(await refusal("add", "https://10.0.0.1/x")).toMatch(/^[12] .*private|^[12] .*internet/s);
  expect(await refusal("add", "https://example.com/x", "--format", "fax")).toMatch(
    /Allowed: json, discord, slack, heartbeat/,
  );
  expect(await refusal("add", "https://example.com/x", "--kinds", "test")).toMatch(
    /allowed: job_completed, job_failed/,
  );
  expect(await refusal("remove", "nobody")).toMatch(/^1 There is no webhook "nobody"; known webhooks: none/);
});
