import { sha256Hex } from "../hash.ts";

type Made = { etag: string; compressed: Uint8Array<ArrayBuffer> };

export type PageOptions = {
  render: () => Promise<string>;
  /** Returns a key for the current content. When the key changes, the page is rendered again. */
  keyOf: () => string;
  /**
   * Whether to compress and cache the page: false on a platform that compresses responses itself and bills CPU time by the millisecond.
   */
  compresses: boolean;
};

/**
 * Returns a handler that serves a page of several megabytes. The page is rendered once per key and kept compressed, so all requests share
 * the same bytes. A client that already has the page gets 304.
 */
export function createPage({ render, keyOf, compresses }: PageOptions): (request: Request) => Promise<Response> {
  let made: { key: string; page: Promise<Made> } | null = null;
  const make = async (): Promise<Made> => {
    const text = await render();
    const [hash, compressed] = await Promise.all([sha256Hex(text, 16), compress(text)]);
    return { etag: `"${hash}"`, compressed };
  };
  const makeOnce = (key: string): Promise<Made> => {
    if (made?.key !== key) made = { key, page: make() };
    made.page.catch(() => {
      made = null;
    });
    return made.page;
  };
  return async (request) => {
    const key = keyOf();
    const page = compresses ? await makeOnce(key) : null;
    const headers = {
      ...(page ? { etag: page.etag } : {}),
      // No other site may show the page in a frame, because a person could then press the page's buttons without knowing it.
      "content-security-policy": "frame-ancestors 'none'",
      "x-frame-options": "DENY",
      "content-type": "text/html; charset=utf-8",
      // Browsers keep the page and ask each time whether it is still current, which costs only a few bytes.
      "cache-control": "private, no-cache",
      vary: "accept, accept-encoding",
    };
    if (!page) return new Response(await render(), { headers });
    const { etag, compressed } = page;
    if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
    if (accepts(request.headers.get("accept-encoding"), "gzip")) {
      return new Response(compressed, {
        headers: { ...headers, "content-encoding": "gzip", "content-length": String(compressed.byteLength) },
      });
    }
    return new Response(new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip")), { headers });
  };
}

async function compress(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const matches = (header: string | null, etag: string): boolean =>
  (header ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === etag || each.trim() === "*");

/** Whether the header lists the encoding, by name or as `*`, with a weight other than 0 (RFC 9110, section 12.5.3). */
function accepts(header: string | null, encoding: string): boolean {
  return (header ?? "").split(",").some((each) => {
    const [name, ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
    return (name === encoding || name === "*") && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
