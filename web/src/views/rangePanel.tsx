import { useState } from "preact/hooks";
import { ask } from "../api.ts";
import { duration, plural } from "../format.ts";
import { PlanDocument, StartCollectionDocument, WaiveDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { address, go } from "../route.ts";
import { type Cell, type League, MISSING, type Range } from "../season.ts";
import { ErrorNote, useAction, useQuery } from "../ui.tsx";

type PanelProps = {
  league: League;
  page: Page;
  range: Range | null;
  cells: readonly Cell[];
  reload: () => void;
  choose: (start: string, end: string) => void;
};

/** What can be done about some dates: their plan, a start, a waiver. */
export function RangePanel({ league, page, range, cells, reload, choose }: PanelProps) {
  const [onlyMissing, setOnlyMissing] = useState(true);
  const [reason, setReason] = useState("");
  const { run, isBusy, error } = useAction();
  const input = range && { leagueKey: league.key, ...range, environment: page.environment, onlyMissing };
  const plan = useQuery(PlanDocument, input && { input });
  const missing = range
    ? cells.filter(({ date, state }) => range.start <= date && date <= range.end && MISSING.has(state))
    : [];
  return (
    <section class="panel">
      <h2>A range of dates</h2>
      <p class="row">
        <DateInput
          label="From"
          league={league}
          value={range?.start}
          onDate={(start) => choose(start, range?.end ?? start)}
        />
        <DateInput label="To" league={league} value={range?.end} onDate={(end) => choose(range?.start ?? end, end)} />
      </p>
      {range === null && <p>Choose dates above, or drag over the calendar, to see what a collection would do.</p>}
      {range && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={onlyMissing}
              onChange={(e) => setOnlyMissing((e.target as HTMLInputElement).checked)}
            />{" "}
            Only dates that are missing, partial, provisional or failed
          </label>
          {plan.error && <ErrorNote error={plan.error} />}
          {plan.data?.collectionPlan && !plan.error && (
            <p>
              {plural(plan.data.collectionPlan.datesToCollect, "date")} to collect,{" "}
              {plural(plan.data.collectionPlan.requests, "request")}
              {plan.data.collectionPlan.estimatedSeconds > 0 &&
                `, about ${duration(plan.data.collectionPlan.estimatedSeconds)}`}
            </p>
          )}
          {page.isOperator && (
            <p class="row">
              <button
                type="button"
                class="primary"
                disabled={isBusy || !plan.data?.collectionPlan?.datesToCollect || plan.error !== null}
                onClick={() =>
                  input &&
                  run(async () => {
                    const { startCollection } = await ask(StartCollectionDocument, { input });
                    go(address("jobs", startCollection.job.id));
                  })
                }
              >
                Collect
              </button>
            </p>
          )}
          {page.isOperator && missing.length > 0 && (
            <form
              class="row"
              onSubmit={(event) => {
                event.preventDefault();
                run(async () => {
                  await ask(WaiveDocument, {
                    key: league.key,
                    dates: missing.map(({ date }) => date),
                    reason,
                    environment: page.environment,
                  });
                  setReason("");
                  reload();
                });
              }}
            >
              <label>
                Why {missing.length === 1 ? "it is" : "they are"} not needed{" "}
                <input
                  required
                  maxLength={500}
                  value={reason}
                  onInput={(e) => setReason((e.target as HTMLInputElement).value)}
                />
              </label>
              <button type="submit" disabled={isBusy}>
                Waive {plural(missing.length, "missing date")}
              </button>
            </form>
          )}
          {error && <ErrorNote error={error} />}
        </>
      )}
    </section>
  );
}

type DateInputProps = { label: string; league: League; value: string | undefined; onDate: (date: string) => void };

function DateInput({ label, league, value, onDate }: DateInputProps) {
  return (
    <label>
      {label}{" "}
      <input
        type="date"
        min={league.startDate}
        max={league.endDate}
        value={value ?? ""}
        onChange={({ currentTarget }) => currentTarget.value && onDate(currentTarget.value)}
      />
    </label>
  );
}
