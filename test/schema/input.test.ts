import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { START } from "../support/queries.ts";

const good = { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-03" };
const RESUME = "mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id } } }";
const PAUSE = "mutation ($id: ID!) { pauseCollection(jobId: $id) { job { id } } }";
const CANCEL = "mutation ($id: ID!) { cancelCollection(jobId: $id) { job { id } } }";

describe("input validation", () => {
  const inputs: [string, object, string, RegExp][] = [
    [
      "an end before the start",
      { ...good, start: "2025-04-03", end: "2025-04-01" },
      "BAD_USER_INPUT",
      /end 2025-04-01 comes before start 2025-04-03; expected end on or after start/,
    ],
    [
      "a date that does not exist",
      { ...good, start: "2025-02-29" },
      "BAD_USER_INPUT",
      /"2025-02-29" is not a date; allowed: an existing date in the form YYYY-MM-DD/,
    ],
    ["a date in American form", { ...good, start: "04/01/2025" }, "BAD_USER_INPUT", /"04\/01\/2025" is not a date/],
    ["a number instead of a date", { ...good, start: 20250401 }, "BAD_USER_INPUT", /20250401 is not a date/],
    [
      "a future date",
      { ...good, end: "2025-06-02" },
      "BAD_USER_INPUT",
      /2025-06-02: it is in the future\. Today is 2025-06-01/,
    ],
    [
      "a range of 40 years",
      { ...good, start: "1985-04-01" },
      "BAD_USER_INPUT",
      /1985-04-01 to 2025-04-03 is 14613 days; expected at most 366/,
    ],
    [
      "a league key in an unknown form",
      { ...good, leagueKey: "yahoo/458/6966" },
      "BAD_USER_INPUT",
      /leagueKey: "yahoo\/458\/6966" is not a league key; allowed: 458\.l\.6966 or/,
    ],
    ["an empty league key", { ...good, leagueKey: "" }, "BAD_USER_INPUT", /"" is not a league key/],
    [
      "a league key that ends in a line break",
      { ...good, leagueKey: "458.l.100\n" },
      "BAD_USER_INPUT",
      /is not a league key/,
    ],
    [
      "concurrency 0",
      { ...good, concurrency: 0 },
      "BAD_USER_INPUT",
      /concurrency: expected a whole number from 1 to 4/,
    ],
    [
      "concurrency 5",
      { ...good, concurrency: 5 },
      "BAD_USER_INPUT",
      /concurrency: expected a whole number from 1 to 4/,
    ],
    ["concurrency 1.5", { ...good, concurrency: 1.5 }, "BAD_USER_INPUT", /1\.5/],
    [
      "an empty idempotency key",
      { ...good, idempotencyKey: " " },
      "BAD_USER_INPUT",
      /idempotencyKey: expected 1 to 200 characters/,
    ],
    [
      "an idempotency key of 201 characters",
      { ...good, idempotencyKey: "k".repeat(201) },
      "BAD_USER_INPUT",
      /idempotencyKey: expected 1 to 200 characters/,
    ],
    ["an unknown environment", { ...good, environment: "STAGING" }, "BAD_USER_INPUT", /STAGING/],
    ["an unknown field", { ...good, force: true }, "BAD_USER_INPUT", /force/],
    ["no range of dates", { leagueKey: "458.l.100" }, "BAD_USER_INPUT", /required field/],
  ];
  it.each(inputs)("refuses startCollection with %s", async (_, input, code, message) => {
    const ledger = await openLedger();
    const { errors, data } = await ledger.ask(START, { input });
    expect(data?.startCollection ?? null).toBeNull();
    expect(errors?.[0]?.extensions?.code).toBe(code);
    expect(errors?.[0]?.message).toMatch(message);
    expect(await ledger.db.orm.all(sql`select id from job_log`)).toEqual([]);
    expect(ledger.yahoo.requests).toEqual([]);
  });

  it("reports several faults of one startCollection input at once", async () => {
    const ledger = await openLedger();
    const { errors } = await ledger.ask(START, {
      input: { ...good, leagueKey: "x", concurrency: 9, end: "2025-03-01" },
    });
    expect(errors?.[0]?.message).toMatch(/leagueKey: .*; .*concurrency: .*; .*end 2025-03-01 comes before start/);
  });

  it.each([
    ["resumeCollection", RESUME],
    ["pauseCollection", PAUSE],
    ["cancelCollection", CANCEL],
  ])("refuses %s with an unknown job id", async (_, mutation) => {
    const ledger = await openLedger();
    const { errors } = await ledger.ask(mutation, { id: "lineup_collection_production_20250802_123456_abc123" });
    expect(errors?.[0]).toMatchObject({
      message: "There is no job lineup_collection_production_20250802_123456_abc123",
      extensions: { code: "NOT_FOUND", jobId: "lineup_collection_production_20250802_123456_abc123" },
    });
  });

  it.each([
    ["resume", RESUME, "PAUSED and FAILED jobs can be resumed"],
    ["pause", PAUSE, "QUEUED, RUNNING and WAITING jobs can be paused"],
    ["cancel", CANCEL, "unfinished jobs can be cancelled"],
  ])("refuses to %s a completed job", async (verb, mutation, must) => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const before = await ledger.job(id);
    const { errors } = await ledger.ask(mutation, { id });
    expect(errors?.[0]).toMatchObject({
      message: `Cannot ${verb} job ${id}: its status is COMPLETED. Only ${must}`,
      extensions: { code: "ILLEGAL_STATE", jobId: id, status: "COMPLETED" },
    });
    expect(await ledger.job(id)).toEqual(before);
  });

  it.each([
    ["jobs(first: 0) { totalCount }", "first: expected a whole number from 1 to 100, got"],
    ["jobs(first: 101) { totalCount }", "first: expected a whole number from 1 to 100, got"],
    ["jobs(first: -1) { totalCount }", "first: expected a whole number from 1 to 100, got"],
    ['jobs(after: "garbage") { totalCount }', "is not a cursor"],
    [`jobs(after: "${btoa('["lineups","2025-04-01","x"]')}") { totalCount }`, "is not a cursor"],
    [
      `lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02", after: "${btoa('["lineups",{"$ne":1},"x"]')}") { totalCount }`,
      "is not a cursor",
    ],
    [
      'lineups(leagueKey: "458.l.100", start: "2025-04-02", end: "2025-04-01") { totalCount }',
      "end 2025-04-01 comes before start 2025-04-02",
    ],
    ['jobStatistics(since: "yesterday") { totalJobs }', '"yesterday" is not an instant; allowed: RFC 3339'],
    ['jobEvents(jobId: "x") { cursor }', "There is no job x"],
  ])("refuses the query { %s }", async (field, message) => {
    const ledger = await openLedger();
    await ledger.data('mutation { addLeague(key: "458.l.100") { key } }');
    const { errors } = await ledger.ask(`{ ${field} }`);
    expect(errors?.[0]?.message).toContain(message);
    expect(errors?.[0]?.extensions?.code).toMatch(/^(BAD_USER_INPUT|NOT_FOUND)$/);
  });
});

it("a request whose body is not JSON is refused with the API's own error code and without internal details", async () => {
  const ledger = await openLedger();
  const response = await ledger.server.fetch(
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: "xx",
    }),
  );
  expect(await response.json()).toEqual({
    errors: [{ message: "The request body is not JSON", extensions: { code: "BAD_USER_INPUT" } }],
  });
});

describe("GraphQL document", () => {
  it.each([
    ["a syntax error", "{ jobs("],
    ["unknown fields", `{ ${Array.from({ length: 15 }, (_, i) => `x${i}`).join(" ")} }`],
    ["no query", ""],
  ])("is refused with an error code and at most five messages if it has %s", async (_, query) => {
    const { errors, data } = await (await openLedger()).ask(query);
    expect(data ?? null).toBeNull();
    expect(errors?.length).toBeGreaterThan(0);
    expect(errors?.length).toBeLessThanOrEqual(5);
    expect(errors?.every((error) => error.extensions?.code === "BAD_USER_INPUT")).toBe(true);
  });
});

describe("unexpected error", () => {
  it("is hidden from the client, who gets only a request id, and the log has the details under that id", async () => {
    const ledger = await openLedger();
    await ledger.data('mutation { addLeague(key: "458.l.100") { key } }');
    await ledger.db.write([sql`drop table lineup_changes`, sql`drop table daily_lineups`, sql`drop table team_days`]);
    const { errors } = await ledger.ask(
      '{ lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02") { totalCount } }',
    );
    const [error] = errors ?? [];
    expect(error?.extensions).toEqual({ code: "INTERNAL", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(JSON.stringify(error)).not.toMatch(/team_days|select|SQLITE/);
    expect(ledger.logged.join("\n")).toContain(error?.extensions?.requestId);
    expect(ledger.logged.join("\n")).toContain("no such table");
  });
});

describe("query limits", () => {
  it("refuse a query that costs too much, even if its page size is a variable", async () => {
    const ledger = await openLedger();
    const deep = (arg: string) =>
      `jobs(${arg}) { nodes { dates { error { code } } checkpoint { datesCompleted } progress { percent } } }`;
    const many = Array.from({ length: 10 }, (_, i) => `a${i}: ${deep("first: $n")}`).join(" ");
    const { errors } = await ledger.ask(`query ($n: Int!) { ${many} }`, { n: 100 });
    expect(errors?.[0]?.extensions?.code).toBe("LIMIT_EXCEEDED");
    expect(errors?.[0]?.message).toMatch(/The query's (complexity|breadth) is \d+; allowed: \d+/);
    expect(ledger.statements).toEqual([]);
  });

  it("allow the introspection query of the playground", async () => {
    const { getIntrospectionQuery } = await import("graphql");
    const ledger = await openLedger();
    expect((await ledger.ask(getIntrospectionQuery())).errors).toBeUndefined();
  });
});
