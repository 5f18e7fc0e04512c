import { type Clock, orGiveUp, SECOND } from "../clock.ts";
import type { Db } from "../db/client.ts";
import type { DatabaseError } from "../db/errors.ts";
import { databaseState } from "../db/health.ts";
import { pendingMigration } from "../db/migrate.ts";
import { countAtWork } from "../db/workers.ts";

const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/** Answers `/healthz` with 200, which shows only that the process is alive. */
export const alive = (): Response => new Response("ok\n", { headers: TEXT });

/**
 * Answers `/health` with 200 while the server can work. While a database error keeps the server from working, answers with 503 and the
 * reason.
 */
export function health(trouble: DatabaseError | null): Response {
  if (trouble === null) return new Response("ok\n", { headers: TEXT });
  return new Response(`${trouble.code}: ${trouble.message}\n`, { status: 503, headers: TEXT });
}

/** Time within which the database has to answer. */
const ANSWER_MS = 2 * SECOND;
/** How long an answer is reused, so that frequent requests do not burden the database. */
const GOOD_MS = SECOND;

type Readiness = { ready: boolean; database: string; schema: string; workers: number | null };

/**
 * Returns the handler of `/readyz`. The handler answers 200 while the database answers and has the schema of this version. Otherwise the
 * handler answers 503 and says what is missing. The answer also has the number of live workers. A process is ready even without live
 * workers, because the process can still answer requests.
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
