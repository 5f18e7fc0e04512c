import { MINUTE } from "../clock.ts";
import type { Caller } from "../config/roles.ts";
import { LIMITS } from "../schema/limits.ts";
import { createTally } from "./tally.ts";

/**
 * Returns the address from which a request comes: the remote end of the connection or, behind a trusted proxy, the last address in
 * `X-Forwarded-For` that is not a trusted proxy. Returns "unknown" if the remote end is not a valid address.
 * @param remote The remote end of the connection, as the runtime reports it.
 */
export function addressOf(request: Request, remote: string | undefined, trustedProxies: readonly string[]): string {
  const trusted = trustedProxies.map(canonical);
  const end = canonical(remote ?? "");
  if (end === null) return "unknown";
  if (!trusted.includes(end)) return end;
  const forwarded = (request.headers.get("x-forwarded-for") ?? "").split(",").map(canonical);
  return forwarded.findLast((address) => address !== null && !trusted.includes(address)) ?? end;
}

/**
 * Returns an address in its canonical form, without a port. An IPv4 address that is mapped into IPv6 becomes plain IPv4. Returns null for a
 * text that is not an address.
 */
function canonical(text: string): string | null {
  const bare = text.trim().toLowerCase();
  const v4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(bare)?.[1];
  if (v4) return v4;
  const v6 = /^\[([\da-f:.]+)(?:%\w+)?\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\da-f:.]+)(?:%\w+)?$/.exec(bare)?.[1] ?? "";
  if (!v6.includes(":") || !URL.canParse(`http://[${v6}]/`)) return null;
  const written = new URL(`http://[${v6}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(written);
  if (!mapped) return written;
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Returns the name under which subscriptions and exports are counted: the caller's name and address. */
export const clientOf = ({ name }: Caller, address: string): string => `${name} at ${address}`;

/** Counts open subscriptions or exports, in total and per client. */
export type Quota = {
  /** Takes a place and returns a function that frees the place. If a limit is reached, returns the limit's name: "client" or "all". */
  take(client: string): (() => void) | "client" | "all";
  /** Returns how many subscriptions or exports are open in total. */
  open(): number;
};

function createQuota({ perClient, all }: { perClient: number; all: number }): Quota {
  const open = new Map<string, number>();
  let total = 0;
  return {
    open: () => total,
    take(client) {
      const own = open.get(client) ?? 0;
      if (own >= perClient) return "client";
      if (total >= all) return "all";
      open.set(client, own + 1);
      total++;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        total--;
        const left = (open.get(client) ?? 1) - 1;
        if (left === 0) open.delete(client);
        else open.set(client, left);
      };
    },
  };
}

/** Counts an unknown token from an address. Returns whether the address has sent too many unknown tokens and has to wait. */
export type Guesses = (address: string) => boolean | Promise<boolean>;

function createGuesses(now: () => number): Guesses {
  const made = createTally(now, MINUTE);
  return (address) => made.add(address) > LIMITS.guesses;
}

export type Quotas = { subscriptions: Quota; exports: Quota; guesses: Guesses };

/** @param now Milliseconds since 1970. */
export const createQuotas = (now: () => number = Date.now): Quotas => ({
  guesses: createGuesses(now),
  subscriptions: createQuota({ perClient: LIMITS.subscriptionsPerClient, all: LIMITS.subscriptions }),
  exports: createQuota({ perClient: LIMITS.exportsPerClient, all: LIMITS.exports }),
});
