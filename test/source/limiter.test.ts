import { describe, expect, it } from "vitest";
import { createLimiter } from "../../src/source/limiter.ts";
import { SourceError } from "../../src/source/source.ts";
import { createFakeClock } from "../support/clock.ts";

const signal = new AbortController().signal;
const limited = (retryAfterMs?: number) => new SourceError("RATE_LIMITED", "slow down", { retryAfterMs });
const kindOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "answered",
    (error: SourceError) => `${error.kind} ${error.retryAfterMs ?? ""}`.trim(),
  );
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Creates a request that is in flight until it is answered or refused. */
function request() {
  let [answer, refuse] = [() => {}, (_: Error) => {}];
  const done = new Promise<void>((resolve, reject) => {
    [answer, refuse] = [resolve, reject];
  });
  let sent = false;
  return {
    send: () => {
      sent = true;
      return done;
    },
    isSent: () => sent,
    answer: () => answer(),
    refuse: (error: Error) => refuse(error),
  };
}

describe("createLimiter()", () => {
  it("keeps at most the given number of requests in flight", async () => {
    const limiter = createLimiter(createFakeClock(0), { requestsPerSecond: 0, concurrency: 2 });
    const all = [request(), request(), request()];
    const done = all.map((each) => limiter.run(each.send, signal));
    await turn();
    expect(all.map((each) => each.isSent())).toEqual([true, true, false]);
    all[0]?.answer();
    await done[0];
    await turn();
    expect(all[2]?.isSent()).toBe(true);
    for (const each of all) each.answer();
    await Promise.all(done);
  });

  it("spaces the starts of requests evenly, even after an idle period", async () => {
    const clock = createFakeClock(0);
    const limiter = createLimiter(clock, { requestsPerSecond: 4, concurrency: 10 });
    const starts: number[] = [];
    const ask = () => limiter.run(async () => void starts.push(clock.now()), signal);
    await clock.drive(Promise.all([ask(), ask(), ask()]));
    await clock.advance(10_000);
    const late = clock.now();
    await clock.drive(Promise.all([ask(), ask()]));
    expect(starts).toEqual([0, 250, 500, late, late + 250]);
  });

  it("sends one probe when a rate limit is over, and sends the waiting requests only after the probe's answer", async () => {
    const clock = createFakeClock(0);
    const limiter = createLimiter(clock, { requestsPerSecond: 0, concurrency: 3 });
    expect(await kindOf(limiter.run(() => Promise.reject(limited(60_000)), signal))).toBe("RATE_LIMITED 60000");
    await clock.advance(59_000);
    const early = request();
    expect(await kindOf(limiter.run(early.send, signal))).toBe("RATE_LIMITED 1000");
    expect(early.isSent()).toBe(false);

    await clock.advance(1_000);
    const after = [request(), request(), request()];
    const done = after.map((each) => kindOf(limiter.run(each.send, signal)));
    await turn();
    expect(after.map((each) => each.isSent())).toEqual([true, false, false]);
    after[0]?.answer();
    await turn();
    await turn();
    expect(after.map((each) => each.isSent())).toEqual([true, true, true]);
    for (const each of after) each.answer();
    expect(await Promise.all(done)).toEqual(["answered", "answered", "answered"]);
  });

  it("does not send the waiting requests if the probe is refused, but refuses them with the probe's waiting time", async () => {
    const clock = createFakeClock(0);
    const limiter = createLimiter(clock, { requestsPerSecond: 0, concurrency: 3 });
    await kindOf(limiter.run(() => Promise.reject(limited()), signal));
    await clock.advance(15 * 60_000);
    const all = [request(), request(), request()];
    const done = all.map((each) => kindOf(limiter.run(each.send, signal)));
    await turn();
    all[0]?.refuse(limited(5_000));
    expect(await Promise.all(done)).toEqual(["RATE_LIMITED 5000", "RATE_LIMITED 5000", "RATE_LIMITED 5000"]);
    expect(all.filter((each) => each.isSent())).toHaveLength(1);
  });

  it("does not send a waiting request whose signal has aborted", async () => {
    const limiter = createLimiter(createFakeClock(0), { requestsPerSecond: 1, concurrency: 1 });
    const first = request();
    const running = limiter.run(first.send, signal);
    const stop = new AbortController();
    const waiting = request();
    const queued = kindOf(limiter.run(waiting.send, stop.signal));
    await turn();
    stop.abort();
    expect(await queued).toBe("STOPPED");
    first.answer();
    await running;
    expect(waiting.isSent()).toBe(false);
    expect(await kindOf(limiter.run(waiting.send, stop.signal))).toBe("STOPPED");
  });
});
