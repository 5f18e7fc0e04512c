import { ask } from "../api.ts";
import { StartBackfillDocument } from "../generated/documents.ts";
import { DEMO, type Page } from "../page.ts";
import { address, go } from "../route.ts";
import { ErrorNote, useAction } from "../ui.tsx";
import { AddLeague } from "./leagues.tsx";

/** For a league without dates, shows a button to start collecting. For the demo league, also shows an introduction. */
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
      <h2>Nothing collected yet{page.environment === "TEST" && " in the test environment"}</h2>
      {isDemo ? (
        <p>
          Lineup Ledger records who was started, benched or injured, for every team of a league and every date. The demo
          league needs no account and no network.
        </p>
      ) : (
        <p>Every due date is missing. Each date takes one request. The calendar below shows the state of every date.</p>
      )}
      {page.isOperator && (
        <button type="button" class="primary" aria-disabled={isBusy} onClick={start}>
          {isDemo ? "Collect the demo season so far" : "Collect the season so far"}
        </button>
      )}
      {error && <ErrorNote error={error} />}
      {page.isOperator && isDemo && (
        <details>
          <summary>Or add your own league</summary>
          <AddLeague onAdded={onAdded} />
          <p class="small">
            A private league needs an account. <a href={address("sources")}>Sources</a> shows which are set up.
          </p>
        </details>
      )}
    </section>
  );
}
