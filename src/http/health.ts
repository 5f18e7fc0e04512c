import { type Clock, orGiveUp, SECOND } from "../clock.ts";
import type { Db } from "../db/client.ts";
import type { DatabaseError } from "../db/errors.ts";
import { databaseState } from "../db/health.ts";
import { pendingMigration } from "../db/migrate.ts";
import { countAtWork } from "../db/workers.ts";

const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/** `/healthz`: the process is alive and answers; whatever it works with is another question. */
export const alive = (): Response => new Response("ok\n", { headers: TEXT });

/** `/health`: 200 while the server can do its work, 503 with the reason while the database keeps it from that. */
export function health(trouble: DatabaseError | null): Response {
  if (trouble === null) return new Response("ok\n", { headers: TEXT });
  return new Response(`${trouble.code}: ${trouble.message}\n`, { status: 503, headers: TEXT });
}

/** How long the database may take to say that it is there. */
const ANSWER_MS = 2 * SECOND;
/** So long an answer is good: however often it is asked for, the database is not. */
const GOOD_MS = SECOND;

type Readiness = { ready: boolean; database: string; schema: string; workers: number | null };

/**
 * `/readyz`: 200 while the database answers and has the schema of this version, else 503 with what is lacking. Workers that were heard of are
 * told, and take no process out of service: one that only answers does so without them.
 */
export function createReadiness({ db, clock }: { db: Db; clock: Clock }): () => Promise<Response> {
  let known: { until: number; readiness: Promise<Readiness> } | null = null;
  const look = async (): Promise<Readiness> => {
    const trouble = db.trouble();
    if (trouble)
      return { ready: false, database: `${trouble.code}: ${trouble.message}`, schema: "unknown", workers: null };
    try {
      return await orGiveUp(clock, ANSWER_MS, [], {
        late: "no answer",
        action: async () => {
          await databaseState(db);
          const pending = await pendingMigration(db);
          const workers = await countAtWork(db);
          return { ready: pending === null, database: "ok", schema: pending ?? "current", workers };
        },
      });
    } catch {
      return { ready: false, database: "The database does not answer", schema: "unknown", workers: null };
    }
  };
  return async () => {
    if (!known || known.until <= clock.now()) known = { until: clock.now() + GOOD_MS, readiness: look() };
    const readiness = await known.readiness;
    return Response.json(readiness, {
      status: readiness.ready ? 200 : 503,
      headers: { "cache-control": "no-store", ...(readiness.ready ? {} : { "retry-after": "5" }) },
    });
  };
}
