import { describe, expect, it } from "vitest";
import type { Ledger } from "../support/ledger.ts";
import { known, OPERATOR, QUERIES, UNKNOWN, VIEWER } from "../support/rootFields.ts";

const writes = ({ statements }: Ledger) => statements.filter((text) => !/^\s*(select|with|pragma)\b/i.test(text));

describe("queries", () => {
  it.each([
    ["a viewer", VIEWER],
    ["an operator", OPERATOR],
  ])("write nothing to the database if %s sends them", async (_, caller) => {
    const ledger = await known();
    for (const query of [...QUERIES, ...Object.values(UNKNOWN)]) await ledger.ask(query, {}, caller);
    expect(ledger.statements.length).toBeGreaterThan(20);
    expect(writes(ledger)).toEqual([]);
  });
});
