import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, askInPart, back } from "./api.ts";
import type { TypedDocumentString } from "./generated/documents.ts";

/** What a document was answered, for the variables of now alone; `error` beside `data` where a part of it failed. */
export type Loaded<Data> = {
  data: Data | null;
  error: ApiError | null;
  isLoading: boolean;
  /** When the data was asked for, by `performance.now()`. */
  askedAt: number;
  /** Asks anew. What is under way is waited for first, so that nothing starves however often this is called. */
  reload: () => Promise<void>;
};

type Run = { key: string; stop: AbortController; isWantedAgain: boolean; done: Promise<void> };

/**
 * Asks when the variables change, on demand, and when the server is there again. What belongs to other variables is never shown, nor does an
 * answer that comes late replace a newer one.
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

  // The key stands for the variables.
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

/** A second passes between two looks at what changes all the time. */
const LOOK_MS = 1_000;

/** Does it soon, however often it is asked for meanwhile, and not more than once a second. */
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
