/** A file of the dashboard as it was built: its type, and its bytes. */
export type WebFile = { type: string; body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> };

/** Finds a file by its path below the dashboard's folder, `index.html` or `assets/…`; null where there is none, or nothing was built. */
export type WebFiles = (path: string) => Promise<WebFile | null>;

/** The views that have an address of their own: all are the same page. */
const VIEWS = /^\/(season|jobs|lineups|players|teams|schedules|sources)?(\/[^/]*)*$/;

/** What the server answers besides. */
const OTHERS = /^\/(graphql|schema\.graphql|health|healthz|readyz|metrics|export|connect|login|logout)(\/|$)/;

/** Only this server's own files, no script in the page itself, and nobody shows it in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** A page or a file of the dashboard; null for what is none, or where none was built. They hold nothing that a token would guard. */
export async function webResponse(request: Request, files: WebFiles): Promise<Response | null> {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const { pathname } = new URL(request.url);
  const isAsset = pathname.startsWith("/assets/");
  const isView = VIEWS.test(pathname) && !isAsset;
  // Who has mistyped an address finds the page, which says so.
  const isLost = !isView && !isAsset && !OTHERS.test(pathname) && request.headers.get("accept")?.includes("text/html");
  if (!isView && !isAsset && !isLost) return null;
  const file = await files(isAsset ? pathname.slice(1) : "index.html");
  if (!file) return null;
  return new Response(request.method === "HEAD" ? null : file.body, {
    status: isLost ? 404 : 200,
    headers: {
      "content-type": file.type,
      // The names of assets change with what is in them.
      "cache-control": isAsset ? "public, max-age=31536000, immutable" : "no-cache",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    },
  });
}
