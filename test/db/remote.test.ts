import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { DatabaseError, isDatabaseError, UnknownOutcomeError } from "../../src/db/errors.ts";
import { createRemoteFetch } from "../../src/db/remote.ts";
import { useBadLines } from "../support/badLine.ts";
import { openLedger } from "../support/ledger.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/waiter.ts";

const { faulty, url } = useBadLines();

const NOTE = sql`insert into league_aliases values ('a', '458.l.1', 1)`;

describe("remote database client", () => {
  it("repeats a request if the server answers with status 429 or accepts no connections", async () => {
    const line = await faulty(/select 7/, "full", "full");
    const db = openDb({ url: line.url });
    expect(await db.orm.all(sql`select 7 as n`)).toEqual([{ n: 7 }]);
    expect(line.faults).toEqual(["full", "full", "carry"]);
    const pauses: number[] = [];
    const clock = {
      now: Date.now,
      sleep: async (ms: number, signal?: AbortSignal) => {
        // A sleep of 10 s is the timeout of a request. The request ends long before the timeout, and the sleep is then aborted.
        if (ms === 10_000) return new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
        pauses.push(ms);
      },
    };
    const refused = createRemoteFetch({ clock });
    await expect(
      refused(new Request(`http://127.0.0.1:${await freePort()}/v2/pipeline`, { method: "POST", body: "x" })),
    ).rejects.toThrow();
    expect(pauses).toHaveLength(7);
  });

  it("times out after 10 s without an answer", async () => {
    const line = await faulty(/./, "hang");
    // The timeout expires as soon as the request has arrived, so the test does not wait 10 s.
    const clock = { now: Date.now, sleep: async () => void (await until("the request", () => line.faults.length > 0)) };
    const impatient = createRemoteFetch({ clock });
    await expect(impatient(new Request(line.url, { method: "POST", body: "x" }))).rejects.toThrow(
      "no answer within 10 s",
    );
    expect(line.faults).toEqual(["hang"]);
  });

  it("repeats a lost write only if the write is marked as repeatable, and otherwise throws UnknownOutcomeError", async () => {
    const line = await faulty(/requests \+ 1/, "lose-answer");
    const db = openDb({ url: line.url });
    await db.write([
      sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total)
          values ('lost', 'COLLECTION', 'TEST', 'QUEUED', '1.l.1', '2025-04-01', '2025-04-02', 1, '{}', '', 1, 2)`,
    ]);
    const count = sql`update job_log set requests = requests + 1 where id = 'lost'`;
    await expect(db.write([count])).rejects.toThrow(UnknownOutcomeError);
    const requests = () => db.orm.all(sql`select requests from job_log where id = 'lost'`);
    expect(await requests()).toEqual([{ requests: 1 }]);
    line.fault = (body) => (line.faults.length < 3 && /update/.test(body) ? "lose-answer" : "carry");
    line.faults.length = 0;
    await db.write([sql`update job_log set requests = 9 where id = 'lost'`], { repeatable: true });
    expect(line.faults).toEqual(["lose-answer", "lose-answer", "lose-answer", "carry"]);
    expect(await requests()).toEqual([{ requests: 9 }]);
    await db.write([sql`update job_log set status = 'CANCELLED', finished_at = 1 where id = 'lost'`]);
  });

  it("distinguishes a refused statement from a lost statement", async () => {
    const db = openDb({ url: url() });
    await expect(db.write([NOTE])).rejects.toThrow(/FOREIGN KEY/);
    await expect(db.write([NOTE])).rejects.not.toThrow(UnknownOutcomeError);
  });
  it("closes without delay even if the server does not answer, and makes pending writes fail with a database error", async () => {
    const line = await faulty(/./, ...Array.from({ length: 20 }, () => "hang" as const));
    const db = openDb({ url: line.url, closeMs: 30 });
    const waiting = [1, 2, 3].map((n) =>
      db.write([sql`update job_log set requests = ${n} where id = 'x'`], { repeatable: true }),
    );
    const outcomes = Promise.allSettled(waiting);
    await db.close();
    expect((await outcomes).map((each) => each.status === "rejected" && isDatabaseError(each.reason))).toEqual([
      true,
      true,
      true,
    ]);
    expect(line.faults).toEqual(["hang"]);
  });

  it("throws a DatabaseError, not an UnknownOutcomeError, if the server cannot be reached", async () => {
    const db = openDb({ url: `http://127.0.0.1:${await freePort()}`, closeMs: 0 });
    const writing = db.write([sql`select 1`], { repeatable: true }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await db.close();
    const error = await writing;
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
  });

  it("reports UNAVAILABLE without internal details when the connection breaks", async () => {
    const line = await faulty(/never/);
    const { ask } = await openLedger({ url: line.url });
    line.fault = () => "break";
    const { errors } = await ask("{ jobs { totalCount } }");
    expect(errors?.[0]?.extensions?.code).toBe("UNAVAILABLE");
    expect(errors?.[0]?.message).toMatch(
      /^The database is unavailable, and the operation may not have completed: retry; [^:]*[0-9a-f]{12}$/,
    );
  });

  it("uses HTTP even if the URL is for WebSockets", async () => {
    const line = await faulty(/select 6/, "full");
    const db = openDb({ url: line.url.replace("http", "ws") });
    expect(await db.orm.all(sql`select 6 as n`)).toEqual([{ n: 6 }]);
    expect(line.faults).toEqual(["full", "carry"]);
  });
});
