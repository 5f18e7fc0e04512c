import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/** What becomes of a wish to make a request. */
type Grant =
  /** It may be made after so many milliseconds. */
  | { is: "granted"; waitMs: number }
  /** The source wants no requests for so many milliseconds. */
  | { is: "blocked"; forMs: number }
  /** As many as there may be are under way, or one goes ahead after a block: to be asked again. */
  | { is: "busy" };

/** The limits of one credential of a source, over all processes; times by the database's clock. */
export type Budget = {
  /** @param id Of this request alone. */
  reserve(id: string): Promise<Grant>;
  /**
   * The request is over.
   * @param blockMs The source wants none for so long; null when it has answered; undefined when that is not known.
   */
  release(id: string, blockMs: number | null | undefined): Promise<void>;
};

/** A request whose process was killed counts as under way until then: longer than any takes, its wait included. */
const FORGOTTEN_MS = 90 * 1000;

export function createBudget(
  db: Db,
  credential: string,
  { spacingMs, concurrency }: { spacingMs: number; concurrency: number },
): Budget {
  const under = sql`credential = ${credential}`;
  const isOpen = (): SQL =>
    sql`blocked_until <= ${db.clock} and (probe_until is null or probe_until <= ${db.clock})
        and (select count(*) from source_requests where ${under} and until > ${db.clock}) < ${concurrency}`;
  return {
    async reserve(id) {
      const [, taken, , state] = await db.write([
        sql`insert into source_budgets (credential, next_at, blocked_until) values (${credential}, 0, 0) on conflict do nothing`,
        sql`update source_budgets set next_at = max(next_at, ${db.clock}) + ${spacingMs},
              probe_until = iif(probe_until is null, null, ${db.clock} + ${FORGOTTEN_MS})
            where ${under} and ${isOpen()} returning next_at - ${spacingMs} - ${db.clock} as wait_ms`,
        sql`insert into source_requests (credential, id, until) select ${credential}, ${id}, ${db.clock} + ${FORGOTTEN_MS} where changes() = 1`,
        sql`select blocked_until - ${db.clock} as blocked_ms from source_budgets where ${under}`,
      ]);
      const granted = taken?.rows[0];
      if (granted) return { is: "granted", waitMs: Math.max(0, Number(granted.wait_ms)) };
      const forMs = Number(state?.rows[0]?.blocked_ms ?? 0);
      return forMs > 0 ? { is: "blocked", forMs } : { is: "busy" };
    },
    async release(id, blockMs) {
      const over = sql`delete from source_requests where ${under} and (id = ${id} or until <= ${db.clock})`;
      const settled =
        blockMs === undefined
          ? // If it was to go ahead, another one may.
            [sql`update source_budgets set probe_until = 0 where ${under} and probe_until is not null`]
          : blockMs === null
            ? // An answer to a request from before a block says nothing about it.
              [
                sql`update source_budgets set probe_until = null where ${under} and blocked_until <= ${db.clock} and probe_until is not null`,
              ]
            : [
                sql`update source_budgets set blocked_until = max(blocked_until, ${db.clock} + ${Math.ceil(blockMs)}), probe_until = 0 where ${under}`,
              ];
      await db.write([...settled, over], { repeatable: true });
    },
  };
}
