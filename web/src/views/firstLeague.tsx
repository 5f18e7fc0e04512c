import { ask } from "../api.ts";
import { AddLeagueDocument } from "../generated/documents.ts";
import { DEMO } from "../page.ts";
import { ErrorNote, useAction } from "../ui.tsx";
import { AddLeague } from "./leagues.tsx";

/** Shows what a ledger is and how to start. The view is used if the ledger has no leagues. */
export function FirstLeague({ isOperator, onAdded }: { isOperator: boolean; onAdded: () => Promise<void> }) {
  const { run, isBusy, error } = useAction();
  return (
    <section class="panel welcome">
      <h1>No leagues yet</h1>
      <p>
        Lineup Ledger records who was started, benched or injured, for every team of a league and every date. The demo
        league needs no account and no network.
      </p>
      {isOperator ? (
        <>
          <button
            type="button"
            class="primary"
            aria-disabled={isBusy}
            onClick={() =>
              run(async () => {
                await ask(AddLeagueDocument, { key: DEMO });
                await onAdded();
              })
            }
          >
            Add the demo league
          </button>
          {error && <ErrorNote error={error} />}
          <AddLeague onAdded={onAdded} />
        </>
      ) : (
        <p>To add a league, log in with an operator's token.</p>
      )}
    </section>
  );
}
