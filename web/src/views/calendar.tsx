import { useEffect, useMemo, useState } from "preact/hooks";
import { addDays, day, isDate, month, weekday, words } from "../format.ts";
import type { Page } from "../page.ts";
import { address, go, type Route } from "../route.ts";
import { type Cell, type League, MEANINGS, MISSING, type Range } from "../season.ts";
import { DateDetail } from "./dateDetail.tsx";
import { RangePanel } from "./rangePanel.tsx";

/** Shows the dates of a season as cells, with details and actions for the chosen ones. */
export function Calendar({
  league,
  page,
  route,
  reload,
}: {
  league: League;
  page: Page;
  route: Route;
  reload: () => void;
}) {
  const { cells, counts, percent } = league.coverage;
  const [focus, setFocus] = useState(() => firstToLookAt(cells));
  const [anchor, setAnchor] = useState<string | null>(null);
  const range = rangeIn(route);
  const choose = (start: string, end: string) =>
    go(address("season", null, start <= end ? { from: start, to: end } : { from: end, to: start }), {
      isReplacing: true,
    });
  const byDate = useMemo(() => new Map(cells.map((cell) => [cell.date, cell])), [cells]);
  const active = cells.find(({ activeJob }) => activeJob)?.activeJob;
  const weeks = useMemo(() => weeksOf(cells), [cells]);
  // Shows the date that the address names, or else the focused date.
  const shown = byDate.get(range && byDate.has(range.start) ? range.start : focus);
  const clear = () => go(address("season"), { isReplacing: true });
  // A drag may end outside the calendar.
  useEffect(() => {
    const end = () => setAnchor(null);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    return () => {
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
    };
  }, []);

  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape" && range) return clear();
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
          <strong>{percent.toFixed(1)} %</strong> of due dates are done.
          {active && (
            <>
              {" "}
              <a href={address("jobs", active.id)}>A job is collecting dates.</a>
            </>
          )}
        </p>
      </header>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset does not scroll on its own */}
      <div
        class="calendar"
        role="group"
        aria-label={`Season, ${league.startDate} to ${league.endDate}: arrow keys move, Enter chooses a date, Shift a range, Escape clears`}
        onKeyDown={keys}
      >
        <div class="week days" aria-hidden="true">
          <span />
          {["Mon", "", "Wed", "", "Fri", "", "Sun"].map((name, row) => (
            <span key={`${name} ${row}`}>{name}</span>
          ))}
        </div>
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
                    // On a touch screen, a moving finger scrolls the page, and a tap chooses a date.
                    if (event.pointerType !== "mouse" || event.button !== 0 || event.shiftKey) return;
                    setAnchor(known.date);
                    (event.target as Element).releasePointerCapture?.(event.pointerId);
                  }}
                  onPointerEnter={(event) => event.buttons === 1 && anchor && choose(anchor, known.date)}
                  onClick={(event) => {
                    // A second tap, or a click with Shift, ends the range.
                    const isTap = (event as unknown as PointerEvent).pointerType === "touch";
                    const goesOn = range && (event.shiftKey || (isTap && range.start === range.end));
                    choose(goesOn ? range.start : known.date, known.date);
                  }}
                />
              ) : (
                <span class="cell none" key={`${first} ${row}`} aria-hidden="true" />
              );
            })}
          </div>
        ))}
      </div>
      <ul class="legend" aria-label="States">
        {counts.toSorted(byMeaning).map(({ state, dates }) => (
          <li key={state}>
            <span class={`cell ${state}`} aria-hidden="true" /> {dates} {words(state)} <small>{MEANINGS[state]}</small>
          </li>
        ))}
      </ul>
      <div class="columns">
        {shown && <DateDetail cell={shown} />}
        <RangePanel
          league={league}
          page={page}
          range={range}
          cells={cells}
          reload={reload}
          choose={choose}
          clear={clear}
        />
      </div>
      {league.attribution && <p class="attribution">{league.attribution}</p>}
    </>
  );
}

/** The legend starts with complete dates and ends with future ones. */
const ORDER = Object.keys(MEANINGS);
const byMeaning = (a: { state: string }, b: { state: string }) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state);

function rangeIn({ query }: Route): Range | null {
  const [start, end] = [query.get("from"), query.get("to")];
  return start && end && isDate(start) && isDate(end) && start <= end ? { start, end } : null;
}

const label = (cell: Cell): string =>
  `${day(cell.date)}: ${words(cell.state)}${cell.activeStatus ? `, ${cell.activeStatus === "RUNNING" ? "being collected" : "queued"}` : ""}${cell.reason ? `, ${cell.reason}` : ""}`;

/** Returns the date to focus first: the first missing date, or else the last due date. */
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

/**
 * Returns the month that begins in a week. For the first week, returns the season's first month if the season begins before the 20th.
 * For all other weeks, returns an empty text.
 */
const monthOf = (dates: readonly string[], isFirstWeek: boolean): string => {
  const first =
    dates.find((date) => date.endsWith("-01")) ??
    (isFirstWeek && Number(dates[0]?.slice(8)) < 20 ? dates[0] : undefined);
  return first === undefined ? "" : month(first);
};
