import type { DatabaseError } from "../db/errors.ts";

/** `/health`: 200 while the server can do its work, 503 with the reason while the database keeps it from that. */
export function health(trouble: DatabaseError | null): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  if (trouble === null) return new Response("ok\n", { headers });
  return new Response(`${trouble.code}: ${trouble.message}\n`, { status: 503, headers });
}
