import { instant, words } from "../format.ts";
import { SourcesDocument } from "../generated/documents.ts";
import { address } from "../route.ts";
import { Show, useQuery } from "../ui.tsx";

/** How sources, workers and the database are, and what mends what is wrong. */
export function Sources() {
  const found = useQuery(SourcesDocument, {});
  return (
    <>
      <header class="title">
        <h1>Sources and health</h1>
        <button type="button" onClick={found.reload}>
          Look again
        </button>
      </header>
      <Show of={found}>
        {({ health, workers }) => (
          <div class="columns">
            <section class="panel">
              <h2>What was found</h2>
              <ul class="list">
                {health?.checks.map((check) => (
                  <li key={check.name}>
                    <span class={`badge ${check.status}`}>{words(check.status)}</span> <strong>{check.name}</strong>:{" "}
                    {check.message}
                    {check.remedy && <p class="small">Mend it with: {check.remedy}</p>}
                  </li>
                ))}
              </ul>
            </section>
            <section class="panel">
              <h2>Workers</h2>
              {workers?.length === 0 && <p>Nobody serves or works.</p>}
              <ul class="list">
                {workers?.map((worker) => (
                  <li key={worker.id}>
                    <strong>{worker.id}</strong>, {words(worker.runtime)}:{" "}
                    {[worker.serves && "serves", worker.works && "works"].filter(Boolean).join(", ")},{" "}
                    {worker.isAlive ? "alive" : "silent"}, heard of {instant(worker.lastHeartbeat)}
                    {worker.jobs.map(({ id }) => (
                      <span key={id}>
                        {" "}
                        <a href={address("jobs", id)}>job {id.slice(-6)}</a>
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
