import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "./waiter.ts";

const ENTRY = fileURLToPath(new URL("../../src/runtimes/node.ts", import.meta.url));

const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));

/** A server in a process of its own, as a user runs it. */
export type ServerProcess = {
  child: ChildProcess;
  /** Where it answers GraphQL. */
  url: string;
  /** What it has logged, a line each. */
  logged: string[];
  data(query: string, variables?: Record<string, unknown>): Promise<Record<string, any>>;
  /** Sends the signal and waits for the end; answers the exit code, or the signal. */
  kill(signal: NodeJS.Signals): Promise<number | string | null>;
};

/** Starts `src/runtimes/node.ts` on a free port and waits until it says where it listens. */
export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [ENTRY], {
    // Compiled once for all of a run's servers, which are started often.
    env: {
      PATH: process.env.PATH ?? "",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      PORT: "0",
      REQUESTS_PER_SECOND: "0",
      LOG_LEVEL: "info",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logged: string[] = [];
  let out = "";
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => logged.push(...String(chunk).split("\n").filter(Boolean)));
  const exited = new Promise<number | string | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  );
  const url = await until("the server to say where it listens", () => {
    if (child.exitCode !== null) throw new Error(`The server ended at once: ${logged.join("\n")}`);
    return /http:\S+\/graphql/.exec(out)?.[0];
  });
  return {
    child,
    url,
    logged,
    async data(query, variables = {}) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { data?: Record<string, any>; errors?: unknown };
      if (answer.errors || !answer.data) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    kill(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
