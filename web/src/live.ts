import { useEffect, useRef, useState } from "preact/hooks";
import { LiveDocument, type LiveSubscription } from "./generated/documents.ts";

export type Progress = LiveSubscription["jobsProgress"];

/** What tabs tell each other. */
type Message =
  | { kind: "progress"; progress: Progress }
  | { kind: "online"; isOnline: boolean }
  /** A tab that has just opened asks for what the others know. */
  | { kind: "hello" };

/**
 * Progress of all unfinished jobs, over one connection however many tabs are open, as a browser allows six to a host: the tab that holds
 * the lock has the stream, and tells the others. When it is closed, the next one takes over.
 */
export class Live {
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #progress = new Map<string, Progress>();
  #isOnline = true;
  #isLeader = false;

  constructor(environment: string) {
    this.#channel = new BroadcastChannel(`lineup-ledger ${environment}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#take(data);
    this.#channel.postMessage({ kind: "hello" } satisfies Message);
    void navigator.locks.request(`lineup-ledger ${environment}`, () => this.#follow(environment));
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

  #take(message: Message): void {
    if (message.kind === "hello") {
      if (!this.#isLeader) return;
      this.#channel.postMessage({ kind: "online", isOnline: this.#isOnline } satisfies Message);
      for (const progress of this.#progress.values())
        this.#channel.postMessage({ kind: "progress", progress } satisfies Message);
      return;
    }
    if (message.kind === "progress") this.#progress.set(message.progress.jobId, message.progress);
    else this.#isOnline = message.isOnline;
    for (const listener of this.#listeners) listener(message);
  }

  #tell(message: Message): void {
    this.#take(message);
    this.#channel.postMessage(message);
  }

  /** Never ends: the browser connects again by itself, and the stream begins with where all jobs stand. */
  #follow(environment: string): Promise<never> {
    this.#isLeader = true;
    const address = new URL("/graphql", location.origin);
    address.searchParams.set("query", LiveDocument.toString());
    address.searchParams.set("variables", JSON.stringify({ environment }));
    const connect = () => {
      const source = new EventSource(address);
      source.onopen = () => this.#tell({ kind: "online", isOnline: true });
      source.addEventListener("next", ({ data }: MessageEvent<string>) => {
        const progress = (JSON.parse(data) as { data?: LiveSubscription }).data?.jobsProgress;
        if (progress) this.#tell({ kind: "progress", progress });
      });
      // The server stops, or its platform's time is up: the next stream takes over.
      source.addEventListener("complete", () => again(source));
      source.onerror = () => {
        this.#tell({ kind: "online", isOnline: false });
        if (source.readyState === EventSource.CLOSED) again(source);
      };
    };
    const again = (source: EventSource) => {
      source.close();
      setTimeout(connect, RECONNECT_MS);
    };
    connect();
    return new Promise(() => {});
  }
}

/** Before a stream that has ended is opened anew, in milliseconds. */
const RECONNECT_MS = 2_000;

/** Calls back for the progress of any job; answers whether the stream is up. */
export function useLive(live: Live, onProgress?: (progress: Progress) => void): boolean {
  const [isOnline, setOnline] = useState(live.isOnline);
  const latest = useRef(onProgress);
  latest.current = onProgress;
  useEffect(
    () =>
      live.listen((message) => {
        if (message.kind === "online") setOnline(message.isOnline);
        if (message.kind === "progress") latest.current?.(message.progress);
      }),
    [live],
  );
  return isOnline;
}
