import { instant, plural, words } from "../format.ts";
import { SourcesDocument, type SourcesQuery } from "../generated/documents.ts";
import type { Setting } from "../page.ts";
import { useQuery } from "../query.ts";
import { address } from "../route.ts";
import { Meter, Show } from "../ui.tsx";
import { AddLeague, Yahoo } from "./leagues.tsx";

type Health = NonNullable<SourcesQuery["health"]>;
type Waiting = NonNullable<SourcesQuery["jobs"]>["nodes"];
type Props = { setting: Setting; onAdded: () => Promise<void> };

const SOURCES = { YAHOO: "Yahoo", ESPN: "ESPN", DEMO: "The demo league" } as const;

/** Shows the health of sources, workers and the database, remedies for problems, and the forms to add leagues. */
export function Sources({ setting: { environment, isOperator, isAdmin }, onAdded }: Props) {
  const found = useQuery(SourcesDocument, { environment });
  return (
    <>
      <header class="title">
        <h1>Sources and health</h1>
        <button type="button" onClick={found.reload}>
          Reload checks
        </button>
      </header>
      <Show of={found}>
        {({ health, workers, jobs, yahooAccount }) => (
          <div class="columns">
            <section class="panel">
              <h2>Health checks</h2>
              <ul class="list">
                {health?.checks.map((check) => (
                  <li key={check.name}>
                    <span class={`badge ${check.status}`}>{words(check.status)}</span> <strong>{check.name}</strong>:{" "}
                    {check.message}
                    {check.remedy && (
                      <p class="small">
                        To fix it: <code>{check.remedy}</code>
                      </p>
                    )}
                  </li>
                ))}
              </ul>
              <p class="small">Lineup Ledger {health?.version}</p>
            </section>
            <section class="panel">
              <h2>Requests to sources</h2>
              <Budgets budgets={health?.budgets ?? []} />
              <h2>Waiting jobs</h2>
              <Waits jobs={jobs?.nodes ?? []} />
            </section>
            {isOperator && (
              <section class="panel">
                <h2>Leagues</h2>
                <AddLeague onAdded={onAdded} />
                {yahooAccount && (isAdmin || yahooAccount.state === "CONNECTED") && (
                  <Yahoo account={yahooAccount} onConnected={found.reload} onAdded={onAdded} />
                )}
              </section>
            )}
            <section class="panel">
              <h2>Workers</h2>
              {workers?.length === 0 && <p>No workers. They appear here when a server or a job starts.</p>}
              <ul class="list">
                {workers?.map((worker) => (
                  <li key={worker.id}>
                    <strong>{worker.id}</strong>, {worker.runtime === "NODE" ? "Node" : words(worker.runtime)}:{" "}
                    {[worker.serves && "serves requests", worker.works && "runs jobs"].filter(Boolean).join(", ")},{" "}
                    {worker.isAlive ? "alive" : "silent"}, last heartbeat {instant(worker.lastHeartbeat)}
                    {worker.jobs.map(({ id }) => (
                      <span key={id}>
                        , working on <a href={address("jobs", id)}>job {id.slice(-6)}</a>
                      </span>
                    ))}
                  </li>
                ))}
              </ul>
            </section>
          </div>
        )}
      </Show>
    </>
  );
}

function Budgets({ budgets }: { budgets: NonNullable<Health["budgets"]> }) {
  return (
    <ul class="list">
      {budgets.map(({ source, blockedUntil, windows }) => (
        <li key={source}>
          <strong>{SOURCES[source]}</strong> {blockedUntil ? `blocked until ${instant(blockedUntil)}` : "not blocked"}
          {windows.map(({ minutes, requests, made }) => (
            <div key={minutes}>
              <Meter
                value={made}
                max={requests}
                label={`${SOURCES[source]}, requests in ${plural(minutes, "minute")}`}
              />{" "}
              <span>
                {made} of {plural(requests, "request")} in {minutes % 1440 === 0 ? "a day" : plural(minutes, "minute")}
              </span>
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Waits({ jobs }: { jobs: Waiting }) {
  return (
    <ul class="list">
      {jobs.length === 0 && <li>No jobs are waiting.</li>}
      {jobs.map(({ id, league, leagueKey, resumeAt, error }) => (
        <li key={id}>
          <a href={address("jobs", id)}>job {id.slice(-6)}</a> of {league?.name ?? leagueKey}, until {instant(resumeAt)}
          {error && <p class="small">{error.message}</p>}
        </li>
      ))}
    </ul>
  );
}
