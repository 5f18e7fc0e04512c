import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { lineups } from "../support/cli.ts";
import { type Ledger, makeDatabase, openLedger } from "../support/ledger.ts";

const ADMIN = { authorization: "Bearer admin-token-01234567" };
const ENV = { API_TOKENS: "adi:admin:admin-token-01234567" };
const CREATE = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken { id name role createdBy expiresAt } } }`;
const LIST = "{ apiTokens { id name role lastUsedAt revokedAt revokedBy } }";
const VIEWER = "{ viewer { name role } }";

const withToken = (token: string) => ({ authorization: `Bearer ${token}` });
async function make(ledger: Ledger, input: Record<string, unknown>): Promise<{ token: string; id: string }> {
  const { data, errors } = await ledger.ask(CREATE, { input }, ADMIN);
  if (!data) throw new Error(JSON.stringify(errors));
  return { token: data.createApiToken.token, id: data.createApiToken.apiToken.id };
}

describe("API token", () => {
  it("identifies its caller by name and role until it is revoked, and its last use is recorded", async () => {
    const ledger = await openLedger({ env: ENV });
    const { token, id } = await make(ledger, { name: "home", role: "VIEWER" });
    expect(token).toMatch(/^lineups_[\w-]{43}$/);
    expect((await ledger.ask(VIEWER, {}, withToken(token))).data?.viewer).toEqual({ name: "home", role: "VIEWER" });
    const START = 'mutation { startUpdate(input: { leagueKey: "demo.l.1" }) { created } }';
    expect((await ledger.ask(START, {}, withToken(token))).errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
    await ledger.clock.advance(90_000);
    await ledger.ask(VIEWER, {}, withToken(token));
    await expect
      .poll(async () => (await ledger.ask(LIST, {}, ADMIN)).data?.apiTokens[0].lastUsedAt)
      .toBe(new Date(ledger.clock.now()).toISOString());
    const REVOKE = "mutation ($id: ID!) { revokeApiToken(id: $id) { revokedBy } }";
    expect((await ledger.ask(REVOKE, { id }, ADMIN)).data?.revokeApiToken.revokedBy).toBe("adi");
    expect((await ledger.ask(VIEWER, {}, withToken(token))).errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
    expect((await ledger.ask(REVOKE, { id: "token_none" }, ADMIN)).errors?.[0]?.extensions?.code).toBe("NOT_FOUND");
  });

  it("is refused once it has expired, and at the latest five seconds after another process has revoked it", async () => {
    const url = await makeDatabase();
    const [one, other] = [await openLedger({ env: ENV, url }), await openLedger({ env: ENV, url })];
    const ends = await make(one, {
      name: "short",
      role: "VIEWER",
      expiresAt: new Date(one.clock.now() + 60_000).toISOString(),
    });
    const revoked = await make(one, { name: "long", role: "VIEWER" });
    const codeOf = async ({ token }: { token: string }) =>
      (await other.ask(VIEWER, {}, withToken(token))).errors?.[0]?.extensions?.code ?? "taken";
    expect([await codeOf(ends), await codeOf(revoked)]).toEqual(["taken", "taken"]);
    await one.ask("mutation ($id: ID!) { revokeApiToken(id: $id) { id } }", { id: revoked.id }, ADMIN);
    await other.clock.advance(5_000);
    expect([await codeOf(ends), await codeOf(revoked)]).toEqual(["taken", "UNAUTHENTICATED"]);
    await other.clock.advance(55_000);
    expect(await codeOf(ends)).toBe("UNAUTHENTICATED");
  });

  it("is stored only as a hash, and is returned only when it is created", async () => {
    const ledger = await openLedger({ env: ENV });
    const { token } = await make(ledger, { name: "home", role: "ADMIN" });
    await ledger.ask(VIEWER, {}, withToken(token));
    const rows = await ledger.db.orm.all<Record<string, unknown>>(sql`select * from api_tokens`);
    expect(JSON.stringify(rows)).not.toContain(token.slice(8, 30));
    expect(JSON.stringify(await ledger.ask(LIST, {}, ADMIN))).not.toContain(token.slice(8, 30));
    expect(ledger.logged.join("\n")).not.toContain(token.slice(8, 30));
  });

  it.each([
    [{ name: "adi", role: "VIEWER" }, /"adi": another token has that name/],
    [{ name: "two words", role: "VIEWER" }, /without spaces, colons or commas/],
    [{ name: "", role: "VIEWER" }, /expected 1 to 100 characters/],
    [
      { name: "late", role: "VIEWER", expiresAt: "2020-01-01T00:00:00Z" },
      /expires at 2020-01-01T00:00:00\.000Z: the time is already 2025-06-01/,
    ],
  ])("cannot be created from the invalid input %j", async (input, message) => {
    const ledger = await openLedger({ env: ENV });
    const { errors } = await ledger.ask(CREATE, { input }, ADMIN);
    expect(errors?.[0]).toMatchObject({
      extensions: { code: "BAD_USER_INPUT" },
      message: expect.stringMatching(message),
    });
  });

  it("has a name that is unique regardless of case, and that is free again once the token is revoked", async () => {
    const ledger = await openLedger({ env: ENV });
    const { id } = await make(ledger, { name: "home", role: "VIEWER" });
    await expect(make(ledger, { name: "HOME", role: "VIEWER" })).rejects.toThrow("another token has that name");
    await ledger.ask("mutation ($id: ID!) { revokeApiToken(id: $id) { id } }", { id }, ADMIN);
    await make(ledger, { name: "Home", role: "OPERATOR" });
    expect((await ledger.ask(LIST, {}, ADMIN)).data?.apiTokens).toHaveLength(2);
  });

  it("can be created, listed and revoked from the command line", async () => {
    const ledger = await openLedger({ env: ENV });
    const env = { DATABASE_URL: ledger.url, REQUESTS_PER_SECOND: "0" };
    const made = await lineups(["tokens", "create", "cli", "--role", "operator", "--expires", "90d", "--json"], env);
    const token: string = made.lines.at(-1)?.result.token;
    await ledger.clock.advance(5_000);
    expect((await ledger.ask(VIEWER, {}, withToken(token))).data?.viewer).toEqual({ name: "cli", role: "OPERATOR" });
    expect((await lineups(["tokens", "list"], env)).out).toMatch(/cli +operator .* command line/);
    expect((await lineups(["tokens", "revoke", "nobody"], env)).exit).toBe(1);
    expect((await lineups(["tokens", "revoke", "CLI"], env)).exit).toBe(0);
    await ledger.clock.advance(5_000);
    expect((await ledger.ask(VIEWER, {}, withToken(token))).errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
  });
});
