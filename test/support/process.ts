import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, killGroup } from "./ports.ts";
import { until } from "./waiter.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BIN = join(ROOT, "node_modules/.bin");
const COMPILE_CACHE = join(ROOT, "node_modules/.cache/compile");

/** A server process, as a user runs it. */
export type ServerProcess = {
  child: ChildProcess;
  /** The URL of the server's GraphQL endpoint. */
  url: string;
  /** The lines of the server's log so far. */
  logged: string[];
  data(query: string, variables?: Record<string, unknown>): Promise<Record<string, any>>;
  /** Sends a request to a path, with the server's token if the server has one. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /**
   * Sends the signal to the server and its children, and waits until the server has ended. Returns the exit code, or the name of the signal
   * that ended the server.
   */
  kill(signal: NodeJS.Signals): Promise<number | string | null>;
};

/** Starts a server with the given environment variables. */
export type Start = (env: Record<string, string>) => Promise<ServerProcess>;

/** Default settings of a test's server. */
const DEFAULTS = { REQUESTS_PER_SECOND: "0", LOG_LEVEL: "info" };

/** Starts `src/runtimes/node.ts` on a free port and waits until it prints its address. */
export const startServer: Start = (env) =>
  run(process.execPath, [join(ROOT, "src/runtimes/node.ts")], {
    env: {
      PATH: process.env.PATH ?? "",
      // A run starts many servers, so they share the compiled code.
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      PORT: "0",
      ...DEFAULTS,
      ...env,
    },
    address: /http:\S+\/graphql/,
  });

/** Starts the server on Deno with the permissions of `deno task start`, or of `start:remote` for a remote database. */
export const startDeno: Start = (env) => {
  const url = env.DATABASE_URL ?? "";
  const folder = url.startsWith("file:") ? fileURLToPath(new URL(".", url.replace(/^file:\/*/, "file:///"))) : null;
  const permissions = folder
    ? [
        `--allow-read=${ROOT},${folder}`,
        `--allow-write=${folder}`,
        "--allow-sys",
        `--allow-ffi=${join(ROOT, "node_modules/@libsql")}`,
      ]
    : ["--conditions=workerd", `--allow-read=${ROOT}`];
  return run(
    join(BIN, "deno"),
    [
      "run",
      "--no-remote",
      "--no-prompt",
      "--allow-env",
      "--allow-net=127.0.0.1",
      ...permissions,
      "src/runtimes/deno.ts",
    ],
    {
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", PORT: "0", ...DEFAULTS, ...env },
      address: /http:\S+\/graphql/,
    },
  );
};

/** The API token of a Worker in tests. */
export const WORKER_TOKEN = "0123456789abcdef";

/**
 * Starts the Worker on workerd with `wrangler dev`.
 * @param persistTo The folder where the runtime keeps its Workflow instances.
 */
export async function startWorkerd(env: Record<string, string>, persistTo: string): Promise<ServerProcess> {
  const port = String(await freePort());
  const vars = Object.entries({ API_TOKENS: `me:operator:${WORKER_TOKEN}`, PLAYGROUND: "on", ...DEFAULTS, ...env });
  return run(
    process.execPath,
    [
      join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
      ...[
        "dev",
        "--env",
        "",
        "--minify",
        "--ip",
        "127.0.0.1",
        "--port",
        port,
        "--inspector-port",
        String(await freePort()),
      ],
      ...["--persist-to", persistTo],
      ...vars.flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    {
      env: {
        PATH: `${BIN}${delimiter}${process.env.PATH ?? ""}`,
        HOME: process.env.HOME ?? "",
        CI: "1",
        WRANGLER_SEND_METRICS: "false",
      },
      address: /Ready on (http:\/\/127\.0\.0\.1:\d+)/,
      token: WORKER_TOKEN,
      isGroup: true,
    },
  );
}

/** Sends a Worker its cron trigger, which does not fire by itself in development. */
export async function cron({ url }: Pick<ServerProcess, "url">): Promise<void> {
  const trigger = new URL("/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&format=json", url);
  const answer = (await (await fetch(trigger)).json()) as { outcome: string };
  if (answer.outcome !== "ok") throw new Error(`The cron trigger ended with ${JSON.stringify(answer)}`);
}

/**
 * Creates a folder for a runtime's data. The folder is never under /dev, because Deno demands all permissions there.
 * @returns the folder's path and a function that removes the folder
 */
export function runtimeFolder(): { path: string; remove: () => void } {
  const base = tmpdir().startsWith("/dev/") ? "/tmp" : tmpdir();
  const path = mkdtempSync(join(base, "lineup-ledger-runtime-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

async function run(
  command: string,
  args: string[],
  {
    env,
    address,
    token,
    isGroup = false,
  }: {
    env: Record<string, string>;
    address: RegExp;
    token?: string;
    /** True if the command starts child processes and also logs to standard output. */
    isGroup?: boolean;
  },
): Promise<ServerProcess> {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"], detached: isGroup });
  const logged: string[] = [];
  let out = "";
  const hear = (chunk: unknown) => logged.push(...String(chunk).split("\n").filter(Boolean));
  child.stdout?.on("data", (chunk) => {
    out += chunk;
    if (isGroup) hear(chunk);
  });
  child.stderr?.on("data", hear);
  const exited = new Promise<number | string | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  );
  const found = await until("the server to print its address", () => {
    if (child.exitCode !== null) throw new Error(`The server ended too early: ${logged.join("\n")}`);
    return address.exec(out);
  });
  const url = found[1] ? `${found[1]}/graphql` : found[0];
  const send: ServerProcess["send"] = (path, { headers, ...init } = {}) =>
    fetch(new URL(path, url), {
      ...init,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(headers as Record<string, string>) },
    });
  return {
    child,
    url,
    logged,
    send,
    async data(query, variables = {}) {
      const response = await send("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { data?: Record<string, any>; errors?: unknown };
      if (answer.errors || !answer.data) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    kill(signal) {
      if (isGroup) killGroup(child, signal);
      else child.kill(signal);
      return exited;
    },
  };
}
