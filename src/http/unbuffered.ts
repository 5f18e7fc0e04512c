const STREAM = /^(text\/event-stream|multipart\/mixed)/;

/** What keeps a stream flowing through a proxy: none may hold it back, compress it or keep it. */
export function unbuffered(response: Response): Response {
  if (!STREAM.test(response.headers.get("content-type") ?? "")) return response;
  response.headers.set("cache-control", "no-cache, no-transform");
  response.headers.set("x-accel-buffering", "no");
  return response;
}
