import { readFileSync } from "node:fs";
import { isNonNullType, isScalarType, isSpecifiedScalarType } from "graphql";
import { expect, it } from "vitest";
import { schema } from "../../src/schema/index.ts";
import { openLedger } from "../support/ledger.ts";

it("a field of the root that fails is null, with its path and code, and the rest of the answer stays", async () => {
  const ledger = await openLedger();
  const answer = await ledger.ask(
    `{ jobs { totalCount } validation(leagueKey: "458.l.9", start: "2025-04-01", end: "2025-04-02") { valid } leagues { key } }`,
  );
  expect(answer).toMatchObject({
    data: { jobs: { totalCount: 0 }, validation: null, leagues: [] },
    errors: [{ path: ["validation"], extensions: { code: "NOT_FOUND" } }],
  });
  for (const { name, type } of Object.values(schema().getQueryType()?.getFields() ?? {}))
    expect(isNonNullType(type), name).toBe(false);
});

it("each scalar says where it is specified, and the server gives its schema away as it is checked in", async () => {
  for (const type of Object.values(schema().getTypeMap()))
    if (isScalarType(type) && !isSpecifiedScalarType(type)) expect(type.specifiedByURL, type.name).toMatch(/^https:/);
  const ledger = await openLedger({ env: { API_TOKENS: "v:viewer:0123456789abcdef" } });
  const get = (headers: Record<string, string> = {}) =>
    ledger.server.fetch(new Request("http://localhost/schema.graphql", { headers }));
  expect((await get()).status).toBe(401);
  const answer = await get({ authorization: "Bearer 0123456789abcdef" });
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await answer.text()).toBe(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
});

it("viewer is who asks", async () => {
  const ledger = await openLedger({ env: { API_TOKENS: "v:viewer:0123456789abcdef" } });
  const { data } = await ledger.ask("{ viewer { name role } }", {}, { authorization: "Bearer 0123456789abcdef" });
  expect(data).toEqual({ viewer: { name: "v", role: "VIEWER" } });
  const open = await openLedger();
  expect(await open.data("{ viewer { name role } }")).toEqual({ viewer: { name: "anonymous", role: "OPERATOR" } });
});
