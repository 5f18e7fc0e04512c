import { createParser, type EventSourceMessage } from "eventsource-parser";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, back, reached, readAnswer, type SentAnswer, unauthenticated } from "./api.ts";
import { LiveDocument, type LiveSubscription } from "./generated/documents.ts";
import type { Loaded } from "./query.ts";

export type Progress = LiveSubscription["jobsProgress"];

/** A message between tabs. */
type Message =
  | { kind: "progress"; progress: Progress }
  | { kind: "online"; isOnline: boolean }
  /**
   * The stream has begun. The stream does not report jobs that ended before the stream began, although an older query may show these jobs
   * as running.
   */
  | { kind: "begun" }
  /** The database was restored to an earlier state, so nothing that the tabs show can be trusted. */
  | { kind: "restored" }
  /** A tab that has just opened asks the other tabs for the state of the stream. */
  | { kind: "hello" };

/** Delay before a stream that has ended is reopened, in milliseconds. */
const RECONNECT_MS = 2_000;
/** The server sends a heartbeat every few seconds. If the server sends nothing for this many milliseconds, the stream has failed. */
const SILENT_MS = 45_000;

/**
 * Streams the progress of all unfinished jobs over one connection for all tabs, because a browser allows only six connections to a host.
 * The tab that holds the lock has the stream and passes the progress to the other tabs. When the tab that holds the lock closes, another
 * tab takes over. A browser offers no locks if the page came neither by https nor from this machine. Without locks, each tab has its own
 * stream.
 */
export class Live {
  readonly #channel: BroadcastChannel;
  readonly #environment: string;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #progress = new Map<string, Progress>();
  readonly #closing = new AbortController();
  /** Time at which the stream began, from `performance.now()`; null if the stream began before this tab opened. */
  begunAt: number | null = null;
  #isOnline = true;
  #isLeader = false;

  constructor(environment: string) {
    this.#environment = environment;
    this.#channel = new BroadcastChannel(`lineup-ledger ${environment}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#take(data);
    this.#channel.postMessage({ kind: "hello" } satisfies Message);
    const { signal } = this.#closing;
    const locks = (navigator as Partial<Navigator>).locks;
    if (locks) void locks.request(`lineup-ledger ${environment}`, { signal }, () => this.#follow()).catch(() => {});
    else void this.#follow();
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  progressOf(jobId: string): Progress | undefined {
    return this.#progress.get(jobId);
  }

  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hands the stream to another tab, or closes the stream if there is no other tab. */
  close(): void {
    this.#closing.abort();
    this.#channel.close();
  }

  #take(message: Message): void {
    if (message.kind === "hello") {
      if (!this.#isLeader) return;
      this.#channel.postMessage({ kind: "online", isOnline: this.#isOnline } satisfies Message);
      for (const progress of this.#progress.values())
        this.#channel.postMessage({ kind: "progress", progress } satisfies Message);
      return;
    }
    if (message.kind === "progress") this.#progress.set(message.progress.jobId, message.progress);
    if (message.kind === "restored") location.reload();
    if (message.kind === "begun") this.begunAt = performance.now();
    if (message.kind === "online") {
      const isBack = message.isOnline && !this.#isOnline;
      this.#isOnline = message.isOnline;
      // The stream may miss jobs that ended while the page was offline, so the queries run again.
      if (isBack) {
        reached.tell(true);
        back.tell();
      }
    }
    for (const listener of this.#listeners) listener(message);
  }

  #tell(message: Message): void {
    if (this.#closing.signal.aborted) return;
    this.#take(message);
    this.#channel.postMessage(message);
  }

  /** Follows the stream until `close` is called. When the stream ends, reopens it at the last cursor, so no job's end is missed. */
  async #follow(): Promise<void> {
    this.#isLeader = true;
    const { signal } = this.#closing;
    let after: string | null = null;
    while (!signal.aborted) {
      try {
        for await (const progress of this.#stream(after)) {
          after = progress.cursor;
          this.#tell({ kind: "progress", progress });
        }
      } catch (error) {
        if (error instanceof ApiError && error.code === "CURSOR_AHEAD") return this.#tell({ kind: "restored" });
        this.#tell({ kind: "online", isOnline: false });
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  /**
   * Reads server-sent events by POST. An EventSource sends a GET, which without https looks like a request from another site. Throws when
   * the server is unreachable, when the server refuses the request, or when the server is silent for too long.
   */
  async *#stream(after: string | null): AsyncGenerator<Progress> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENT_MS);
    try {
      const response = await fetch("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({
          query: LiveDocument.toString(),
          variables: { environment: this.#environment, after },
        }),
        signal: AbortSignal.any([this.#closing.signal, silence.signal]),
      });
      if (response.status === 401) unauthenticated.tell();
      if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
      this.#tell({ kind: "online", isOnline: true });
      if (after === null) this.#tell({ kind: "begun" });
      const came: EventSourceMessage[] = [];
      const parser = createParser({ onEvent: (event) => came.push(event) });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENT_MS);
        parser.feed(value);
        for (const { event, data } of came.splice(0)) {
          if (event === "complete") return;
          const { data: answer, error } = readAnswer(JSON.parse(data || "{}") as SentAnswer<LiveSubscription>);
          if (error) throw error;
          if (answer?.jobsProgress) yield answer.jobsProgress;
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Calls `onProgress` with the progress of any job. Returns whether the stream is up. */
export function useLive(live: Live, onProgress?: (progress: Progress) => void): boolean {
  const [isOnline, setOnline] = useState(live.isOnline);
  const latest = useRef(onProgress);
  latest.current = onProgress;
  useEffect(() => {
    setOnline(live.isOnline);
    return live.listen((message) => {
      if (message.kind === "online") setOnline(message.isOnline);
      if (message.kind === "progress") latest.current?.(message.progress);
    });
  }, [live]);
  return isOnline;
}

/**
 * Reloads data that shows unfinished jobs and was queried before the stream began. The jobs may have ended between the query and the
 * beginning of the stream.
 */
export function useFromTheBeginning<Data>(live: Live, loaded: Loaded<Data>, isUnfinished: (data: Data) => boolean) {
  const [begunAt, setBegunAt] = useState(live.begunAt);
  useEffect(() => live.listen(() => setBegunAt(live.begunAt)), [live]);
  const { data, askedAt, isLoading, error, reload } = loaded;
  const isTooOld = data !== null && begunAt !== null && askedAt < begunAt && isUnfinished(data);
  useEffect(() => {
    // After an error, the query runs again once the server is reachable.
    if (isTooOld && !isLoading && error === null) void reload();
  }, [isTooOld, isLoading, error, reload]);
}
