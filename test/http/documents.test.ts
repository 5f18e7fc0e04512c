import { getIntrospectionQuery } from "graphql";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/schema/limits.ts";
import { ORDINARY_DOCUMENTS } from "../../src/schema/ordinaryDocuments.ts";
import { openLedger } from "../support/ledger.ts";

const many = (n: number, part: (i: number) => string) => Array.from({ length: n }, (_, i) => part(i)).join(" ");

/** Each entry names what is excessive, and holds the document and the message of the refusal. */
const EXCESSIVE: [string, string, RegExp][] = [
  ["tokens", `{ jobs { nodes { ${many(1000, () => "id")} } } }`, /more than 1000 tokens; allowed: 1000/],
  ["tokens in 90 kB", `{ ${many(12_000, (i) => `f${i}`)} }`, /more than 1000 tokens/],
  ["aliases", `{ jobs { nodes { ${many(31, (i) => `a${i}: id`)} } } }`, /31 aliases; allowed: 30/],
  ["fields", `{ jobs { nodes { ${many(250, () => "id")} } } }`, /252 fields; allowed: 200/],
  ["aliases of __typename", `{ ${many(101, (i) => `a${i}: __typename`)} }`, /101 aliases/],
  ["__typename fields", `{ ${many(150, () => "__typename")} }`, /150 root fields; allowed: 20/],
  [
    "root fields in fragments",
    `{ ${many(3, () => "...a")} } fragment a on Query { ${many(10, () => "__typename")} }`,
    /30 root fields/,
  ],
  ["directives", `{ jobs { nodes { id ${many(21, () => "@skip(if: false)")} } } }`, /21 directives; allowed: 20/],
  [
    "objects of introspection",
    `{ __schema { types { fields { type { fields { args { type { fields { name } } } } } } } } }`,
    /objects of introspection; allowed: 100000|Maximum introspection depth exceeded/,
  ],
  [
    "objects of introspection side by side",
    `{ ${many(20, (i) => `a${i}: __schema { types { ...t } }`)} } fragment t on __Type { fields { args { type { name } } type { fields { args { type { name } } } } } }`,
    /objects of introspection; allowed: 100000/,
  ],
];

describe("document limits", () => {
  it.each(EXCESSIVE)("refuse a document with too many %s before it runs", async (_, query, message) => {
    const ledger = await openLedger();
    const { data, errors } = await ledger.ask(query);
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.extensions?.code).toMatch(/^(LIMIT_EXCEEDED|BAD_USER_INPUT)$/);
    expect(ledger.statements).toEqual([]);
  });

  it("refuse an expensive document even if the cost of one of its fields cannot be computed", async () => {
    const ledger = await openLedger();
    const { data, errors } = await ledger.ask(
      `query ($key: String = "x") {
         ${many(10, (i) => `a${i}: jobs(first: 100) { nodes { id dates { date } } }`)}
         validation(leagueKey: $key, start: "2025-04-01", end: "2025-04-02") { datesChecked }
       }`,
      { key: null },
    );
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(errors?.[0]?.message).toMatch(/Query\.validation\(leagueKey:/);
    expect(ledger.statements).toEqual([]);
  });

  it("refuse only the field whose argument is out of range, and charge no cost for the refused field", async () => {
    const ledger = await openLedger();
    const { data, errors } = await ledger.ask("{ jobs(first: 500) { nodes { id } } leagues { key } }");
    expect(data).toMatchObject({ jobs: null, leagues: [] });
    expect(errors).toMatchObject([{ path: ["jobs"], extensions: { code: "BAD_USER_INPUT" } }]);
    expect(errors?.[0]?.message).toContain("500");
    // If one field is refused and the rest of the document is too expensive, the whole document is refused.
    const both = await ledger.ask(
      `{ jobs(first: 500) { nodes { id } } ${many(10, (i) => `a${i}: jobs(first: 100) { nodes { id dates { date } } }`)} }`,
    );
    expect(both.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED" } }]);
    expect(both.data ?? null).toBeNull();
  });

  it("lead to status 400 if the excessive document cannot be parsed, and to 422 if it can be parsed", async () => {
    const ledger = await openLedger();
    const statusOf = async (query: string | undefined) =>
      (
        await ledger.server.fetch(
          new Request("http://localhost/graphql", {
            method: "POST",
            headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
            body: JSON.stringify({ query }),
          }),
        )
      ).status;
    expect(await statusOf(`{ ${"jobs ".repeat(1_001)} }`)).toBe(400);
    expect(await statusOf(`{ ${many(31, (i) => `a${i}: __typename`)} }`)).toBe(422);
  });

  it("refuse an excessive document each time it is sent, while good documents are answered", async () => {
    const ledger = await openLedger();
    for (let i = 0; i < 3; i++) {
      expect((await ledger.ask(EXCESSIVE[2]?.[1] ?? "")).errors?.[0]?.extensions?.code).toBe("LIMIT_EXCEEDED");
      expect((await ledger.ask("{ jobs { totalCount } }")).data).toEqual({ jobs: { totalCount: 0 } });
    }
  });
});

describe("client that has sent fifty bad documents", () => {
  it("for ten seconds gets answers only to known good documents, and other clients are not affected", async () => {
    const ledger = await openLedger();
    const send = async (query: string, address: string) =>
      (
        await ledger.server.fetch(
          new Request("http://localhost/graphql", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ query }),
          }),
          address,
        )
      ).status;
    expect(await send("{ leagues { key } }", "10.0.0.9")).toBe(200);
    const statuses: number[] = [];
    for (let n = 0; n < 60; n++) statuses.push(await send(n % 2 ? `{ bad${n} }` : "{", "10.0.0.9"));
    expect(statuses.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, n) => (n % 2 ? 422 : 400)));
    expect(new Set(statuses.slice(50))).toEqual(new Set([429]));
    expect(await send("{ leagues { key } }", "10.0.0.9")).toBe(200);
    expect(await send("{ leagues { name } }", "10.0.0.9")).toBe(429);
    expect(await send("{ leagues { name } }", "10.0.0.10")).toBe(200);
    await ledger.clock.advance(10_000);
    expect(await send("{ bad }", "10.0.0.9")).toBe(422);
  });
});

describe("fragments", () => {
  it("are refused quickly if they spread each other in an endless circle", async () => {
    const ledger = await openLedger();
    const all = (i: number) => many(20, (j) => (i === j ? "" : `...f${j}`));
    const { errors } = await ledger.ask(`{ ...f0 } ${many(20, (i) => `fragment f${i} on Query { ${all(i)} }`)}`);
    expect(errors?.every(({ extensions }) => extensions?.code === "BAD_USER_INPUT")).toBe(true);
    expect(errors?.length).toBeLessThanOrEqual(5);
  });

  it("are counted each time they are spread, so a chain of twenty doubling fragments is refused", async () => {
    const ledger = await openLedger();
    const doubling = many(20, (i) => `fragment f${i} on Job { ...f${i + 1} ...f${i + 1} }`);
    const { errors } = await ledger.ask(`{ jobs { nodes { ...f0 } } } ${doubling} fragment f20 on Job { id status }`);
    expect(errors?.[0]?.extensions?.code).toBe("LIMIT_EXCEEDED");
    expect(errors).toHaveLength(1);
    expect(ledger.statements).toEqual([]);
  });
});

it("every list of objects in the schema states its own cost instead of the default", async () => {
  const { isLeafType, isListType, isNonNullType, isObjectType, getNamedType } = await import("graphql");
  const { schema } = await import("../../src/schema/index.ts");
  const { defaultCost } = await import("../../src/schema/builder.ts");
  const silent = Object.values(schema().getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith("__")
      ? Object.values(type.getFields())
          .filter(({ type: of, extensions }) => {
            const isList = isListType(isNonNullType(of) ? of.ofType : of) && !isLeafType(getNamedType(of));
            return isList && extensions.complexity === defaultCost;
          })
          .map(({ name }) => `${type.name}.${name}`)
      : [],
  );
  expect(silent).toEqual([]);
});

describe("ordinary documents", () => {
  it("include the introspection query that tools send", async () => {
    const ledger = await openLedger();
    const query = getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true, specifiedByUrl: true });
    expect((await ledger.ask(query)).errors).toBeUndefined();
  });

  it("are all accepted (even the validation of a season), and the query `limits` returns the cost of each document", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-02");
    await ledger.work();
    const { limits } = await ledger.data("{ limits { complexity tokens documents { name document complexity } } }");
    expect(limits).toMatchObject({ complexity: LIMITS.complexity, tokens: LIMITS.tokens });
    expect(limits.documents).toHaveLength(Object.keys(ORDINARY_DOCUMENTS).length);
    for (const { name, document, complexity } of limits.documents) {
      expect(complexity, name).toBeGreaterThan(0);
      expect(complexity, name).toBeLessThan(LIMITS.complexity / 2);
      const { errors } = await ledger.ask(document.replaceAll("458.l.6966", "458.l.100"));
      expect(errors, name).toBeUndefined();
    }
  });

  it("are checked against the limits again when they are sent with other variables", async () => {
    const ledger = await openLedger();
    const query = "query ($n: Int!) { jobs(first: $n) { nodes { dates { date error { code } } } } }";
    expect((await ledger.ask(query, { n: 1 })).errors).toBeUndefined();
    expect((await ledger.ask(query, { n: 100 })).errors?.[0]?.message).toMatch(
      /The query's complexity is \d+; allowed: 12000\. Ask for fewer fields/,
    );
    expect((await ledger.ask(query, { n: 1 })).errors).toBeUndefined();
  });
});
