import { describe, expect, it } from "vitest";
import { isHost } from "../../src/http/guards.ts";
import { openLedger } from "../support/ledger.ts";

const TOKEN = "operator-token-0123";
const body = JSON.stringify({ query: "{ jobs { totalCount } }" });
const CREATE = JSON.stringify({
  query: `mutation { createSchedule(input: { name: "x", leagueKey: "demo.l.1", cron: "* * * * *" }) { schedule { id } } }`,
});

async function send(
  url: string,
  headers: Record<string, string> = {},
  { env = {}, text = body }: { env?: Record<string, string>; text?: string } = {},
) {
  const ledger = await openLedger({ env });
  const response = await ledger.server.fetch(
    new Request(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: text,
    }),
  );
  return { status: response.status, answer: (await response.json()) as any, statements: ledger.statements };
}

describe("host check when no tokens are configured", () => {
  it.each([
    "http://localhost:4000",
    "http://localhost.:4000",
    "http://127.0.0.1",
    "http://127.1.2.3:80",
    "http://[::1]:4000",
  ])("accepts %s", async (url) => {
    expect((await send(url)).answer).toEqual({ data: { jobs: { totalCount: 0 } } });
  });

  it.each([
    "http://evil.example:4000",
    "http://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://evillocalhost",
    "http://10.0.0.1:4000",
    "http://[fe80::1]",
  ])("refuses %s and does nothing", async (url) => {
    const { status, answer, statements } = await send(url, {}, { text: CREATE });
    expect(status).toBe(403);
    expect(answer.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(answer.errors[0].message).toMatch(/^The request's host is ".+"; allowed without API_TOKENS: localhost/);
    expect(statements).toEqual([]);
  });

  it("refuses a foreign host on every path", async () => {
    const ledger = await openLedger();
    for (const path of ["/", "/health", "/export/lineups.csv", "/graphql?query={__typename}", "/nothing"])
      expect((await ledger.server.fetch(new Request(`http://evil.example${path}`))).status, path).toBe(403);
  });

  it("accepts the host of PUBLIC_URL", async () => {
    const env = { PUBLIC_URL: "https://ledger.example" };
    expect((await send("http://ledger.example", {}, { env })).status).toBe(200);
    expect((await send("http://other.example", {}, { env })).status).toBe(403);
  });
});

describe("origin check", () => {
  it.each([
    ["the server's own page", "http://localhost:4000", "http://localhost:4000", {}, 200],
    ["the server's own page behind an https proxy", "http://localhost:4000", "https://localhost:4000", {}, 200],
    [
      "the page of PUBLIC_URL",
      "http://localhost:4000",
      "https://ledger.example",
      { PUBLIC_URL: "https://ledger.example" },
      200,
    ],
    ["another site", "http://localhost:4000", "https://evil.example", {}, 403],
    ["another port of this machine", "http://localhost:4000", "http://localhost:3000", {}, 403],
    ["a page with the origin null", "http://localhost:4000", "null", {}, 403],
    ["a page with an empty origin", "http://localhost:4000", "", {}, 403],
  ])("answers a POST from %s (host %s, origin %j, settings %j) with status %i", async (_, url, origin, env, status) => {
    const sent = await send(url, { origin }, { env, text: status === 403 ? CREATE : body });
    expect(sent.status).toBe(status);
    if (status === 403) expect(sent.statements).toEqual([]);
  });

  it.each([
    [
      "an image on another site",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      "/graphql?query={__typename}",
      403,
    ],
    [
      "a script from another port",
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" },
      "/export/lineups.csv",
      403,
    ],
    [
      "a frame on another site",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      "/graphql",
      403,
    ],
    [
      "a link on another site to an export",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      "/export/lineups.csv",
      403,
    ],
    [
      "a link on another site to the playground",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      "/graphql",
      200,
    ],
    [
      "the server's own page",
      { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" },
      "/graphql?query={__typename}",
      200,
    ],
    [
      "an address that the user typed",
      { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      "/graphql",
      200,
    ],
  ])("answers a GET from %s (headers %j, path %s) with status %i", async (_, headers, path, status) => {
    const ledger = await openLedger();
    const accept = path === "/graphql" ? "text/html" : "application/json";
    const response = await ledger.server.fetch(
      new Request(`http://localhost:4000${path}`, { headers: { accept, ...headers } }),
    );
    expect(response.status).toBe(status);
    if (accept === "text/html" && status === 200) expect(response.headers.get("x-frame-options")).toBe("DENY");
    await response.body?.cancel();
  });

  it("accepts any origin if the request has a bearer token, but only the server's own origin if the request has a password", async () => {
    const env = { API_TOKENS: `ann:operator:${TOKEN}` };
    const origin = "https://app.example";
    expect((await send("http://any.example", { origin, authorization: `Bearer ${TOKEN}` }, { env })).status).toBe(200);
    const authorization = `Basic ${btoa(`ann:${TOKEN}`)}`;
    expect((await send("http://any.example", { origin, authorization }, { env, text: CREATE })).status).toBe(403);
    expect((await send("http://any.example", { origin: "http://any.example", authorization }, { env })).status).toBe(
      200,
    );
  });
});

it("a request with a malformed Host header is answered with 400", async () => {
  const ledger = await openLedger();
  for (const host of ["a b", "localhost:99999", "user@localhost", "localhost/../@evil", "localhost#x", "[::1", ""]) {
    const request = new Request("http://localhost/graphql?query={__typename}", { headers: { host } });
    expect((await ledger.server.fetch(request)).status, host).toBe(400);
  }
  const broken = Object.defineProperty(new Request("http://localhost/"), "url", { value: "http://a b/" });
  expect((await ledger.server.fetch(broken)).status).toBe(400);
});

it.each([
  ["localhost", true],
  ["localhost:4000", true],
  ["my_host.example.:80", true],
  ["[::1]:4000", true],
  ["", false],
  ["a b", false],
  ["localhost@evil.example", false],
  ["localhost/evil", false],
  ["localhost:port", false],
  ["localhost:99999", false],
  ["[::1", false],
  ["[zz]", false],
  ["a..b", false],
  ["<script>", false],
])("isHost(%j) returns %s", (text, good) => {
  expect(isHost(text)).toBe(good);
});
