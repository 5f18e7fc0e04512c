const ADDRESS = "http://localhost/graphql";
const many = (n: number, each: (i: number) => string) => Array.from({ length: n }, (_, i) => each(i)).join(" ");
const json = (body: unknown, headers: Record<string, string> = {}) =>
  new Request(ADDRESS, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const ask = (query: string, variables = {}) => json({ query, variables });
const form = (type: string, body: BodyInit) =>
  new Request(ADDRESS, { method: "POST", headers: { "content-type": type }, body });
const nest = (depth: number) => `{ leagues ${"{ previousSeason ".repeat(depth)} { key } ${"}".repeat(depth)} }`;
const FANOUT = `query ($n: Int!) { jobs(first: $n) { nodes { league { lineups(start: "2025-04-01", end: "2025-09-01", first: $n) { nodes { slots { player { name } } } } } } } }`;
const START = 'mutation { startUpdate(input: { leagueKey: "demo.l.1" }) { created } }';
const DOUBLING = many(20, (i) => `fragment f${i} on Job { ...f${i + 1} ...f${i + 1} }`);

/**
 * Single requests that proved harmful in measurements. Each entry has its number in the list of attacks, a title, the request and the
 * acceptable statuses.
 */
export const SINGLE_ATTACKS: readonly [
  id: string,
  what: string,
  request: () => Request,
  statuses: readonly number[],
][] = [
  ["A01", "a thousand aliases", () => ask(`{ ${many(1_000, (i) => `a${i}: leagues { key }`)} }`), [400, 422]],
  ["A02", "a hundred and one aliases of __typename", () => ask(`{ ${many(101, (i) => `a${i}: __typename`)} }`), [422]],
  ["A03", "five hundred nested levels", () => ask(nest(500)), [400, 422]],
  ["A03", "sixteen nested levels", () => ask(nest(16)), [422]],
  ["A04", "a fan-out by variables", () => ask(FANOUT, { n: 100 }), [422]],
  [
    "A06",
    "a thousand directives",
    () => ask(`{ leagues { key ${many(1_000, () => "@skip(if: false)")} } }`),
    [400, 422],
  ],
  ["A06", "ten unknown directives", () => ask(`{ leagues { key ${many(10, () => "@aa")} } }`), [422]],
  ["A07", "one field 20,000 times", () => ask(`{ ${many(20_000, () => "__typename")} }`), [400, 413]],
  [
    "A08",
    "fragments that double twenty times",
    () => ask(`{ jobs { nodes { ...f0 } } } ${DOUBLING} fragment f20 on Job { id status }`),
    [422],
  ],
  [
    "A09",
    "fragments that spread each other in a circle",
    () => ask("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
    [422],
  ],
  ["A10", "two thousand unknown fields", () => ask(`{ ${many(2_000, (i) => `x${i}`)} }`), [400]],
  ["A10", "a hundred unknown fields", () => ask(`{ leagues { ${many(100, (i) => `x${i}`)} } }`), [422]],
  [
    "A12",
    "eleven documents in an array",
    () => json(Array.from({ length: 11 }, () => ({ query: "{ leagues { key } }" }))),
    [400, 422],
  ],
  [
    "A14",
    "introspection nested seven times",
    () => ask(`{ __schema { types { ${"fields { type { ".repeat(7)} name ${"} }".repeat(7)} } } }`),
    [422],
  ],
  ["A16", "a query by GET without a preflight header", () => new Request(`${ADDRESS}?query={leagues{key}}`), [403]],
  ["A17", "a mutation by GET", () => new Request(`${ADDRESS}?query=${encodeURIComponent(START)}`), [405]],
  [
    "A17",
    "a mutation by GET with a preflight header",
    () =>
      new Request(`${ADDRESS}?query=${encodeURIComponent(START)}`, { headers: { "graphql-require-preflight": "1" } }),
    [405],
  ],
  [
    "A18",
    "an EventSource without a preflight header",
    () =>
      new Request(`${ADDRESS}?query=${encodeURIComponent("subscription { jobsProgress { jobId } }")}`, {
        headers: { accept: "text/event-stream" },
      }),
    [403],
  ],
  [
    "A19",
    "a mutation in a form",
    () => form("application/x-www-form-urlencoded", `query=${encodeURIComponent(START)}`),
    [415],
  ],
  [
    "A20",
    "a mutation in a multipart form",
    () =>
      form(
        "multipart/form-data; boundary=x",
        `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: START })}\r\n--x--`,
      ),
    [415],
  ],
  ["A21", "a mutation as plain text", () => form("text/plain", JSON.stringify({ query: START })), [415]],
  [
    "A21",
    "a mutation as plain text that claims to be JSON",
    () => form("text/plain; application/json", JSON.stringify({ query: START })),
    [415],
  ],
  ["A23", "a 1 MB body", () => json({ query: "{ leagues { key } }", variables: { x: "y".repeat(1_000_000) } }), [413]],
  ["A23", "an invalid content-length", () => json({ query: START }, { "content-length": "1,2" }), [400]],
  ["A24", "five megabytes of spaces", () => ask(`{ leagues ${" ".repeat(5_000_000)} { key } }`), [413]],
  [
    "A27",
    "a key __proto__ in the body",
    () => json('{"query":"{ nothing }","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    [422],
  ],
  ["A29", "a page of -1 jobs", () => ask("{ jobs(first: -1) { totalCount } }"), [294]],
  ["A29", "a page of two billion jobs", () => ask("{ jobs(first: 2147483647) { totalCount } }"), [294]],
  ["A29", "a page with both first and last", () => ask("{ jobs(first: 1, last: 1) { totalCount } }"), [294]],
  ["A29", "a page that begins after an invalid cursor", () => ask('{ jobs(after: "x") { nodes { id } } }'), [294]],
  [
    "A30",
    "ten thousand node ids",
    () =>
      ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
        ids: Array.from({ length: 10_000 }, (_, i) => `${i}`),
      }),
    [294, 422],
  ],
  [
    "A41",
    "an unknown persisted query",
    () => json({ extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } }),
    [422],
  ],
  [
    "A42",
    "a URL of twenty thousand characters",
    () => new Request(`${ADDRESS}?query={leagues{key}}&x=${"y".repeat(20_000)}`),
    // Node counts the URL toward its limit for headers, so Node itself refuses the request.
    [414, 431],
  ],
];
