import { Client, fetchExchange } from "@urql/core";
import { initGraphQLTada, type ResultOf } from "gql.tada";
import type { introspection } from "../generated/tada.d.ts";

// The same with types by gql.tada, which reads documents as they are written.

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Date: string; DateTime: string; JSON: unknown };
}>();

const MISSING = graphql(`
  query Missing($league: String!) {
    league(key: $league) {
      id
      coverage { percent cells { date state reason updatedAt job { id startedBy } activeStatus } }
    }
  }
`);

/** The dates of a league that are not known, and why. */
export async function missing(url: string, league: string): Promise<{ date: string; why: string }[]> {
  const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
  const { data, error } = await client.query(MISSING, { league });
  if (error) throw error;
  const cells = data?.league?.coverage.cells ?? [];
  return cells.filter(isMissing).map(({ date, state, reason }) => ({ date, why: reason ?? state }));
}

type Cell = NonNullable<ResultOf<typeof MISSING>["league"]>["coverage"]["cells"][number];
const isMissing = ({ state, activeStatus }: Cell): boolean =>
  activeStatus === null && (state === "MISSING" || state === "PARTIAL" || state === "FAILED");
