import { useMemo, useState } from "preact/hooks";
import { ask } from "../api.ts";
import { addDays, day, duration, instant, month, plural, weekday, words } from "../format.ts";
import {
  PlanDocument,
  SeasonDocument,
  type SeasonQuery,
  StartBackfillDocument,
  StartCollectionDocument,
  WaiveDocument,
} from "../generated/documents.ts";
import { type Live, useLive } from "../live.ts";
import { DEMO, type Page } from "../page.ts";
import { address, go, type Route } from "../route.ts";
import { ErrorNote, Show, useAction, useNowAndThen, useQuery } from "../ui.tsx";
import { SeasonsBefore } from "./seasonsBefore.tsx";

type League = NonNullable<SeasonQuery["league"]>;
type Cell = League["coverage"]["cells"][number];
type Range = { start: string; end: string };

/** What each state means, in the words of the legend. */
const MEANINGS: Readonly<Record<Cell["state"], string>> = {
  COMPLETE: "complete and final",
  PROVISIONAL: "collected before the day was over, or doubted",
  PARTIAL: "some teams are missing",
  MISSING: "never collected",
  FAILED: "the last attempt failed",
  EMPTY: "the source has no lineups",
  WAIVED: "declared not needed",
  NOT_YET: "in the future",
};
const MISSING: ReadonlySet<Cell["state"]> = new Set(["MISSING", "PARTIAL", "FAILED"]);

/** A season of dates, a cell each: what is known, by whom, and what to do about the rest. */
export function Season({ page, route, live }: { page: Page; route: Route; live: Live }) {
  const season = useQuery(SeasonDocument, { key: page.league, environment: page.environment });
  // Any job of the league may have changed a date.
  useLive(live, useNowAndThen(season.reload));
  return (
    <Show of={season}>
      {({ league }) =>
        league && (
          <>
            {page.league === DEMO && isUntouched(league) && <Welcome page={page} />}
            <Calendar league={league} page={page} route={route} reload={season.reload} />
            <SeasonsBefore page={page} />
          </>
        )
      }
    </Show>
  );
}

/** Nothing of the season was collected, and nothing is about to be. */
const isUntouched = ({ coverage }: League): boolean =>
  coverage.cells.every(
    ({ state, activeStatus }) => activeStatus === null && (state === "MISSING" || state === "NOT_YET"),
  );

/** On a first visit: what this is, and one button. */
function Welcome({ page }: { page: Page }) {
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

function Calendar({ league, page, route, reload }: { league: League; page: Page; route: Route; reload: () => void }) {
  const { cells, counts, percent } = league.coverage;
  const [focus, setFocus] = useState(() => firstToLookAt(cells));
  const [anchor, setAnchor] = useState<string | null>(null);
  const range = rangeIn(route);
  const choose = (start: string, end: string) =>
    go(address("season", null, start <= end ? { from: start, to: end } : { from: end, to: start }), {
      isReplacing: true,
    });
  const byDate = useMemo(() => new Map(cells.map((cell) => [cell.date, cell])), [cells]);
  const weeks = useMemo(() => weeksOf(cells), [cells]);
  const shown = byDate.get(range?.end === range?.start && range ? range.start : focus);

  const keys = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = addDays(focus, step);
    if (!byDate.has(to)) return;
    setFocus(to);
    if (event.shiftKey) choose(range?.start === focus && range.end > focus ? range.end : (range?.start ?? focus), to);
    document.getElementById(`cell-${to}`)?.focus();
  };

  return (
    <>
      <header class="title">
        <h1>
          {league.name} <small>season of {league.season}</small>
        </h1>
        <p>
          <strong>{percent.toFixed(1)} %</strong> of the dates that are due are known.
          {cells.some(({ activeStatus }) => activeStatus) && " A job is at work on it."}
        </p>
      </header>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset does not scroll on its own */}
      <div
        class="calendar"
        role="group"
        aria-label={`Dates of the season, ${league.startDate} to ${league.endDate}: arrow keys move, Shift chooses a range`}
        onKeyDown={keys}
      >
        {weeks.map(({ first, dates }, i) => (
          <div class="week" key={first}>
            <span class="month" aria-hidden="true">
              {monthOf(dates, i === 0)}
            </span>
            {Array.from({ length: 7 }, (_, row) => {
              const cell = dates.find((date) => weekday(date) === row);
              const known = cell && byDate.get(cell);
              return known ? (
                <button
                  type="button"
                  key={known.date}
                  id={`cell-${known.date}`}
                  class={`cell ${known.state} ${known.activeStatus ?? ""}`}
                  aria-label={label(known)}
                  aria-pressed={range !== null && range.start <= known.date && known.date <= range.end}
                  title={label(known)}
                  tabIndex={known.date === focus ? 0 : -1}
                  onFocus={() => setFocus(known.date)}
                  onPointerDown={(event) => {
                    if (event.shiftKey && range) return;
                    setAnchor(known.date);
                    choose(known.date, known.date);
                    (event.target as Element).releasePointerCapture?.(event.pointerId);
                  }}
                  onPointerEnter={(event) => event.buttons === 1 && anchor && choose(anchor, known.date)}
                  onPointerUp={() => setAnchor(null)}
                  onClick={(event) => choose(event.shiftKey && range ? range.start : known.date, known.date)}
                />
              ) : (
                <span class="cell none" key={`${first} ${row}`} aria-hidden="true" />
              );
            })}
          </div>
        ))}
      </div>
      <ul class="legend" aria-label="States">
        {counts.map(({ state, dates }) => (
          <li key={state}>
            <span class={`cell ${state}`} aria-hidden="true" /> {dates} {words(state)} <small>{MEANINGS[state]}</small>
          </li>
        ))}
      </ul>
      <div class="columns">
        {shown && <Detail cell={shown} />}
        <RangePanel league={league} page={page} range={range} cells={cells} reload={reload} choose={choose} />
      </div>
      {league.attribution && <p class="attribution">{league.attribution}</p>}
    </>
  );
}

function Detail({ cell }: { cell: Cell }) {
  return (
    <section class="panel" aria-live="polite">
      <h2>{day(cell.date)}</h2>
      <p>
        <span class={`cell ${cell.state}`} aria-hidden="true" /> {words(cell.state)}:{" "}
        {cell.reason ?? MEANINGS[cell.state]}
        {cell.by && `, by ${cell.by}`}
      </p>
      {cell.players > 0 && (
        <p>
          {cell.teams} of {plural(cell.teamsExpected, "team")}, {plural(cell.players, "player")}
        </p>
      )}
      {cell.updatedAt && (
        <p>
          Last written {instant(cell.updatedAt)}
          {cell.jobId && (
            <>
              {" "}
              by <a href={address("jobs", cell.jobId)}>job {cell.jobId.slice(-6)}</a>
            </>
          )}
        </p>
      )}
      {cell.activeJob && (
        <p>
          {cell.activeStatus === "RUNNING" ? "Being collected" : "Waits its turn"} in{" "}
          <a href={address("jobs", cell.activeJob.id)}>job {cell.activeJob.id.slice(-6)}</a>
        </p>
      )}
      {cell.players > 0 && (
        <p>
          <a href={address("lineups", cell.date)}>Lineups of the day</a>
        </p>
      )}
    </section>
  );
}

type PanelProps = {
  league: League;
  page: Page;
  range: Range | null;
  cells: readonly Cell[];
  reload: () => void;
  choose: (start: string, end: string) => void;
};

/** What can be done about some dates: their plan, a start, a waiver. */
function RangePanel({ league, page, range, cells, reload, choose }: PanelProps) {
  const [onlyMissing, setOnlyMissing] = useState(true);
  const [reason, setReason] = useState("");
  const { run, isBusy, error } = useAction();
  const input = range && { leagueKey: league.key, ...range, environment: page.environment, onlyMissing };
  const plan = useQuery(PlanDocument, input && { input });
  const missing = range
    ? cells.filter(({ date, state }) => range.start <= date && date <= range.end && MISSING.has(state))
    : [];
  const edit = (name: "start" | "end") => (event: Event) => {
    const value = (event.target as HTMLInputElement).value;
    if (value)
      choose(name === "start" ? value : (range?.start ?? value), name === "end" ? value : (range?.end ?? value));
  };
  return (
    <section class="panel">
      <h2>A range of dates</h2>
      <p class="row">
        <label>
          From{" "}
          <input
            type="date"
            min={league.startDate}
            max={league.endDate}
            value={range?.start ?? ""}
            onChange={edit("start")}
          />
        </label>
        <label>
          To{" "}
          <input
            type="date"
            min={league.startDate}
            max={league.endDate}
            value={range?.end ?? ""}
            onChange={edit("end")}
          />
        </label>
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

const label = (cell: Cell): string =>
  `${day(cell.date)}: ${words(cell.state)}${cell.activeStatus ? `, ${cell.activeStatus === "RUNNING" ? "being collected" : "queued"}` : ""}${cell.reason ? `, ${cell.reason}` : ""}`;

function rangeIn({ query }: Route): Range | null {
  const [start, end] = [query.get("from"), query.get("to")];
  return start && end && start <= end ? { start, end } : null;
}

/** Where somebody looks first: the first date that is not well known, else the last one that is. */
function firstToLookAt(cells: readonly Cell[]): string {
  const due = cells.filter(({ state }) => state !== "NOT_YET");
  return (due.find(({ state }) => MISSING.has(state)) ?? due.at(-1) ?? cells[0])?.date ?? "";
}

function weeksOf(cells: readonly Cell[]): { first: string; dates: string[] }[] {
  const weeks = new Map<string, string[]>();
  for (const { date } of cells) {
    const first = addDays(date, -weekday(date));
    weeks.set(first, [...(weeks.get(first) ?? []), date]);
  }
  return [...weeks].map(([first, dates]) => ({ first, dates }));
}

/** The month that begins in a week, or with which the season does. */
const monthOf = (dates: readonly string[], isFirstWeek: boolean): string => {
  const first =
    dates.find((date) => date.endsWith("-01")) ??
    (isFirstWeek && Number(dates[0]?.slice(8)) < 20 ? dates[0] : undefined);
  return first === undefined ? "" : month(first);
};
