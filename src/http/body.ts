import { type Clock, SECOND } from "../clock.ts";
import { LIMITS } from "../schema/limits.ts";
import { refusal } from "./guards.ts";

/** Time within which a client has to send the whole request body. */
const BODY_MS = 10 * SECOND;

/**
 * Returns the refusal of a request whose URL or headers are too long; null for any other request. If the headers exceed Node's own limit,
 * Node closes the connection.
 */
export function refuseLong({ url, headers }: Request): Response | null {
  if (url.length > LIMITS.url)
    return refusal(414, "LIMIT_EXCEEDED", `The address has ${url.length} characters; allowed: ${LIMITS.url}. Use POST`);
  let size = 0;
  for (const [name, value] of headers) size += name.length + value.length + 4;
  if (size <= LIMITS.headers) return null;
  return refusal(431, "LIMIT_EXCEEDED", `The headers have ${size} characters; allowed: ${LIMITS.headers}`);
}

/** Returns the request with its body read completely, or the response that refuses it. */
export async function withBody(request: Request, clock: Clock): Promise<Request | Response> {
  if (request.method !== "POST" || request.body === null) return request;
  const { headers } = request;
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  if (encoding && encoding !== "identity")
    return refusal(
      415,
      "BAD_USER_INPUT",
      `The content encoding is ${JSON.stringify(encoding.slice(0, 50))}; allowed: no content encoding`,
    );
  const length = headers.get("content-length");
  if (length !== null && !/^\d+$/.test(length))
    return refusal(400, "BAD_USER_INPUT", "The Content-Length header is not a number");
  if (Number(length) > LIMITS.body) return tooLarge();
  const bytes = await read(request.body, clock, request.signal);
  if (bytes === "slow")
    return refusal(408, "TIMEOUT", `The request body did not arrive within ${BODY_MS / SECOND} seconds`, {
      connection: "close",
    });
  if (bytes === "large") return tooLarge();
  return new Request(request.url, { method: "POST", headers, body: bytes, signal: request.signal });
}

const tooLarge = (): Response =>
  refusal(413, "LIMIT_EXCEEDED", `The request body has more than ${LIMITS.body} bytes; allowed: ${LIMITS.body}`, {
    connection: "close",
  });

async function read(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | "slow" | "large"> {
  const reader = body.getReader();
  const over = new AbortController();
  const late = clock.sleep(BODY_MS, AbortSignal.any([over.signal, signal])).then(() => "late" as const);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const part = await Promise.race([reader.read(), late]);
      if (part === "late") return "slow";
      if (part.done) break;
      size += part.value.length;
      if (size > LIMITS.body) return "large";
      parts.push(part.value);
    }
  } finally {
    over.abort();
    void reader.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
