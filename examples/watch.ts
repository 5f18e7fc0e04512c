import { EventSourceParserStream } from "eventsource-parser/stream";

// Follows a job to its rest, across restarts of the server and the ends that edge runtimes put to every stream: each stream begins
// behind the last event that was received, so that nothing is missed and nothing comes twice. Runs on Node, Deno and in browsers.
//
//   node examples/watch.ts http://127.0.0.1:4000 latest [TOKEN]

export type JobEvent = { cursor: string; type: string; date: string | null; message: string };

const EVENTS = `subscription ($jobId: ID, $after: String) {
  jobEvents(jobId: $jobId, after: $after) { cursor type date message } }`;

/** After these nothing comes unless somebody resumes the job. */
const LAST = new Set(["COMPLETED", "FAILED", "CANCELLED", "PAUSED"]);

/** Before a broken stream is followed by another one, in milliseconds; twice as long each time, up to the last. */
const PAUSES_MS = [100, 200, 400, 800, 1600, 3200, 5000];

/**
 * Every event of a job, once, in order, up to its last one. Throws when the server refuses what is asked.
 * @param onStream Called with the cursor that each stream begins behind.
 */
export async function* watch(
  server: string,
  { jobId, token, onStream }: { jobId: string; token?: string | undefined; onStream?: (after: string) => void },
): AsyncGenerator<JobEvent> {
  let after = "0";
  for (let failures = 0; ; failures++) {
    if (failures > 0) await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[failures - 1] ?? PAUSES_MS.at(-1)));
    onStream?.(after);
    try {
      for await (const event of stream(server, { jobId, after }, token)) {
        after = event.cursor;
        failures = 0;
        if (event.type !== "HEARTBEAT") yield event;
        if (LAST.has(event.type)) return;
      }
      // A stream that completes before the job's last event was ended by the server: another one goes on at once.
      failures = -1;
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
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
  if (response.status >= 400 && response.status < 500)
    throw new Refused(`${response.status}: ${await response.text()}`);
  if (!response.ok || !response.body) throw new Error(`The server answers with status ${response.status}`);
  const blocks = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of blocks as unknown as AsyncIterable<{ event?: string; data: string }>) {
    if (event === "complete") return;
    const { data: payload, errors } = JSON.parse(data) as { data?: { jobEvents: JobEvent }; errors?: unknown };
    if (errors || !payload) throw new Refused(JSON.stringify(errors));
    yield payload.jobEvents;
  }
}

if (import.meta.main) {
  const [server = "http://127.0.0.1:4000", jobId = "latest", token] = process.argv.slice(2);
  for await (const { type, date, message } of watch(server, { jobId, token }))
    console.log([type, date, message].filter(Boolean).join("  "));
}
