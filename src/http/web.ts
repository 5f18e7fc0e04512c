/** A built file of the dashboard: its content type, and its bytes. */
export type WebFile = { type: string; body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> };

/**
 * Returns a file by its path below the dashboard's folder (`index.html` or `assets/…`). Returns null if there is no such file or the
 * dashboard was not built.
 */
export type WebFiles = (path: string) => Promise<WebFile | null>;

/** Paths of the dashboard's views. All views share one page. */
const VIEWS = /^\/(season|jobs|lineups|players|teams|schedules|sources)?(\/[^/]*)*$/;

/** Paths that the server answers itself. */
const OTHERS = /^\/(graphql|schema\.graphql|health|healthz|readyz|metrics|export|connect|login|logout)(\/|$)/;

/** Allows only this server's own files, no inline scripts and no display in a frame. */
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

/**
 * Returns a page or a file of the dashboard; null for other paths, or if the dashboard was not built. No token is needed, because the files
 * hold no data.
 */
export async function webResponse(request: Request, files: WebFiles): Promise<Response | null> {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const { pathname } = new URL(request.url);
  const isAsset = pathname.startsWith("/assets/");
  const isView = VIEWS.test(pathname) && !isAsset;
  // For a mistyped address, returns the dashboard's page, which says that the address does not exist.
  const isLost = !isView && !isAsset && !OTHERS.test(pathname) && request.headers.get("accept")?.includes("text/html");
  if (!isView && !isAsset && !isLost) return null;
  const file = await files(isAsset ? pathname.slice(1) : "index.html");
  if (!file) return null;
  return new Response(request.method === "HEAD" ? null : file.body, {
    status: isLost ? 404 : 200,
    headers: {
      "content-type": file.type,
      // The names of assets change with their content.
      "cache-control": isAsset ? "public, max-age=31536000, immutable" : "no-cache",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    },
  });
}
