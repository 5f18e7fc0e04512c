import type { Caller } from "../schema/builder.ts";

/**
 * The address that a request comes from: the connection's other end, or, where that is a proxy that is trusted, the last address that
 * proxies have added to `X-Forwarded-For` and that is not one of theirs.
 * @param remote The connection's other end, as the runtime knows it.
 */
export function addressOf(request: Request, remote: string | undefined, trustedProxies: readonly string[]): string {
  const isTrusted = (address: string) => trustedProxies.includes(plain(address));
  if (remote === undefined || !isTrusted(remote)) return remote === undefined ? "unknown" : plain(remote);
  const forwarded = (request.headers.get("x-forwarded-for") ?? "").split(",").map((address) => address.trim());
  return plain(forwarded.filter((address) => address !== "").findLast((address) => !isTrusted(address)) ?? remote);
}

/** An IPv4 address that came over an IPv6 socket, as itself. */
const plain = (address: string): string => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");

/** Whose subscriptions and exports are counted together: a token used at one address. */
export const clientOf = ({ name }: Caller, address: string): string => `${name} at ${address}`;

/** Counts what is open, in all and of each client. */
export type Quota = {
  /** Takes a place; what ends it. Says instead which limit is reached. */
  take(client: string): (() => void) | "client" | "all";
};

export function createQuota({ perClient, all }: { perClient: number; all: number }): Quota {
  const open = new Map<string, number>();
  let total = 0;
  return {
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
