import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";

const CANCEL = "mutation ($id: ID!) { cancelCollection(jobId: $id) { job { status pendingAction } } }";
const PAUSE = "mutation ($id: ID!) { pauseCollection(jobId: $id) { job { status } } }";

/** Opens a ledger whose source never answers requests for rosters. */
async function hanging(leagues = 1) {
  const ledger = await openLedger({ env: { CONCURRENCY: "4" } });
  ledger.yahoo.seasons = Array.from({ length: leagues }, (_, i) => madeSeason(`458.l.${101 + i}`));
  ledger.yahoo.fault = (path) => (path.includes("/roster;") ? "hang" : null);
  const stop = new AbortController();
  const working = ledger.server.work(stop.signal);
  const isUnderWay = () => until("a request to hang", () => ledger.yahoo.underWay() > 0);
  return { ledger, working, stop: () => stop.abort(), isUnderWay };
}

describe("hanging source", () => {
  it("delays only its own jobs, and no jobs of other sources", async () => {
    const { ledger, working, stop, isUnderWay } = await hanging(6);
    for (let i = 0; i < 6; i++) await ledger.start("2025-04-01", "2025-04-02", { leagueKey: `458.l.${101 + i}` });
    await isUnderWay();
    const running = async () => (await ledger.data("{ jobs(status: [RUNNING]) { totalCount } }")).jobs.totalCount;
    await until("all of the source's places to be taken", async () => (await running()) === 4);
    const demo = await ledger.start("2025-05-20", "2025-05-21", { leagueKey: "demo.l.1" });
    await until("the demo job to be done", async () => (await ledger.job(demo)).status === "COMPLETED");
    expect(await running()).toBe(4);
    stop();
    await ledger.clock.advance(2_000);
    await ledger.clock.drive(working);
  });

  it("does not prevent the cancellation of a job, because the request is aborted two seconds later", async () => {
    const { ledger, working, stop, isUnderWay } = await hanging();
    const id = await ledger.start("2025-04-01", "2025-04-02");
    await isUnderWay();
    expect((await ledger.data(CANCEL, { id })).cancelCollection.job).toEqual({
      status: "RUNNING",
      pendingAction: "CANCEL",
    });
    await until("the worker to hear of it", () => ledger.clock.sleepers() > 2);
    await ledger.clock.advance(2_000);
    await until("the job to be cancelled", async () => (await ledger.job(id)).status === "CANCELLED");
    await until("the request to be aborted", () => ledger.yahoo.underWay() === 0);
    stop();
    await ledger.clock.drive(working);
  });

  it("does not prevent a pause by another process, or a resume once the source answers again", async () => {
    const { ledger, working, stop, isUnderWay } = await hanging();
    const id = await ledger.start("2025-04-01", "2025-04-02");
    const other = await openLedger({
      url: ledger.url,
      yahoo: ledger.yahoo,
      now: new Date(ledger.clock.now()).toISOString(),
    });
    await isUnderWay();
    await other.data(PAUSE, { id });
    // The pause is noticed within two seconds, and the request is aborted after two more seconds.
    for (let seconds = 0; seconds < 4; seconds++) await ledger.clock.advance(1_000);
    await until("the job to be paused", async () => (await ledger.job(id)).status === "PAUSED");
    ledger.yahoo.fault = () => null;
    await ledger.data("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id } } }", { id });
    await until("the job to be completed", async () => {
      await ledger.clock.advance(1_000);
      return (await ledger.job(id)).status === "COMPLETED";
    });
    stop();
    await ledger.clock.drive(working);
  });

  it("does not prevent a server from stopping, and the next server completes the job without loss", async () => {
    const { ledger, working, stop, isUnderWay } = await hanging();
    const id = await ledger.start("2025-04-01", "2025-04-02");
    await isUnderWay();
    stop();
    await ledger.clock.advance(2_000);
    await ledger.clock.drive(working);
    expect(await ledger.job(id)).toMatchObject({ status: "RUNNING", progress: { datesFailed: 0 } });
    ledger.yahoo.fault = () => null;
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", progress: { datesCompleted: 2 } });
  });

  it("may answer up to two seconds after the server is told to stop, and its answer is stored", async () => {
    const { ledger, working, stop, isUnderWay } = await hanging();
    const releases: (() => void)[] = [];
    ledger.yahoo.hold = (_, release) => releases.push(release);
    const id = await ledger.start("2025-04-01", "2025-04-02", { concurrency: 1 });
    await isUnderWay();
    await until("the request to be held", () => releases.length === 1);
    stop();
    await ledger.clock.advance(1_900);
    releases[0]?.();
    await ledger.clock.drive(working);
    expect(await ledger.job(id)).toMatchObject({ status: "RUNNING", progress: { datesCompleted: 1 } });
  });

  it("does not prevent a pause even if the login hangs as well", async () => {
    const { ledger, working, stop } = await hanging();
    ledger.yahoo.loginFaults = ["hang"];
    const id = await ledger.start("2025-04-01", "2025-04-02");
    await until("the login to be asked", () => ledger.yahoo.loginFaults.length === 0);
    await ledger.data(PAUSE, { id });
    await until("the worker to hear of it", () => ledger.clock.sleepers() > 1);
    await ledger.clock.advance(2_000);
    await until("the job to be paused", async () => (await ledger.job(id)).status === "PAUSED");
    stop();
    await ledger.clock.drive(working);
  });
});
