import { useEffect, useState } from "preact/hooks";
import { ask } from "../api.ts";
import { day, duration, plural, days as span } from "../format.ts";
import { PlanDocument, type PlanQuery, StartCollectionDocument, WaiveDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { useQuery } from "../query.ts";
import { address, go } from "../route.ts";
import { type Cell, type League, MISSING, type Range } from "../season.ts";
import { stretchesOf } from "../stretches.ts";
import { DateField, ErrorNote, useAction } from "../ui.tsx";

type PanelProps = {
  league: League;
  page: Page;
  range: Range | null;
  cells: readonly Cell[];
  reload: () => void;
  choose: (start: string, end: string) => void;
  clear: () => void;
};

/** Shows the plan for a range of dates, and the actions to collect or waive them. */
export function RangePanel({ league, page, range, cells, reload, choose, clear }: PanelProps) {
  const [onlyMissing, setOnlyMissing] = useState(true);
  const [reason, setReason] = useState("");
  const { run, isBusy, error } = useAction();
  const input = range && { leagueKey: league.key, ...range, environment: page.environment, onlyMissing };
  const plan = useQuery(PlanDocument, input && { input });
  const { reload: planAgain } = plan;
  // A change in the dates' coverage may change the plan.
  useEffect(() => void planAgain(), [cells, planAgain]);
  const within = range ? cells.filter(({ date }) => range.start <= date && date <= range.end) : [];
  const missing = within.filter(({ state }) => MISSING.has(state));
  const busy = within.find(({ activeJob }) => activeJob)?.activeJob;
  return (
    <section class="panel">
      <h2>A range of dates</h2>
      <p class="row">
        <DateField
          label="From"
          min={league.startDate}
          max={league.endDate}
          value={range?.start ?? ""}
          onDate={(start) => choose(start, range && range.end > start ? range.end : start)}
        />
        <DateField
          label="To"
          min={league.startDate}
          max={league.endDate}
          value={range?.end ?? ""}
          onDate={(end) => choose(range && range.start < end ? range.start : end, end)}
        />
        {range && (
          <button type="button" onClick={clear}>
            Clear range
          </button>
        )}
      </p>
      {range === null && <p>Choose dates above, or drag over the calendar, to see what a collection would do.</p>}
      {range === null && page.isOperator && <MissingChoice cells={cells} choose={choose} />}
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
          {plan.data?.collectionPlan && !plan.error && <PlanOf plan={plan.data.collectionPlan} />}
          {busy && (
            <p class="note">
              Another job has some of these dates. Before you collect them, wait for{" "}
              <a href={address("jobs", busy.id)}>job {busy.id.slice(-6)}</a> to end, or cancel it.
            </p>
          )}
          {page.isOperator && (
            <p class="row">
              <button
                type="button"
                class="primary"
                disabled={!plan.data?.collectionPlan?.datesToCollect || plan.error !== null}
                aria-disabled={isBusy}
                onClick={() =>
                  input &&
                  run(async () => {
                    const { startCollection } = await ask(StartCollectionDocument, { input });
                    go(address("jobs", startCollection.job.id));
                  })
                }
              >
                Collect dates
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
              <p class="small">
                Or waive the missing dates. Updates then skip them. A collection can still include them.
              </p>
              <label>
                Why {missing.length === 1 ? "it is" : "they are"} not needed{" "}
                <input
                  required
                  maxLength={500}
                  value={reason}
                  onInput={(e) => setReason((e.target as HTMLInputElement).value)}
                />
              </label>
              <button type="submit" aria-disabled={isBusy}>
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

/** Shows a button that chooses the range from the first missing date to the last. */
function MissingChoice({ cells, choose }: Pick<PanelProps, "cells" | "choose">) {
  const missing = cells.filter(({ state }) => MISSING.has(state));
  const [first, last] = [missing[0], missing.at(-1)];
  if (!first || !last) return null;
  return (
    <button type="button" onClick={() => choose(first.date, last.date)}>
      Choose {plural(missing.length, "missing date")}
    </button>
  );
}

type Plan = NonNullable<PlanQuery["collectionPlan"]>;
/** Shows what a collection would do in total. For each stretch of dates, shows what the collection would do and why. */
function PlanOf({ plan }: { plan: Plan }) {
  const stretches = stretchesOf(plan.dates, ({ action, reason }) => `${action} ${reason}`);
  return (
    <>
      <p>
        <strong>{plural(plan.datesToCollect, "date")} to collect</strong>, {plural(plan.requests, "request")}
        {plan.estimatedSeconds > 0 && `, about ${duration(plan.estimatedSeconds)}`}
      </p>
      <details open={stretches.length <= 6}>
        <summary>Date by date</summary>
        <ul class="list">
          {stretches.map(({ start, end, days, said: { action, reason } }) => (
            <li key={start}>
              <span class={`badge ${action}`}>{action === "COLLECT" ? "collect" : "skip"}</span>{" "}
              {days === 1 ? day(start) : `${span(start, end)} (${plural(days, "date")})`}: {reason}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
