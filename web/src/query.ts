import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, askInPart, back } from "./api.ts";
import type { TypedDocumentString } from "./generated/documents.ts";

/**
 * The answer to a document for the current variables, never for earlier variables. If only a part of the document failed, both `data` and
 * `error` are set.
 */
export type Loaded<Data> = {
  data: Data | null;
  error: ApiError | null;
  isLoading: boolean;
  /** Time at which the query for the data was sent, from `performance.now()`. */
  askedAt: number;
  /**
   * Queries again, but lets a query in flight complete first. Because a query in flight completes first, an answer arrives even if `reload`
   * is called often.
   */
  reload: () => Promise<void>;
};

type Run = { key: string; stop: AbortController; isWantedAgain: boolean; done: Promise<void> };

/**
 * Sends the query when the variables change, when `reload` is called, and when the server is reachable again. Returns data for the
 * current variables only. A late answer never replaces a newer answer.
 */
export function useQuery<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables | null,
): Loaded<Data> {
  type State = { key: string } & Omit<Loaded<Data>, "reload">;
  const key = JSON.stringify(variables);
  const unasked: State = { key, data: null, error: null, isLoading: true, askedAt: 0 };
  const [state, setState] = useState(unasked);
  const newest = useRef({ key, variables });
  newest.current = { key, variables };
  const running = useRef<Run | null>(null);

  const reload = useCallback((): Promise<void> => {
    const { key, variables } = newest.current;
    if (variables === null) return Promise.resolve();
    if (running.current?.key === key) {
      running.current.isWantedAgain = true;
      return running.current.done;
    }
    running.current?.stop.abort();
    const run: Run = { key, stop: new AbortController(), isWantedAgain: false, done: Promise.resolve() };
    running.current = run;
    const once = async () => {
      run.isWantedAgain = false;
      setState((before) => (before.key === key ? { ...before, isLoading: true } : { ...unasked, key }));
      const askedAt = performance.now();
      try {
        const { data, error } = await askInPart(document, variables, run.stop.signal);
        if (!run.stop.signal.aborted) setState({ key, data, error, isLoading: false, askedAt });
      } catch (error) {
        if (run.stop.signal.aborted) return;
        setState((before) => ({ ...before, error: error as ApiError, isLoading: false }));
      }
    };
    run.done = (async () => {
      do await once();
      while (run.isWantedAgain && !run.stop.signal.aborted);
      if (running.current === run) running.current = null;
    })();
    return run.done;
  }, [document]);

  // The effect depends on `key` instead of the variables, because the variables are a new object in each render.
  useEffect(() => {
    void reload();
    return () => {
      running.current?.stop.abort();
      running.current = null;
    };
  }, [key, reload]);
  useEffect(() => back.listen(() => void reload()), [reload]);

  return { ...(state.key === key ? state : unasked), reload };
}

/** Time between two runs of a throttled action, in milliseconds. */
const LOOK_MS = 1_000;

/** Returns a function that runs the action soon, but at most once a second, however often the function is called. */
export function useNowAndThen(action: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const newest = useRef(action);
  newest.current = action;
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      newest.current();
    }, LOOK_MS);
  }, []);
}
