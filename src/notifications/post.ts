import { addressFault } from "./address.ts";

/** Posts a notification to a webhook. Throws when no response arrives. */
export type Post = (
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: string; signal: AbortSignal },
) => Promise<{ status: number }>;

/**
 * Posts with the platform's own fetch, which connects to whatever address a host name resolves to. Only the host name is checked. On Node,
 * `runtimes/nodePost.ts` also checks the address. Does not follow redirects.
 */
export const fetchPost =
  (fetch: (input: string, init?: RequestInit) => Promise<Response>, allowsPrivate: boolean): Post =>
  async (url, { headers, body, signal }) => {
    const fault = addressFault(url, allowsPrivate);
    if (fault !== null) throw new Error(fault);
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    await response.body?.cancel();
    return { status: response.status };
  };
