import { addressFault } from "./address.ts";

/** Sends what a webhook is told; throws when it does not arrive. */
export type Post = (
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: string; signal: AbortSignal },
) => Promise<{ status: number }>;

/**
 * By the platform's own fetch, which connects to whatever a name leads to: only the name is looked at. Node has a way of its own that looks at
 * the address (`runtimes/nodePost.ts`). No redirect is followed.
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
