const STREAM = /^(text\/event-stream|multipart\/mixed)/;

/** Sets headers that keep proxies from buffering, compressing or caching a stream. */
export function unbuffered(response: Response): Response {
  if (!STREAM.test(response.headers.get("content-type") ?? "")) return response;
  response.headers.set("cache-control", "no-cache, no-transform");
  response.headers.set("x-accel-buffering", "no");
  return response;
}
