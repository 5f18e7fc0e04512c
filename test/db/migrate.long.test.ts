import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMigrations } from "../../src/runtimes/migrations.ts";
import { makeFolder } from "../support/ledger.ts";

describe("migrate()", () => {
  it("applies each migration once if three processes start at the same time with an empty database", async () => {
    const url = `file:${join(makeFolder(), "processes.db")}`;
    const code = `
      import { openDb } from ${JSON.stringify(new URL("../../src/db/client.ts", import.meta.url).href)};
      import { migrate } from ${JSON.stringify(new URL("../../src/db/migrate.ts", import.meta.url).href)};
      import { readMigrations } from ${JSON.stringify(new URL("../../src/runtimes/migrations.ts", import.meta.url).href)};
      console.log(JSON.stringify(await migrate(openDb({ url: ${JSON.stringify(url)} }), await readMigrations())));`;
    const runs = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        let out = "";
        for await (const chunk of child.stdout) out += chunk;
        return JSON.parse(out) as string[];
      }),
    );
    expect(runs.flat().sort()).toEqual((await readMigrations()).map(({ tag }) => tag));
  });
});
