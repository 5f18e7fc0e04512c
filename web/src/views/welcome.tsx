import { ask } from "../api.ts";
import { StartBackfillDocument } from "../generated/documents.ts";
import { DEMO, type Page } from "../page.ts";
import { address, go } from "../route.ts";
import { ErrorNote, useAction } from "../ui.tsx";

/** On a first visit: what this is, and one button. */
export function Welcome({ page }: { page: Page }) {
  const { run, isBusy, error } = useAction();
  const start = () =>
    run(async () => {
      const input = { leagueKey: DEMO, environment: page.environment };
      const { startBackfill } = await ask(StartBackfillDocument, { input });
      go(address("jobs", startBackfill.job.id));
    });
  return (
    <section class="panel welcome">
      <h2>Nothing was collected yet</h2>
      <p>
        Lineup Ledger records who was started, benched or injured, for every team of a league and every date. The demo
        league needs no account and no network. Your own is collected with{" "}
        <code>npx lineups collect --league KEY --start 7d</code>.
      </p>
      {page.isOperator && (
        <button type="button" class="primary" disabled={isBusy} onClick={start}>
          Collect the demo season so far
        </button>
      )}
      {error && <ErrorNote error={error} />}
    </section>
  );
}
