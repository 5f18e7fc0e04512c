import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, ask } from "./api.ts";
import { plural } from "./format.ts";
import type { TypedDocumentString } from "./generated/documents.ts";

export type Loaded<Data> = {
  data: Data | null;
  error: ApiError | null;
  isLoading: boolean;
  reload: () => Promise<unknown>;
};

/** What a document answers; asked anew when its variables change, or on demand. What was shown stays until there is something newer. */
export function useQuery<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables | null,
): Loaded<Data> {
  const [state, setState] = useState<Omit<Loaded<Data>, "reload">>({ data: null, error: null, isLoading: true });
  const key = JSON.stringify(variables);
  const under = useRef<AbortController | null>(null);
  // The key stands for the variables.
  const load = useCallback(async () => {
    if (variables === null) return;
    under.current?.abort();
    const stop = new AbortController();
    under.current = stop;
    setState((before) => ({ ...before, isLoading: true }));
    try {
      const data = await ask(document, variables, stop.signal);
      if (!stop.signal.aborted) setState({ data, error: null, isLoading: false });
    } catch (error) {
      if (stop.signal.aborted) return;
      const known = error instanceof ApiError ? error : new ApiError(String(error), "INTERNAL");
      setState((before) => ({ ...before, error: known, isLoading: false }));
    }
  }, [document, key]);
  useEffect(() => {
    void load();
    return () => under.current?.abort();
  }, [load]);
  return { ...state, reload: load };
}

/** A second passes between two looks at what changes all the time. */
const LOOK_MS = 1_000;

/** Does it soon, however often it is asked for meanwhile, and not more than once a second. */
export function useNowAndThen(action: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      action();
    }, LOOK_MS);
  }, [action]);
}

/** Does something once at a time, and says what came of it. */
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

export function ErrorNote({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <p class="note error" role="alert">
      {error.message}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </p>
  );
}

/** What a view shows before, instead of, and beside what it has loaded. */
export function Show<Data>({ of, children }: { of: Loaded<Data>; children: (data: Data) => ComponentChildren }) {
  return (
    <>
      {of.error && <ErrorNote error={of.error} retry={of.reload} />}
      {of.data
        ? children(of.data)
        : of.isLoading &&
          !of.error && (
            <p class="note" aria-busy="true">
              Loading…
            </p>
          )}
    </>
  );
}

type Parts = { percent: number; datesCompleted: number; datesFailed: number; datesTotal: number };

/** A job's dates in proportion: completed, failed and, lower, those that are left. */
export function Bar({ of, label }: { of: Parts; label: string }) {
  const all = Math.max(1, of.datesTotal);
  // A date that is under way counts in part: the teams of it that are there.
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

/** What may be wider, or longer, than its place: it scrolls, by the keyboard as well. */
export function Scrolls({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="scrolls" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** How much of something limited is used up. */
export function Meter({ value, max, label }: { value: number; max: number; label: string }) {
  return <meter min={0} max={max} high={max * 0.8} optimum={0} value={value} aria-label={label} />;
}
