import type { Server } from "../../src/server.ts";

/** The payloads of a subscription, up to `complete`. */
export type Stream = {
  /** Returns the next payload; null after `complete`. Throws on errors and when the stream breaks off. */
  next(): Promise<Record<string, any> | null>;
  /** Returns all payloads up to `complete`. */
  rest(): Promise<Record<string, any>[]>;
  /** Closes the connection, as a client does. */
  leave(): Promise<void>;
};

/** Subscribes over server-sent events. Throws when the response has no body. */
export async function subscribe(
  server: Pick<Server, "fetch">,
  query: string,
  variables: Record<string, unknown> = {},
  address?: string,
): Promise<Stream> {
  const response = await server.fetch(
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query, variables }),
    }),
    address,
  );
  if (!response.body) throw new Error(`The response has no body: its status is ${response.status}`);
  return read(response.body);
}

/** Reads server-sent events as they arrive. */
export function read(body: ReadableStream<Uint8Array>): Stream {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  let isComplete = false;
  const next: Stream["next"] = async () => {
    while (!isComplete) {
      const end = buffer.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await reader.read();
        if (done) throw new Error("The stream ended without the event complete");
        buffer += decoder.decode(value, { stream: true });
        continue;
      }
      const block = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      if (/^event: complete/m.test(block)) isComplete = true;
      const data = /^data: (.+)$/m.exec(block)?.[1];
      if (!data || isComplete) continue;
      const payload = JSON.parse(data) as { data?: Record<string, any>; errors?: unknown[] };
      if (payload.errors) throw new Error(JSON.stringify(payload.errors));
      return Object.values(payload.data ?? {})[0];
    }
    return null;
  };
  return {
    next,
    async rest() {
      const all: Record<string, any>[] = [];
      for (let each = await next(); each; each = await next()) all.push(each);
      return all;
    },
    leave: () => reader.cancel(),
  };
}
