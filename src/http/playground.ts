import type { GraphiQLOptions } from "graphql-yoga";
import type { IsoDate } from "../calendar.ts";
import { DEMO_LEAGUE_KEY, demoLeague } from "../source/demo/league.ts";
import { PACIFIC } from "../source/leagueKey.ts";

/** Returns the mutation that collects the demo season up to today. */
function demoMutation(now: number): string {
  const today = PACIFIC.dateAt(now);
  const { startDate } = demoLeague(today);
  return `mutation Start {
  startCollection(input: {
    leagueKey: "${DEMO_LEAGUE_KEY}"
    start: "${startDate}"
    end: "${today}"
  }) {
    job { id status startDate endDate }
  }
}`;
}

/** Returns the options of GraphiQL. The first tab shows a newcomer what to do first. */
function playground(now: number): GraphiQLOptions {
  const today = PACIFIC.dateAt(now);
  return {
    title: "Lineup Ledger",
    defaultTabs: tabs(now, today).map((query) => ({ query })),
    shouldPersistHeaders: false,
  };
}

/**
 * Opens a tab of GraphiQL as soon as the tab is pressed. In current Chromium, a click does not open the tab: after the press, GraphiQL's
 * drag-and-drop moves the tab away from the pointer.
 */
const TABS_OPEN_WHEN_PRESSED = `<script>
  document.addEventListener("pointerdown", (event) => {
    const tab = event.button === 0 && event.target.closest?.(".graphiql-tab-button");
    if (tab) tab.click();
  }, true);
</script>
`;

/**
 * A browser keeps the tabs of its last visit. This script replaces every unedited tab with today's version, so that the dates in the tab
 * are current. A tab that somebody has edited stays as it is. The key "graphiql:tabState" belongs to GraphiQL.
 */
const tabsOfToday = (queries: readonly string[]) => `<script>
  (() => {
    const given = ${JSON.stringify(queries).replaceAll("<", "\\u003c")};
    try {
      const before = JSON.parse(localStorage.getItem("lineup-ledger:tabs") ?? "[]");
      const kept = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "null");
      localStorage.setItem("lineup-ledger:tabs", JSON.stringify(given));
      if (!kept) return;
      for (const tab of kept.tabs) {
        const i = before.indexOf(tab.query);
        if (i < 0 || !given[i]) continue;
        tab.query = given[i];
        tab.hash = null;
      }
      localStorage.setItem("graphiql:tabState", JSON.stringify(kept));
      localStorage.setItem("graphiql:query", kept.tabs[kept.activeTabIndex]?.query ?? "");
    } catch {
      // A browser without storage keeps no tabs, so no tab has to be updated.
    }
  })();
</script>
`;

/** Renders the page. The nine megabytes of GraphiQL are loaded only when a browser asks for the page. */
export async function renderPlayground(now: number): Promise<string> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  // On Workers, the package is replaced by `runtimes/workersGraphiql.ts`, whose function returns a promise.
  const page = await renderGraphiQL(playground(now));
  const end = page.lastIndexOf("</body>");
  const body = page.indexOf("<body");
  const start = body < 0 ? 0 : page.indexOf(">", body) + 1;
  return (
    page.slice(0, start) +
    tabsOfToday(tabs(now, PACIFIC.dateAt(now))) +
    page.slice(start, end) +
    TABS_OPEN_WHEN_PRESSED +
    page.slice(end)
  );
}

const tabs = (now: number, today: IsoDate) => [
  `# 1. Collect the demo season so far: press play.
# Then open the next tab and press play there.
${demoMutation(now)}
`,
  `# 2. Watch it. "latest" is the job created last.
# Kill the server in the middle, if you like, and
# start it again: the job continues where it was.
subscription Watch {
  jobProgress(jobId: "latest") {
    status percent
    datesCompleted datesTotal currentDate
    rate etaSeconds recordsInserted
  }
}
`,
  `# 3. Who started, sat and was injured on one day.
# Status and club are from when the ledger read them:
# observedSameDay says whether that was on the day
# itself.
query Day {
  lineups(
    leagueKey: "${DEMO_LEAGUE_KEY}"
    start: "${today}"
    end: "${today}"
    first: 12
  ) {
    nodes {
      team { name }
      provisional
      slots {
        selectedPosition player { name }
        playerTeam playerStatus observedSameDay
      }
      jobId
    }
  }
}
`,
  `# 4. Every job, newest first.
query Jobs {
  jobs(first: 10) {
    totalCount
    nodes {
      id status leagueKey startDate endDate
      recordsInserted recordsUnchanged
      progress { percent }
    }
  }
}
`,
  `# 5. Statistics of all jobs.
query Statistics {
  jobStatistics {
    totalJobs completedJobs failedJobs successRate
    recordsInserted requests retries
    durationSeconds { p50 p95 }
  }
}
`,
  `# 6. Jobs that paused or failed. Run Resumable, put
# an id into the variables below, { "jobId": "…" },
# and run Resume.
query Resumable {
  resumableJobs {
    id status
    error { code message }
    checkpoint { currentDate teamsProcessed }
  }
}

mutation Resume($jobId: ID!) {
  resumeCollection(jobId: $jobId) {
    job { id status }
  }
}

mutation Pause($jobId: ID!) {
  pauseCollection(jobId: $jobId) {
    job { id status pendingAction }
  }
}
`,
  `# 7. Automatic updates. EnableUpdates updates the
# demo league every five minutes; Decisions shows
# what was decided when.
mutation EnableUpdates {
  updateSchedule(input: { id: "schedule_demo", enabled: true }) {
    schedule { enabled nextRuns(first: 3) }
  }
}

mutation RunNow {
  triggerSchedule(id: "schedule_demo") {
    job { id status }
  }
}

query Decisions {
  schedules {
    id name cron timezone enabled nextRuns(first: 3)
    decisions(first: 10) { scheduledFor outcome reason jobId }
  }
}
`,
];
