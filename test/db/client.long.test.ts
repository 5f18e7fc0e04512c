import { spawn } from "node:child_process";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { makeDatabase } from "../support/ledger.ts";

const JOB = sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total, fence)
  values ('j', 'COLLECTION', 'TEST', 'QUEUED', '458.l.1', '2025-04-01', '2025-04-02', 1, '{}', '', 1, 2, 5)`;

describe("write()", () => {
  it("succeeds while other processes write continuously", async () => {
    const url = await makeDatabase();
    const db = openDb({ url });
    await db.write([JOB]);
    const code = `
      import { openDb } from ${JSON.stringify(new URL("../../src/db/client.ts", import.meta.url).href)};
      import { sql } from ${JSON.stringify(import.meta.resolve("drizzle-orm"))};
      const db = openDb({ url: ${JSON.stringify(url)} });
      for (let i = 0; i < 100; i++) await db.write([sql\`update job_log set requests = requests + 1\`]);`;
    const others = Array.from({ length: 2 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "inherit", "inherit"] }),
    );
    const exits = others.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (let i = 0; i < 100; i++) await db.write([sql`update job_log set requests = requests + 1`]);
    expect(await Promise.all(exits)).toEqual([0, 0]);
    expect(await db.orm.all(sql`select requests from job_log`)).toEqual([{ requests: 300 }]);
    await db.close();
  });
});
