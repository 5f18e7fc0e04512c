import { describe, expect, it } from "vitest";
import { webFiles } from "../../src/runtimes/webFiles.ts";
import { createServer } from "../../src/server.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";

const TOKENS = { API_TOKENS: "ann:operator:operator-token-0123,vic:viewer:viewer-token-012345" };

/** Creates another server on the ledger's database, with the built dashboard. */
const withPages = ({ config, db, clock }: Ledger, env: Partial<Ledger["config"]> = {}) => {
  const server = createServer({ ...config, ...env }, { db, clock, web: webFiles() });
  return (path: string, init: RequestInit = {}, origin = "http://localhost") =>
    server.fetch(new Request(`${origin}${path}`, init));
};

describe("dashboard pages", () => {
  it("are the same document for every view, with a strict content security policy and no files from other servers", async () => {
    const get = withPages(await openLedger({ env: TOKENS }));
    const page = await get("/");
    const text = await page.text();
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    // The page has no inline script or style, and requests only files of this server.
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:\/\//i);
    for (const [, address = ""] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await get(address);
      expect(file.status, address).toBe(200);
      expect(file.headers.get("cache-control")).toContain("immutable");
      expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    }
    for (const path of ["/season", "/jobs", "/jobs/lineup_collection_x", "/lineups/2025-04-01"])
      expect(await (await get(path)).text(), path).toBe(text);
  });

  it("give no access to files outside the dashboard, and leave the server's other routes unchanged", async () => {
    const ledger = await openLedger({ env: TOKENS });
    const get = withPages(ledger);
    for (const path of [
      "/assets/../index.html",
      "/assets/..%2f..%2fpackage.json",
      "/assets/nothing.js",
      "/package.json",
    ])
      expect((await get(path)).status, path).not.toBe(200);
    expect((await get("/health")).status).toBe(200);
    expect((await get("/graphql", { headers: { accept: "text/html" } })).status).toBe(401);
    expect((await get("/", { method: "POST" })).status).not.toBe(200);
    // Without a dashboard, the server redirects to the playground.
    const home = await ledger.server.fetch(new Request("http://localhost/"));
    expect([home.status, home.headers.get("location")]).toEqual([302, "/graphql"]);
  });

  it("load at most 100 kB of compressed JavaScript", async () => {
    const get = withPages(await openLedger());
    const scripts = [...(await (await get("/")).text()).matchAll(/src="([^"]+\.js)"/g)].map(([, path]) => path ?? "");
    let bytes = 0;
    for (const path of scripts) {
      const stream = (await get(path)).body?.pipeThrough(new CompressionStream("gzip"));
      bytes += (await new Response(stream).arrayBuffer()).byteLength;
    }
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(100_000);
  });
});

describe("login", () => {
  const login = (token: unknown): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  const who = (cookie: string): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", cookie },
    body: JSON.stringify({ query: "{ viewer { name role } }" }),
  });

  it("sets an HttpOnly and SameSite cookie that is accepted instead of the token until logout", async () => {
    const get = withPages(await openLedger({ env: TOKENS }));
    const answer = await get("/login", login("viewer-token-012345"));
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect([answer.status, cookie]).toEqual([
      204,
      "lineup_ledger_token=viewer-token-012345; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict",
    ]);
    const own = cookie.split(";")[0] ?? "";
    expect(await (await get("/graphql", who(`other=1; ${own}`))).json()).toEqual({
      data: { viewer: { name: "vic", role: "VIEWER" } },
    });
    const left = await get("/logout", { method: "POST", headers: { cookie: own } });
    expect(left.headers.get("set-cookie")).toBe("lineup_ledger_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
  });

  it("sets a Secure cookie if PUBLIC_URL is an https address", async () => {
    const ledger = await openLedger({ env: { ...TOKENS, PUBLIC_URL: "https://ledger.example" } });
    const answer = await withPages(ledger)("/login", login("viewer-token-012345"), "http://ledger.example");
    expect(answer.headers.get("set-cookie")).toMatch(/; Secure$/);
  });

  it("is refused without a token, with a wrong token or from another site, and causes no password prompt", async () => {
    const get = withPages(await openLedger({ env: TOKENS }));
    expect((await get("/login", login("viewer-token-012346"))).status).toBe(401);
    for (const token of ["", null, 7, "x".repeat(2_000)]) expect((await get("/login", login(token))).status).toBe(400);
    expect((await get("/login", { ...login("x"), headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await get("/login")).status).toBe(405);
    const foreign = {
      ...login("viewer-token-012345"),
      headers: { "content-type": "application/json", origin: "http://evil.example" },
    };
    expect((await get("/login", foreign)).status).toBe(403);
    const refused = await get("/graphql", who("lineup_ledger_token=nothing"));
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="lineup-ledger"']);
    expect((await get("/graphql", who("lineup_ledger_token=%E0%A4%A"))).status).toBe(401);
  });
});
