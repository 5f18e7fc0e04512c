import { getIntrospectionQuery } from "graphql";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { SINGLE_ATTACKS } from "../support/singleAttacks.ts";

describe("attack", () => {
  it.each(SINGLE_ATTACKS)(
    "%s, %s, is refused with a short answer and runs no SQL statement",
    async (_, __, request, statuses) => {
      // Each attack gets its own ledger, because a client's bad documents are counted together.
      const { server, statements } = await openLedger();
      const before = statements.length;
      const response = await server.fetch(request());
      const text = await response.text();
      expect(statuses, text.slice(0, 300)).toContain(response.status);
      const { errors, data } = JSON.parse(text);
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.length).toBeLessThanOrEqual(5);
      expect(text.length).toBeLessThan(4_000);
      if (data) for (const each of Object.values(data)) expect(each).toBeNull();
      expect(statements.slice(before)).toEqual([]);
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
      expect(text).not.toMatch(/node_modules|\.ts:|at \w+ \(/);
    },
  );

  it("is not suspected in a tool's usual introspection query", async () => {
    const ledger = await openLedger();
    expect((await ledger.ask(getIntrospectionQuery())).errors).toBeUndefined();
  });

  it("A27, a node id that begins with __proto__, finds no node", async () => {
    const ledger = await openLedger();
    expect((await ledger.ask('{ node(id: "__proto__:1") { id } }')).data?.node ?? null).toBeNull();
  });
});
