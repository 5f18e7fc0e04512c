import { ask } from "../api.ts";
import { StartBackfillDocument } from "../generated/documents.ts";
import { DEMO, type Page } from "../page.ts";
import { address, go } from "../route.ts";
import { ErrorNote, useAction } from "../ui.tsx";
import { AddLeague } from "./leagues.tsx";

/** Of a league that nothing was collected of: what to do, in one button; on a first visit also what this is. */
export function Welcome({ page, onAdded }: { page: Page; onAdded: () => Promise<void> }) {
  const { run, isBusy, error } = useAction();
  const isDemo = page.league === DEMO;
  const start = () =>
    run(async () => {
      const input = { leagueKey: page.league, environment: page.environment };
      const { startBackfill } = await ask(StartBackfillDocument, { input });
      go(address("jobs", startBackfill.job.id));
    });
  return (
    <section class="panel welcome">
      <h2>Nothing was collected yet{page.environment === "TEST" && " in the environment test"}</h2>
      {isDemo ? (
        <p>
          Lineup Ledger records who was started, benched or injured, for every team of a league and every date. The demo
          league needs no account and no network.
        </p>
      ) : (
        <p>Each date of the season is missing. A date costs one request, and the calendar below shows what is there.</p>
      )}
      {page.isOperator && (
        <button type="button" class="primary" aria-disabled={isBusy} onClick={start}>
          {isDemo ? "Collect the demo season so far" : "Collect the season so far"}
        </button>
      )}
      {error && <ErrorNote error={error} />}
      {page.isOperator && isDemo && (
        <details>
          <summary>Or begin with your own league</summary>
          <AddLeague onAdded={onAdded} />
          <p class="small">
            A private league needs an account: <a href={address("sources")}>Sources</a> says what is set up.
          </p>
        </details>
      )}
    </section>
  );
}
