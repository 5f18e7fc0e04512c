import type { ComponentChildren } from "preact";
import { Component } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiError } from "./api.ts";
import { isDate, plural } from "./format.ts";
import type { Loaded } from "./query.ts";
import { address } from "./route.ts";

/** Runs one action at a time, and keeps the error of the last action. */
export function useAction(): {
  run: (action: () => Promise<unknown>) => void;
  isBusy: boolean;
  error: ApiError | null;
} {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const busy = useRef(false);
  const run = (action: () => Promise<unknown>) => {
    if (busy.current) return;
    busy.current = true;
    setBusy(true);
    setError(null);
    action()
      .catch((failure) => setError(failure instanceof ApiError ? failure : new ApiError(String(failure), "INTERNAL")))
      .finally(() => {
        busy.current = false;
        setBusy(false);
      });
  };
  return { run, isBusy, error };
}

/** Codes of errors that would occur again on every retry. */
const FINAL: ReadonlySet<string> = new Set(["NOT_FOUND", "BAD_USER_INPUT", "FORBIDDEN", "UNAUTHENTICATED"]);

export function ErrorNote({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <p class="note error" role="alert">
      {error.message} {error.jobId && <a href={address("jobs", error.jobId)}>Open that job</a>}
      {retry && !FINAL.has(error.code) && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </p>
  );
}

/** Shows a query's data, or a note while it is loading. Shows an error together with a button to try again. */
export function Show<Data>({ of, children }: { of: Loaded<Data>; children: (data: Data) => ComponentChildren }) {
  return (
    <>
      {of.error && <ErrorNote error={of.error} retry={() => void of.reload()} />}
      {of.data
        ? children(of.data)
        : of.isLoading &&
          !of.error && (
            <p class="note loading" aria-busy="true">
              Loading…
            </p>
          )}
    </>
  );
}

/** Says what was not found, and where to go instead. */
export function Nowhere({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <section class="panel">
      <h1>{title}</h1>
      <p>{children ?? <a href={address("season")}>Go to the season</a>}</p>
    </section>
  );
}

/** Catches the error of a view, so the rest of the page still works. */
export class Boundary extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static override getDerivedStateFromError = (error: Error) => ({ error });
  override render() {
    if (!this.state.error) return this.props.children;
    return <Nowhere title="Cannot show this view">{this.state.error.message}</Nowhere>;
  }
}

type TwiceProps = { label: string; sureLabel: string; onSure: () => void; about?: string; isBusy: boolean };

/** Shows a button for an action that cannot be undone. The button acts on the second press, and a double click counts as one press. */
export function Twice({ label, sureLabel, about, onSure, isBusy }: TwiceProps) {
  const [isSure, setSure] = useState(false);
  const text = isSure ? sureLabel : label;
  return (
    <button
      type="button"
      class={isSure ? "sure" : ""}
      aria-label={about && `${text}: ${about}`}
      aria-disabled={isBusy}
      onBlur={() => setSure(false)}
      onClick={(event) => {
        // Safari does not focus a clicked button, but only a focused button gets the blur event that resets `isSure`.
        event.currentTarget.focus();
        if (event.detail > 1) return;
        if (isSure) onSure();
        setSure(!isSure);
      }}
    >
      {text}
    </button>
  );
}

type DateFieldProps = {
  label: string;
  value: string;
  min?: string;
  max?: string;
  onDate: (date: string) => void;
};

/** Shows a date field. A picked date is accepted at once. A complete typed date is accepted on Enter or on leaving the field. */
export function DateField({ label, value, min, max, onDate }: DateFieldProps) {
  const isTyping = useRef(false);
  const take = (input: HTMLInputElement) => {
    isTyping.current = false;
    if (isDate(input.value) && input.validity.valid && input.value !== value) onDate(input.value);
    else if (!isDate(input.value) || !input.validity.valid) input.value = value;
  };
  return (
    <label>
      {label}{" "}
      <input
        type="date"
        key={value}
        defaultValue={value}
        {...(min ? { min } : {})}
        {...(max ? { max } : {})}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            take(event.currentTarget);
          } else if (event.key !== "Tab") isTyping.current = true;
        }}
        onChange={({ currentTarget }) => isTyping.current || take(currentTarget)}
        onBlur={({ currentTarget }) => take(currentTarget)}
      />
    </label>
  );
}

type Parts = { percent: number; datesCompleted: number; datesFailed: number; datesTotal: number };

/** Draws a bar of a job's completed, failed and remaining dates. The part for the remaining dates has the least height. */
export function Bar({ of, label }: { of: Parts; label: string }) {
  const all = Math.max(1, of.datesTotal);
  // A date that is being collected counts in part, in proportion to the teams already stored.
  const done = Math.max(0, (of.percent / 100) * all - of.datesFailed);
  const text = `${of.datesCompleted} of ${plural(of.datesTotal, "date")} completed${of.datesFailed > 0 ? `, ${of.datesFailed} failed` : ""}`;
  return (
    <span
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(of.percent)}
      aria-valuetext={text}
      title={text}
    >
      <svg viewBox={`0 0 ${all} 10`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="left" width={all} y={7} height={3} />
        <rect class="done" width={Math.min(done, all - of.datesFailed)} height={10} />
        <rect class="failed" x={Math.max(0, all - of.datesFailed)} width={of.datesFailed} y={3} height={7} />
      </svg>
    </span>
  );
}

/** Shows a box that scrolls if its content is too large. The box can also be scrolled with the keyboard. */
export function Scrolls({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section class="scrolls" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** Shows how much of a limit is used. */
export function Meter({ value, max, label }: { value: number; max: number; label: string }) {
  return <meter min={0} max={max} high={max * 0.8} optimum={0} value={value} aria-label={label} />;
}
