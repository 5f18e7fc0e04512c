import type { GraphiQLOptions } from "graphql-yoga";
import { type IsoDate, leagueDate } from "../calendar.ts";
import { DEMO_LEAGUE_KEY, demoLeague } from "../source/demo/league.ts";

/** The mutation that collects the demo season so far. */
export function demoMutation(now: number): string {
  const today = leagueDate(now);
  const { startDate } = demoLeague(today);
  return `mutation Start {
  startCollection(input: { leagueKey: "${DEMO_LEAGUE_KEY}", start: "${startDate}", end: "${today}" }) {
    job { id status startDate endDate }
  }
}`;
}

/** GraphiQL, opening on what a newcomer does first. */
export function playground(now: number): GraphiQLOptions {
  const today = leagueDate(now);
  return {
    title: "Lineup Ledger",
    defaultTabs: tabs(now, today).map((query) => ({ query })),
    shouldPersistHeaders: false,
  };
}

const tabs = (now: number, today: IsoDate) => [
  `# 1. Collect the demo season so far: press the play button.\n# Then open the next tab and press it there.\n${demoMutation(now)}\n`,
  `# 2. Watch it. "latest" stands for the job that was created last.
# Kill the server in the middle if you like, start it again and press play once more: it goes on where it stopped.
subscription Watch {
  jobProgress(jobId: "latest") {
    status percent datesCompleted datesTotal currentDate rate etaSeconds recordsInserted
  }
}
`,
  `# 3. Every job, newest first.
query Jobs {
  jobs(first: 10) {
    totalCount
    nodes { id status leagueKey startDate endDate recordsInserted recordsUnchanged progress { percent } }
  }
}
`,
  `# 4. How the jobs fared.
query Statistics {
  jobStatistics { totalJobs completedJobs failedJobs successRate recordsInserted requests retries durationSeconds { p50 p95 } }
}
`,
  `# 5. Who started, sat and was injured on one day.
query Day {
  lineups(leagueKey: "${DEMO_LEAGUE_KEY}", start: "${today}", end: "${today}", first: 12) {
    nodes {
      team { name }
      provisional
      slots { selectedPosition player { name } playerTeam playerStatus }
      jobId
    }
  }
}
`,
  `# 6. What stopped on the way: run Resumable, put an id into the variables below as { "jobId": "…" }, and run Resume.
query Resumable {
  resumableJobs { id status error { code message } checkpoint { currentDate teamsProcessed } }
}

mutation Resume($jobId: ID!) {
  resumeCollection(jobId: $jobId) { job { id status } }
}

mutation Pause($jobId: ID!) {
  pauseCollection(jobId: $jobId) { job { id status pendingAction } }
}
`,
];
