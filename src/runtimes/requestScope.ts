import { type Config, ConfigError, parseConfig } from "../config/config.ts";
import { VARIABLES } from "../config/variables.ts";
import { openDb } from "../db/client.ts";
import { isDatabaseError } from "../db/errors.ts";
import { pendingMigration } from "../db/migrate.ts";
import { createQuotas, type Guesses } from "../http/client.ts";
import type { WebFiles } from "../http/web.ts";
import { createLog, type Log } from "../log.ts";
import { secretsOf } from "../secrets.ts";
import { createServer, type Server } from "../server.ts";
import type { TokenCache } from "../source/credentials/tokens.ts";
import type { ScheduleCache } from "../source/espn/espn.ts";

/**
 * A subscription ends when its invocation has used this share of the requests that the platform allows; the rest is reserved for the
 * invocation's other work.
 */
const LEFT = 0.5;

// Values that the invocations of one isolate share. Only plain values can be shared, because a client, a promise or a timer of one
// invocation makes another invocation hang.
const tokens: TokenCache = {};
const schedules: ScheduleCache = new Map();
const quotas = createQuotas();
let isUpToDate = false;

/** What one invocation of an edge runtime works with: a server with its own database client. */
export type RequestScope = {
  server: Server;
  log: Log;
  /** Whether the invocation has committed something for which a workflow run may be needed. */
  hasCommitted(): boolean;
};

/** The server cannot work yet; the error's message tells the operator why. */
export class NotReadyError extends Error {
  override name = "NotReadyError";
}

/**
 * Opens the scope of an invocation. Throws a {@link NotReadyError} when the configuration has a fault, when the database does not answer,
 * or when the database is older than this version. An invocation does not migrate the database.
 */
export async function openRequestScope(
  env: Readonly<Record<string, unknown>>,
  { cloud, web, guesses }: { cloud: string; web?: WebFiles; guesses?: Guesses | undefined },
): Promise<RequestScope> {
  const config = configOf(env, cloud);
  const secrets = secretsOf(config);
  const log = createLog(config.logLevel, (line) => console.log(line), secrets);
  const spent = new AbortController();
  let requests = 0;
  const counted = <Input extends string | Request>(input: Input, init?: RequestInit) => {
    if (++requests >= config.subrequests * LEFT) spent.abort();
    return globalThis.fetch(input, init);
  };
  const db = openDb({ ...config.database, fetch: counted });
  if (!isUpToDate) {
    const reason = await pendingMigration(db).catch((error) => {
      if (!isDatabaseError(error)) throw error;
      log.error("The database does not answer", { error });
      return "The database does not answer";
    });
    if (reason) throw new NotReadyError(reason);
    isUpToDate = true;
  }
  let committed = false;
  db.onCommit(() => {
    committed = true;
  });
  const worker = { id: `cloudflare-${crypto.randomUUID().slice(0, 8)}`, runtime: "CLOUDFLARE" as const };
  const server = createServer(config, {
    db,
    log,
    secrets,
    tokens,
    schedules,
    quotas: guesses ? { ...quotas, guesses } : quotas,
    worker,
    fetch: counted,
    ending: spent.signal,
    ...(web ? { web } : {}),
  });
  return { server, log, hasCommitted: () => committed };
}

/** Returns the configuration, or the defaults if the configuration has a fault. {@link openRequestScope} reports the fault each time. */
export function configOrDefaults(env: Readonly<Record<string, unknown>>, cloud: string): Config {
  try {
    return configOf(env, cloud);
  } catch (error) {
    if (error instanceof NotReadyError) return parseConfig({});
    throw error;
  }
}

function configOf(env: Readonly<Record<string, unknown>>, cloud: string): Config {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    // Values without quotes in wrangler.toml are not strings.
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      texts[name] = String(value);
    else if (name in VARIABLES)
      throw new NotReadyError(`${name} is not text; allowed: a variable or a secret of the Worker`);
  }
  try {
    return parseConfig(texts, cloud);
  } catch (error) {
    throw error instanceof ConfigError ? new NotReadyError(error.message) : error;
  }
}

/** Returns the response of a server that is not ready: 503, with the time after which to retry. */
export function notReadyResponse({ message }: NotReadyError): Response {
  return Response.json(
    { errors: [{ message, extensions: { code: "UNAVAILABLE" } }] },
    { status: 503, headers: { "retry-after": "60" } },
  );
}
