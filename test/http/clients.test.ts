import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isScalarType, isSpecifiedScalarType, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { schema } from "../../src/schema/index.ts";
import { openLedger } from "../support/ledger.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

it("the GraphQL documents in examples/typed match the schema (npm run proof:typed-clients compiles the documents)", () => {
  const folder = join(ROOT, "examples/typed");
  const documents = ["codegen/season.ts", "tada/season.ts"].flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/graphql\(`(.*?)`\)/gs)].map(([, text = ""]) => text),
  );
  expect(documents).toHaveLength(3);
  for (const text of documents) expect(validate(schema(), parse(text)), text).toEqual([]);
  // Both configurations name every custom scalar.
  const own = Object.values(schema().getTypeMap()).filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  for (const name of ["codegen.ts", "tada/season.ts"])
    for (const { name: scalar } of own)
      expect(readFileSync(join(folder, name), "utf8")).toMatch(new RegExp(`\\b${scalar}: "?\\w`));
});

describe("multipart subscription", () => {
  const ask = (query: string, accept: string, signal?: AbortSignal) =>
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
      ...(signal ? { signal } : {}),
    });
  const MULTIPART =
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9";

  it("sends a part for each event, an empty part to keep the connection alive, and an end marker", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const answer = await ledger.server.fetch(
      ask('subscription { jobProgress(jobId: "latest") { status } }', MULTIPART),
    );
    expect(answer.headers.get("content-type")).toBe("multipart/mixed;boundary=graphql;subscriptionSpec=1.0");
    const parts = (await answer.text()).split("\r\n--graphql");
    expect(parts.at(-1)).toBe("--\r\n");
    const bodies = parts.slice(1, -1).map((part) => JSON.parse(part.split("\r\n\r\n")[1] ?? ""));
    expect(bodies.filter((body) => body.payload)).toEqual([
      { payload: { data: { jobProgress: { status: "COMPLETED" } } } },
    ]);
    expect(bodies.filter((body) => !body.payload)).toEqual([{}]);
  });

  it("gets a JSON error if it is invalid, and a query gets a JSON answer even if its Accept header asks for multipart", async () => {
    const ledger = await openLedger();
    const refused = await ledger.server.fetch(
      ask('subscription { jobProgress(jobId: "nothing") { status } }', MULTIPART),
    );
    expect(await refused.text()).toContain("There is no job nothing");
    const query = await ledger.server.fetch(ask("{ viewer { name } }", MULTIPART));
    expect(await query.json()).toEqual({ data: { viewer: { name: "anonymous" } } });
    const other = await ledger.server.fetch(
      ask("subscription { jobEvents { cursor } }", "multipart/mixed;deferSpec=20220824"),
    );
    expect([other.status, ((await other.json()) as any).errors[0].message]).toEqual([
      406,
      expect.stringMatching(/allowed: .*text\/event-stream or multipart\/mixed;subscriptionSpec=1.0$/),
    ]);
  });

  it("does not count toward the client's limit any more once the client disconnects", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    for (let n = 0; n < 60; n++) {
      const answer = await ledger.server.fetch(ask("subscription { jobEvents { cursor } }", MULTIPART));
      expect(answer.status, String(n)).toBe(200);
      const reader = answer.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    }
  });
});
