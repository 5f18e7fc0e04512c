import { ask } from "../api.ts";
import { AddLeagueDocument } from "../generated/documents.ts";
import { DEMO } from "../page.ts";
import { ErrorNote, useAction } from "../ui.tsx";
import { AddLeague } from "./leagues.tsx";

/** On a ledger that knows no league: what this is, and how to begin. */
export function FirstLeague({ isOperator, onAdded }: { isOperator: boolean; onAdded: () => Promise<void> }) {
  const { run, isBusy, error } = useAction();
  return (
    <section class="panel welcome">
      <h1>The ledger knows no league yet</h1>
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
            Begin with the demo league
          </button>
          {error && <ErrorNote error={error} />}
          <AddLeague onAdded={onAdded} />
        </>
      ) : (
        <p>A token of the role operator may add one.</p>
      )}
    </section>
  );
}
