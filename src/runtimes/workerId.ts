import { hostname } from "node:os";
import process from "node:process";

/** Returns the name of a process, unique among the workers of a database: `node-myhost-4711-1a2b3c`. */
export function workerId(runtime: "node" | "deno"): string {
  const host = hostName()
    .replace(/[^\w.-]/g, "_")
    .slice(0, 40);
  return `${runtime}-${host}-${process.pid}-${crypto.randomUUID().slice(0, 6)}`;
}

/** Returns the name of the host, or "host" if Deno's permissions do not allow reading it. */
function hostName(): string {
  try {
    return hostname();
  } catch {
    return "host";
  }
}
