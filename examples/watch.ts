import { EventSourceParserStream } from "eventsource-parser/stream";

// Follows a job to its rest, across restarts of the server and the ends that edge runtimes put to every stream: each stream begins
// behind the last event that was received, so that nothing is missed and nothing comes twice. Runs on Node, Deno and in browsers.
//
//   node examples/watch.ts http://127.0.0.1:4000 latest [TOKEN]

export type JobEvent = { cursor: string; jobId: string; type: string; date: string | null; message: string };

const EVENTS = `subscription ($jobId: ID, $after: String) {
  jobEvents(jobId: $jobId, after: $after) { cursor jobId type date message } }`;

/** After these nothing comes unless somebody resumes the job. */
const LAST: ReadonlySet<string | undefined> = new Set(["COMPLETED", "FAILED", "CANCELLED", "PAUSED"]);

/** What asking again does not mend; everything else may be a server, or its database, that is away for a while. */
const REFUSED: ReadonlySet<string | undefined> = new Set([
  "BAD_USER_INPUT",
  "NOT_FOUND",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "CURSOR_AHEAD",
]);

/** Before a stream that brought nothing is followed by another one, in milliseconds; up to the last. */
const PAUSES_MS = [1000, 1000, 2000, 4000, 8000];

type Options = {
  jobId: string;
  token?: string | undefined;
  /** Called with the cursor that each stream begins behind. */
  onStream?: (after: string) => void;
  /** Called when a stream could not be had or broke: another one follows. */
  onLost?: (reason: string) => void;
};

/**
 * Every event of a job, once, in order, up to where the job rests. Throws when the server refuses what is asked.
 */
export async function* watch(
  server: string,
  { jobId: wanted, token, onStream, onLost }: Options,
): AsyncGenerator<JobEvent> {
  let [jobId, after, last, idle] = [wanted, "0", undefined as string | undefined, 0];
  for (;;) {
    onStream?.(after);
    let [events, isComplete] = [0, false];
    try {
      for await (const event of stream(server, { jobId, after }, token)) {
        after = event.cursor;
        if (event.type === "HEARTBEAT") continue;
        // "latest" is another job as soon as another one is created.
        [jobId, last, events] = [event.jobId, event.type, events + 1];
        yield event;
      }
      isComplete = true;
    } catch (error) {
      if (error instanceof Refused) throw error;
      onLost?.(error instanceof Error ? error.message : String(error));
    }
    // A stream also completes when the server stops or its time is up. Only one that has nothing to tell says that the job rests.
    if (isComplete && events === 0 && LAST.has(last)) return;
    idle = events > 0 ? 0 : idle + 1;
    if (idle > 0) await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[idle - 1] ?? PAUSES_MS.at(-1)));
  }
}

class Refused extends Error {
  override name = "Refused";
}

async function* stream(
  server: string,
  variables: { jobId: string; after: string },
  token: string | undefined,
): AsyncGenerator<JobEvent> {
  const response = await fetch(new URL("/graphql", server), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query: EVENTS, variables }),
  });
  if (response.status === 401) throw new Refused(`401: ${await response.text()}`);
  if (!response.ok || !response.body) throw new Error(`The server answers with status ${response.status}`);
  const blocks = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of blocks as unknown as AsyncIterable<{ event?: string; data: string }>) {
    if (event === "complete") return;
    const { data: payload, errors = [] } = JSON.parse(data) as {
      data?: { jobEvents: JobEvent };
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    const told = errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join("; ");
    if (errors.some(({ extensions }) => REFUSED.has(extensions?.code))) throw new Refused(told);
    if (!payload) throw new Error(told);
    yield payload.jobEvents;
  }
}

if (import.meta.main) {
  const [server = "http://127.0.0.1:4000", jobId = "latest", token] = process.argv.slice(2);
  const onLost = (reason: string) => console.error(`${server} cannot be followed (${reason}); trying again`);
  try {
    for await (const { type, date, message } of watch(server, { jobId, token, onLost }))
      console.log([type, date, message].filter(Boolean).join("  "));
  } catch (error) {
    console.error(`Refused: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
