import { type SQL, sql } from "drizzle-orm";
import { MINUTE, SECOND } from "../clock.ts";
import type { Db } from "./client.ts";

/** The result of a reservation. */
type Grant =
  /** The request may start in `waitMs` milliseconds. */
  | { kind: "granted"; waitMs: number }
  /** The source blocks requests for another `forMs` milliseconds. */
  | { kind: "blocked"; forMs: number }
  /** The window's budget is spent. The window allows the next request in `forMs` milliseconds. */
  | { kind: "spent"; forMs: number; window: Window }
  /** The request is queued, or it waits for the probe request after a block. Retry in `waitMs` milliseconds. */
  | { kind: "busy"; waitMs: number };

/** A limit: at most `requests` requests in `minutes` minutes. */
export type Window = { minutes: number; requests: number };

/** The limits of one credential of a source, shared by all processes. All times come from the database's clock. */
export type Budget = {
  /**
   * Takes a place in the queue, or polls the place already taken. First come, first served.
   * @param id Unique to this request.
   */
  reserve(id: string): Promise<Grant>;
  /** Returns how long the source's block still lasts, in milliseconds; 0 or less without a block. */
  blockedMs(): Promise<number>;
  /** Records that a granted request is still in flight. A request that is not renewed is dropped, because its process may be dead. */
  renew(id: string): Promise<void>;
  /**
   * Ends the request.
   * @param blockMs How long the source blocks, in ms; null if a request was sent and not blocked, undefined if no request was sent.
   */
  release(id: string, blockMs: number | null | undefined): Promise<void>;
};

/** A request counts as in flight for this long after its start or last renewal; then its process is presumed dead. */
const FORGOTTEN_MS = 15 * SECOND;
/** How often a request in flight is renewed. */
export const RENEW_MS = 5 * SECOND;
/** A queued request that has not polled for this long is dropped: its process is presumed dead. */
const SILENT_MS = 15 * SECOND;
/** The shortest and longest poll interval of a queued request. */
const [MIN_ASK_MS, MAX_ASK_MS] = [50, 5 * SECOND];

/** Stored in place of the probe's id after a block until the next request becomes the probe. */
const NOBODY = "none";

/** Converts milliseconds to whole minutes since 1970. */
const minuteOf = (at: SQL): SQL => sql`cast(${at} / ${MINUTE} as integer)`;

/** Matches a credential's requests in a window. Windows span whole minutes, so a request may count for up to a minute too long. */
const inWindow = (db: Db, credential: string, { minutes }: Window): SQL =>
  sql`credential = ${credential} and minute between ${minuteOf(db.clock)} - ${minutes} and ${minuteOf(db.clock)}`;

/** Returns how long the source's block still lasts (milliseconds, 0 without a block) and how many requests were made in each window. */
export async function budgetState(
  db: Db,
  credential: string,
  windows: readonly Window[],
): Promise<{ blockedMs: number; used: (Window & { made: number })[] }> {
  const here = sql`credential = ${credential}`;
  const [row] = await db.orm.all<{ ms: number }>(
    sql`select blocked_until - ${db.clock} as ms from source_budgets where ${here}`,
  );
  const used: (Window & { made: number })[] = [];
  for (const window of windows) {
    const [sum] = await db.orm.all<{ made: number }>(
      sql`select coalesce(sum(requests), 0) as made from source_usage where ${inWindow(db, credential, window)}`,
    );
    used.push({ ...window, made: sum?.made ?? 0 });
  }
  return { blockedMs: Math.max(0, row?.ms ?? 0), used };
}

export function createBudget(
  db: Db,
  credential: string,
  { spacingMs, concurrency, windows = [] }: { spacingMs: number; concurrency: number; windows?: readonly Window[] },
): Budget {
  const here = sql`credential = ${credential}`;
  const mine = (id: string): SQL => sql`${here} and id = ${id}`;
  const budget = (column: string): SQL => sql`(select ${sql.raw(column)} from source_budgets where ${here})`;
  const isOpen = (): SQL =>
    sql`${budget("blocked_until")} <= ${db.clock} and (${budget("probe_id")} is null or ${budget("probe_until")} <= ${db.clock})`;
  const underWay = (): SQL =>
    sql`(select count(*) from source_requests where ${here} and start_at is not null and until > ${db.clock})`;
  /** Counts the requests that were queued before this one and are still waiting. */
  const before = (id: string): SQL =>
    sql`(select count(*) from source_requests as other where ${here} and start_at is null and until > ${db.clock}
         and (other.asked_at, other.id) < (select asked_at, id from source_requests where ${mine(id)}))`;
  // Wait at most `concurrency` times the spacing, because `next_at` may be far ahead after a clock was set back or a limit changed.
  const nextStart = (): SQL =>
    sql`max(${db.clock}, min(${budget("next_at")}, ${db.clock} + ${Math.ceil(concurrency * spacingMs)}))`;

  const thisMinute = () => minuteOf(db.clock);
  const isIn = (window: Window): SQL => inWindow(db, credential, window);
  const isAffordable = (): SQL =>
    windows.length === 0
      ? sql`true`
      : sql.join(
          windows.map(
            (w) => sql`(select coalesce(sum(requests), 0) from source_usage where ${isIn(w)}) < ${w.requests}`,
          ),
          sql` and `,
        );
  /** Of the spent windows, returns the one that blocks the next request longest; null when no window is spent. */
  const spentWindow = async (): Promise<Extract<Grant, { kind: "spent" }> | null> => {
    let longest: Extract<Grant, { kind: "spent" }> | null = null;
    for (const window of windows) {
      const made = await db.orm.all<{ minute: number; requests: number; now: number }>(
        sql`select minute, requests, ${db.clock} as now from source_usage where ${isIn(window)} order by minute`,
      );
      let excess = made.reduce((sum, { requests }) => sum + requests, 0) - window.requests;
      for (const { minute, requests, now } of made) {
        if (excess < 0) break;
        excess -= requests;
        const forMs = (minute + window.minutes + 1) * MINUTE - now;
        if (excess < 0 && forMs > (longest?.forMs ?? 0)) longest = { kind: "spent", forMs, window };
      }
    }
    return longest;
  };

  return {
    async reserve(id) {
      // Every statement is conditional: if the answer is lost and the batch is sent again, the request keeps its place.
      const results = await db.write(
        [
          sql`insert into source_budgets (credential, next_at, blocked_until) values (${credential}, 0, 0) on conflict do nothing`,
          sql`insert into source_requests (credential, id, asked_at, until)
              select ${credential}, ${id}, ${db.clock}, ${db.clock} + ${SILENT_MS} where ${budget("blocked_until")} <= ${db.clock}
              on conflict do update set until = max(until, excluded.until)`,
          sql`update source_requests set start_at = ${nextStart()}, until = ${nextStart()} + ${FORGOTTEN_MS}
              where ${mine(id)} and start_at is null and ${isOpen()} and ${isAffordable()}
                and ${underWay()} + ${before(id)} < ${concurrency}`,
          sql`update source_budgets set
                next_at = (select start_at from source_requests where ${mine(id)}) + ${spacingMs},
                probe_until = iif(probe_id is null, null, ${db.clock} + ${FORGOTTEN_MS}), probe_id = iif(probe_id is null, null, ${id})
              where ${here} and changes() = 1`,
          ...(windows.length === 0
            ? []
            : [
                sql`insert into source_usage (credential, minute, requests)
                    select ${credential}, ${minuteOf(sql`start_at`)}, 1 from source_requests where ${mine(id)} and changes() = 1
                    on conflict do update set requests = requests + 1`,
                sql`delete from source_usage where ${here}
                    and minute not between ${thisMinute()} - ${Math.max(...windows.map(({ minutes }) => minutes))} and ${thisMinute()} + 1`,
              ]),
          sql`select (select start_at from source_requests where ${mine(id)}) - ${db.clock} as wait_ms, ${before(id)} as before,
                blocked_until - ${db.clock} as blocked_ms, next_at - ${db.clock} as next_ms from source_budgets where ${here}`,
        ],
        { repeatable: true, quiet: true },
      );
      const state = results.at(-1)?.rows[0];
      const ms = (name: string) => Number(state?.[name] ?? 0);
      if (state?.wait_ms !== null && state?.wait_ms !== undefined)
        return { kind: "granted", waitMs: Math.max(0, ms("wait_ms")) };
      if (ms("blocked_ms") > 0) return { kind: "blocked", forMs: ms("blocked_ms") };
      const spent = windows.length === 0 ? null : await spentWindow();
      if (spent) return spent;
      const turnMs = Math.max(ms("next_ms"), 0) + ms("before") * spacingMs;
      return { kind: "busy", waitMs: Math.min(Math.max(turnMs, MIN_ASK_MS), MAX_ASK_MS) };
    },
    async blockedMs() {
      const [row] = await db.orm.all<{ ms: number }>(
        sql`select blocked_until - ${db.clock} as ms from source_budgets where ${here}`,
      );
      return row?.ms ?? 0;
    },
    async renew(id) {
      await db.write(
        [
          sql`update source_requests set until = ${db.clock} + ${FORGOTTEN_MS} where ${mine(id)} and start_at is not null`,
          sql`update source_budgets set probe_until = ${db.clock} + ${FORGOTTEN_MS} where ${here} and probe_id = ${id}`,
        ],
        { repeatable: true, quiet: true },
      );
    },
    async release(id, blockMs) {
      const over = sql`delete from source_requests where ${here} and (id = ${id} or until <= ${db.clock})`;
      const said =
        blockMs === undefined
          ? sql`update source_budgets set probe_id = ${NOBODY}, probe_until = 0 where ${here} and probe_id = ${id}`
          : blockMs === null
            ? sql`update source_budgets set probe_id = null, probe_until = null where ${here} and probe_id = ${id}`
            : sql`update source_budgets set blocked_until = max(blocked_until, ${db.clock} + ${Math.ceil(blockMs)}),
                    probe_id = ${NOBODY}, probe_until = 0 where ${here}`;
      await db.write([said, over], { repeatable: true, quiet: true });
    },
  };
}
