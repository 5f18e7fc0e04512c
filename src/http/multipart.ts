import { createParser } from "eventsource-parser";

/** The boundary between parts, which clients read from the response header. */
const BOUNDARY = "graphql";

/**
 * Whether a client asks for a subscription in the default format of Apollo's clients. The format is GraphQL over multipart HTTP,
 * `multipart/mixed;subscriptionSpec=1.0` (apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol).
 */
const wantsMultipart = (request: Request): boolean =>
  /multipart\/mixed[^,]*subscriptionSpec\s*=\s*"?1\.0/i.test(request.headers.get("accept") ?? "");

/**
 * Answers a subscription in parts if the client asks for parts: converts each server-sent event into one part. All other responses are
 * returned unchanged.
 * @param answer Serves JSON and server-sent events.
 */
export async function inParts(request: Request, answer: (request: Request) => Promise<Response>): Promise<Response> {
  if (!wantsMultipart(request)) return answer(request);
  const response = await answer(
    asking(request, "application/graphql-response+json, application/json, text/event-stream"),
  );
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
  return new Response(partsOf(response.body), {
    status: response.status,
    headers: { "content-type": `multipart/mixed;boundary=${BOUNDARY};subscriptionSpec=1.0` },
  });
}

/**
 * Returns the request with its `accept` header replaced. The request is wrapped and not copied, because its body can be read only once, and
 * because it may be of another `Request` class.
 */
function asking(request: Request, accept: string): Request {
  const headers = new Headers([...request.headers].filter(([name]) => name.toLowerCase() !== "accept"));
  headers.set("accept", accept);
  return new Proxy(request, {
    get(target, key) {
      if (key === "headers") return headers;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Turns each event into a part: `{"payload": …}`, or `{}` for a keep-alive. When the client leaves, the stream of events is cancelled. */
function partsOf(events: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = events.getReader();
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  let waiting: string[] = [`\r\n--${BOUNDARY}`];
  // Clients handle a part only when they have received the boundary after the part.
  const add = (json: string) => {
    waiting.push(`\r\ncontent-type: application/json\r\n\r\n${json}\r\n--${BOUNDARY}`);
  };
  const parser = createParser({
    onComment: () => add("{}"),
    onEvent: ({ event, data }) => {
      if (event !== "complete" && data !== "") add(`{"payload":${data}}`);
    },
  });
  return new ReadableStream({
    async pull(controller) {
      let isOver = false;
      while (waiting.length === 0 && !isOver) {
        const { value, done } = await reader.read();
        if (value) parser.feed(decoder.decode(value, { stream: true }));
        isOver = done;
      }
      if (isOver) waiting.push("--\r\n");
      controller.enqueue(encoder.encode(waiting.join("")));
      waiting = [];
      if (isOver) controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
