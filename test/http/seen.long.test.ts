import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";

const at = (path: string, headers: Record<string, string> = {}) => new Request(`http://localhost${path}`, { headers });

describe("/metrics", () => {
  it("creates no labels from the names and paths that clients use", async () => {
    const { server, ask } = await openLedger();
    for (let n = 0; n < 200; n++) {
      await ask(`query Name${n} { leagues { key } }`);
      await server.fetch(at(`/nonsense-${n}`));
    }
    const text = await (await server.fetch(at("/metrics"))).text();
    expect(text.length).toBeLessThan(5_000);
    expect(text).not.toMatch(/Name1|nonsense/);
  });
});
