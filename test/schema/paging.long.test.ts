import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { withFirstPlayerMoved } from "../support/season.ts";

const KEY = "458.l.100";
const RANGE = 'start: "2025-04-01", end: "2025-04-03"';

/** Every list that grows over time, with its GraphQL field and the fields to select in its nodes. */
const LISTS = {
  jobs: { field: (args: string) => `list: jobs(${args})`, node: "id" },
  lineups: { field: (args: string) => `list: lineups(leagueKey: "${KEY}", ${RANGE}, ${args})`, node: "id" },
  events: { field: (args: string) => `list: jobEvents(jobId: "latest", ${args})`, node: "cursor" },
  changes: { field: (args: string) => `list: lineupChanges(leagueKey: "${KEY}", ${args})`, node: "cursor" },
  players: { field: (args: string) => `list: playersConnection(leagueKey: "${KEY}", ${args})`, node: "id" },
  found: {
    field: (args: string) => `list: playersConnection(leagueKey: "${KEY}", search: "ma", ${args})`,
    node: "id",
  },
  usages: {
    field: (args: string) => `list: playerUsages(leagueKey: "${KEY}", ${RANGE}, ${args})`,
    node: "player { id }",
  },
  "schedule's changes": {
    field: (args: string) => `list: scheduleChanges(scheduleId: "schedule_demo", ${args})`,
    node: "kind at",
  },
  decisions: {
    field: (args: string) => `schedule(id: "schedule_demo") { list: decisionsConnection(${args}) }`,
    node: "scheduledFor outcome",
  },
  findings: {
    field: (args: string) =>
      `validation(leagueKey: "${KEY}", start: "2025-04-01", end: "2025-04-20") { list: findingsConnection(${args}) }`,
    node: "code date",
  },
} as const;

/** Opens a ledger where each list in LISTS has several entries. */
async function withHistory(): Promise<Ledger> {
  const ledger = await openLedger();
  await ledger.start("2025-04-01", "2025-04-03");
  await ledger.work();
  ledger.yahoo.season = withFirstPlayerMoved(ledger.yahoo.season);
  await ledger.clock.advance(1000);
  for (let i = 0; i < 4; i++) {
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
  }
  for (const enabled of [true, false, true, false, true])
    await ledger.data(
      `mutation { updateSchedule(input: { id: "schedule_demo", enabled: ${enabled} }) { schedule { id } } }`,
    );
  for (let i = 0; i < 4; i++) {
    await ledger.data('mutation { triggerSchedule(id: "schedule_demo") { created } }');
    await ledger.work();
  }
  return ledger;
}

type Page = {
  edges: { cursor: string; node: unknown }[];
  nodes: unknown[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
};

describe("connections", () => {
  it("return the same entries in forward pages, in backward pages and in one large page", async () => {
    const ledger = await withHistory();
    for (const [name, { field, node }] of Object.entries(LISTS)) {
      const ask = async (args: string): Promise<Page> => {
        const selection = `{ edges { cursor node { ${node} } } nodes { ${node} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
        const text = field(args);
        const data = await ledger.data(
          `{ ${text.endsWith("}") ? text.replace(/ \}$/, ` ${selection} }`) : `${text} ${selection}`} }`,
        );
        return data.list ?? Object.values(data)[0].list;
      };
      const whole = await ask("first: 100");
      expect(whole.nodes.length, name).toBeGreaterThan(2);
      expect(whole.edges.map((edge) => edge.node)).toEqual(whole.nodes);
      const size = Math.ceil(whole.nodes.length / 3);
      const forward: unknown[] = [];
      const backward: unknown[] = [];
      for (let after = "", goesOn = true; goesOn; ) {
        const page = await ask(`first: ${size}${after && `, after: "${after}"`}`);
        expect(page.pageInfo.hasPreviousPage, name).toBe(after !== "");
        forward.push(...page.nodes);
        ({ endCursor: after, hasNextPage: goesOn } = page.pageInfo);
      }
      const end = whole.pageInfo.endCursor;
      for (let before = "", goesOn = true; goesOn; ) {
        // Starts at the last entry of the large page, because some lists grow while they are read.
        const page = await ask(`last: ${size}, before: "${before || end}"`);
        expect(page.pageInfo.hasNextPage, name).toBe(true);
        backward.unshift(...page.nodes);
        ({ startCursor: before, hasPreviousPage: goesOn } = page.pageInfo);
      }
      if (!whole.pageInfo.hasNextPage) expect(forward, name).toEqual(whole.nodes);
      else expect(forward.slice(0, 100), name).toEqual(whole.nodes);
      expect([...backward, whole.nodes.at(-1)], name).toEqual(whole.nodes);
      const between = await ask(`first: 100, after: "${whole.edges[0]?.cursor}", before: "${whole.edges[2]?.cursor}"`);
      expect(between.nodes, name).toEqual(whole.nodes.slice(1, 2));
    }
  });
});
