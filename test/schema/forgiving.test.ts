import { readFileSync } from "node:fs";
import { isNonNullType, isScalarType, isSpecifiedScalarType } from "graphql";
import { describe, expect, it } from "vitest";
import { schema } from "../../src/schema/index.ts";
import { openLedger } from "../support/ledger.ts";

it("a query returns null and an error with path and code for a failed root field, and returns the other fields as usual", async () => {
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

it("the schema has a specification URL for each custom scalar, and the server returns the checked-in schema file", async () => {
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

it("the viewer query returns the name and role of the caller", async () => {
  const ledger = await openLedger({ env: { API_TOKENS: "v:viewer:0123456789abcdef" } });
  const { data } = await ledger.ask("{ viewer { name role } }", {}, { authorization: "Bearer 0123456789abcdef" });
  expect(data).toEqual({ viewer: { name: "v", role: "VIEWER" } });
  const open = await openLedger();
  expect(await open.data("{ viewer { name role } }")).toEqual({ viewer: { name: "anonymous", role: "ADMIN" } });
});

describe("query for an unknown league or team", () => {
  const RANGE = 'start: "2025-04-01", end: "2025-04-02"';

  it("returns NOT_FOUND with the path of the failed field, and returns the other fields as usual", async () => {
    const ledger = await openLedger();
    const { fields } = (
      await ledger.data(
        "{ __schema { queryType { fields { name args { name type { kind } defaultValue } type { kind name ofType { kind name ofType { kind ofType { kind } } } } } } } }",
      )
    ).__schema.queryType;
    type Field = { name: string; args: { name: string; type: { kind: string }; defaultValue: string | null }[] };
    const VALUES: Record<string, string> = {
      key: '"458.l.9"',
      leagueKey: '"458.l.9"',
      teamKey: '"458.l.9.t.1"',
      start: '"2025-04-01"',
      end: '"2025-04-02"',
      date: '"2025-04-01"',
      search: '"a"',
      playerId: '"9000"',
    };
    const about = (fields as Field[]).filter(({ name, args }) =>
      args.some(
        (arg) => arg.name === "leagueKey" || arg.name === "teamKey" || (name === "league" && arg.name === "key"),
      ),
    );
    expect(about.length).toBeGreaterThan(12);
    for (const { name, args } of about) {
      const given = args.filter(
        (arg) =>
          VALUES[arg.name] && (arg.name === "leagueKey" || (arg.type.kind === "NON_NULL" && arg.defaultValue === null)),
      );
      const { data, errors } = await ledger.ask(
        `{ ${name}(${given.map((arg) => `${arg.name}: ${VALUES[arg.name]}`)}) { __typename } viewer { name } }`,
      );
      expect(data, name).toEqual({ [name]: null, viewer: { name: "anonymous" } });
      expect(errors, name).toMatchObject([{ path: [name], extensions: { code: "NOT_FOUND" } }]);
      expect(errors?.[0]?.message, name).toMatch(
        /^The ledger does not know (league "458.l.9"\. |team "458.l.9.t.1"\. )/,
      );
    }
  });

  it("returns empty results once a job for the league has been started", async () => {
    const ledger = await openLedger();
    const job = await ledger.start("2025-04-01", "2025-04-02", { leagueKey: "458.l.9" });
    expect(
      await ledger.data(
        `{ jobs(leagueKey: "458.l.9") { nodes { id } } league(key: "458.l.9") { name } lineups(leagueKey: "458.l.9", ${RANGE}) { totalCount } }`,
      ),
    ).toEqual({ jobs: { nodes: [{ id: job }] }, league: null, lineups: { totalCount: 0 } });
  });

  it("returns NOT_FOUND and names the team's own league if the team does not belong to the given league", async () => {
    const ledger = await openLedger();
    for (const key of ["458.l.100", "demo.l.1"]) await ledger.data(`mutation { addLeague(key: "${key}") { key } }`);
    const { errors } = await ledger.ask(
      `{ lineups(leagueKey: "458.l.100", teamKey: "demo.l.1.t.1", ${RANGE}) { totalCount } }`,
    );
    expect(errors?.[0]).toMatchObject({
      message: 'Team "demo.l.1.t.1" belongs to league demo.l.1, not to 458.l.100',
      extensions: { code: "NOT_FOUND", teamKey: "demo.l.1.t.1" },
    });
  });
});
