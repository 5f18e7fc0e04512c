import { Client, fetchExchange } from "@urql/core";
import { graphql } from "../generated/codegen/gql.ts";

// A team's season with types by graphql-code-generator's client preset: `npm run generate`.

const SEASON = graphql(`
  query Season($team: String!, $start: Date!, $end: Date!) {
    teamGrid(teamKey: $team, start: $start, end: $end) {
      team { id name league { season } }
      rows { position number stretches { start end days state player { id name } } }
    }
  }
`);
const PROGRESS = graphql(`
  subscription Progress($job: ID!) {
    jobProgress(jobId: $job) { status percent resumeAt }
  }
`);

/** Who was in a team's slots for how many days: `C 1: José Peña 12`. */
export async function season(url: string, team: string, start: string, end: string): Promise<string[]> {
  const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
  const { data, error } = await client.query(SEASON, { team, start, end });
  if (error || !data?.teamGrid) throw error ?? new Error("There is no such team");
  return data.teamGrid.rows.flatMap(({ position, number, stretches }) =>
    stretches.flatMap(({ state, player, days }) =>
      state === "FILLED" && player ? `${position} ${number}: ${player.name} ${days}` : [],
    ),
  );
}

/** When a job that waits goes on. */
export const resumesAt = (client: Client, job: string): Promise<Date | null> =>
  client
    .subscription(PROGRESS, { job })
    .toPromise()
    .then(({ data }) => (data?.jobProgress.resumeAt ? new Date(data.jobProgress.resumeAt) : null));
