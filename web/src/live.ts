import { createParser, type EventSourceMessage } from "eventsource-parser";
import { useEffect, useRef, useState } from "preact/hooks";
import { back, reached, unauthenticated } from "./api.ts";
import { LiveDocument, type LiveSubscription } from "./generated/documents.ts";
import type { Loaded } from "./query.ts";

export type Progress = LiveSubscription["jobsProgress"];

/** What tabs tell each other. */
type Message =
  | { kind: "progress"; progress: Progress }
  | { kind: "online"; isOnline: boolean }
  /** The stream begins here: what ended before is told by no stream, although the page may have asked before it ended. */
  | { kind: "begun" }
  /** A tab that has just opened asks for what the others know. */
  | { kind: "hello" };

/** Before a stream that has ended is opened anew, in milliseconds. */
const RECONNECT_MS = 2_000;
/** The server says that it is there every few seconds; one that is silent for so long is gone. */
const SILENT_MS = 45_000;

/**
 * Progress of all unfinished jobs, over one connection however many tabs are open, as a browser allows six to a host: the tab that holds
 * the lock has the stream, and tells the others. When it is closed, the next one takes over. Where the page did not come by https, nor from
 * this machine, a browser has no locks: there each tab has a stream of its own.
 */
export class Live {
  readonly #channel: BroadcastChannel;
  readonly #environment: string;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #progress = new Map<string, Progress>();
  readonly #closing = new AbortController();
  /** When the stream began, by `performance.now()`; null where it did so before this tab was there. */
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

  /** Hands the stream on to another tab, if there is one. */
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
    if (message.kind === "begun") this.begunAt = performance.now();
    if (message.kind === "online") {
      const isBack = message.isOnline && !this.#isOnline;
      this.#isOnline = message.isOnline;
      // A job that has ended meanwhile is told by no stream any more.
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

  /** Ends when it is closed. A stream that ends is taken up again behind the last cursor, so that what ended meanwhile is told as well. */
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
      } catch {
        this.#tell({ kind: "online", isOnline: false });
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  /**
   * Server-sent events by POST: an EventSource sends a GET that, where the page did not come by https, looks like anybody else's. Throws when
   * the server is not reached, refuses, or says nothing for too long.
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
          const { data: answer } = JSON.parse(data || "{}") as { data?: LiveSubscription | null };
          if (answer?.jobsProgress) yield answer.jobsProgress;
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Calls back for the progress of any job; returns whether the stream is up. */
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

/** Asks again for what was asked for before the stream began, where some of it may have ended meanwhile. */
export function useFromTheBeginning<Data>(live: Live, loaded: Loaded<Data>, isUnfinished: (data: Data) => boolean) {
  const [begunAt, setBegunAt] = useState(live.begunAt);
  useEffect(() => live.listen(() => setBegunAt(live.begunAt)), [live]);
  const { data, askedAt, isLoading, error, reload } = loaded;
  const isTooOld = data !== null && begunAt !== null && askedAt < begunAt && isUnfinished(data);
  useEffect(() => {
    // Where it cannot be had, it is asked for once the server is there again.
    if (isTooOld && !isLoading && error === null) void reload();
  }, [isTooOld, isLoading, error, reload]);
}
