import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, ask } from "./api.ts";
import type { TypedDocumentString } from "./generated/documents.ts";

export type Loaded<Data> = { data: Data | null; error: ApiError | null; isLoading: boolean; reload: () => void };

/** What a document answers; asked anew when its variables change, or on demand. What was shown stays until there is something newer. */
export function useQuery<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables | null,
): Loaded<Data> {
  const [state, setState] = useState<Omit<Loaded<Data>, "reload">>({ data: null, error: null, isLoading: true });
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(variables);
  // The key stands for the variables, and a new turn asks again.
  useEffect(() => {
    if (variables === null) return;
    const stop = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    ask(document, variables, stop.signal).then(
      (data) => stop.signal.aborted || setState({ data, error: null, isLoading: false }),
      (error) => {
        if (stop.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(String(error), "INTERNAL");
        setState((before) => ({ ...before, error: known, isLoading: false }));
      },
    );
    return () => stop.abort();
  }, [document, key, turn]);
  return { ...state, reload: useCallback(() => setTurn((n) => n + 1), []) };
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

export function Bar({ percent, label }: { percent: number; label: string }) {
  return (
    <progress class="bar" max={100} value={percent} aria-label={label}>
      {percent.toFixed(0)} %
    </progress>
  );
}
