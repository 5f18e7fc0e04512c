import { createTokens } from "./access/tokens.ts";
import { type Clock, createNotifier, systemClock } from "./clock.ts";
import type { Config } from "./config/config.ts";
import type { Caller } from "./config/roles.ts";
import { type Db, openDb } from "./db/client.ts";
import type { Identity } from "./db/workers.ts";
import type { Deps } from "./deps.ts";
import { createGate } from "./gate.ts";
import { createQuotas, type Quotas } from "./http/client.ts";
import { type Answer, answerDirectly } from "./http/direct.ts";
import type { Asker, createGraphQL } from "./http/graphql.ts";
import { createRoutes } from "./http/routes.ts";
import type { WebFiles } from "./http/web.ts";
import { createEventLogTail } from "./jobs/eventLogTail.ts";
import type { Metric } from "./jobs/metrics.ts";
import { createLog, type Log } from "./log.ts";
import { notificationLoop, notify } from "./notifications/deliver.ts";
import { fetchPost, type Post } from "./notifications/post.ts";
import { runSchedules, warnOfAhead } from "./schedules/scheduler.ts";
import type { Context } from "./schema/builder.ts";
import { LIMITS } from "./schema/limits.ts";
import { createLoaders } from "./schema/loaders.ts";
import { type Secrets, secretsOf } from "./secrets.ts";
import type { TokenCache } from "./source/credentials/tokens.ts";
import type { ScheduleCache } from "./source/espn/espn.ts";
import type { Fetch } from "./source/http.ts";
import { createSources, type Sources, windowsOf } from "./source/sources.ts";
import { heartbeatLoop, type TickOptions, tick, work } from "./worker/loop.ts";
import { dispatch, reconcile, type WorkflowHost } from "./worker/reconcile.ts";
import { collectNext, type NextStep, readNext } from "./worker/workflow.ts";

export type Server = {
  /**
   * Answers a request: GraphQL at `/graphql`, `/health`, and the playground for browsers.
   * @param address Address of the connection's other end, if the runtime knows it.
   */
  fetch(request: Request, address?: string): Promise<Response>;
  /**
   * Runs a query or a mutation of the program that embeds the server. The caller is {@link Overrides.caller}, or a viewer if no caller is
   * set.
   */
  ask(document: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** Loads the modules that answer over HTTP, so the first request does not wait for them. */
  ready(): Promise<void>;
  /** Runs the due schedules, then one session of a worker. For serverless runtimes. @returns Whether there was a job. */
  tick(options: TickOptions): Promise<boolean>;
  /**
   * Works on jobs, runs schedules and delivers notifications until the signal aborts. After the abort, requests in flight get two more
   * seconds, received lineups are stored, and the jobs are released for other workers.
   * @param jobIds If given, works only on these jobs, runs no schedules and delivers no notifications.
   */
  work(signal: AbortSignal, jobIds?: readonly string[]): Promise<void>;
  /** Delivers due notifications to webhooks. For serverless runtimes. */
  notify(signal?: AbortSignal): Promise<void>;
  /** Runs the due schedules. */
  runSchedules(signal?: AbortSignal): Promise<void>;
  /** Starts a workflow instance for every runnable job that has none. For serverless runtimes. */
  dispatch(host: WorkflowHost): Promise<void>;
  /** Starts missing workflow instances and stops instances whose job no longer needs an instance. */
  reconcile(host: WorkflowHost): Promise<void>;
  /** Returns the next step of a run's job. */
  readNext(run: { id: string; jobId: string }): Promise<NextStep>;
  /** Collects one date of a run's job, then returns the next step. */
  collectNext(run: { id: string; jobId: string }): Promise<NextStep>;
  /**
   * Records heartbeats of this process until the signal aborts.
   * @param does Whether the process serves requests, and whether the process works on jobs.
   */
  heartbeat(does: Pick<Identity, "serves" | "works">, signal: AbortSignal): Promise<void>;
  /** Ends the subscriptions with a `complete` event, waits for pending writes, and closes the database. */
  close(): Promise<void>;
};

/** What a runtime or a test passes in to replace the defaults. */
export type Overrides = {
  db?: Db;
  source?: Sources;
  fetch?: Fetch;
  clock?: Clock;
  log?: Log;
  /** Secrets that are removed from all stored data, log lines and answers. The log and the server must use the same `Secrets` object. */
  secrets?: Secrets;
  /** The caller of every request. Pass a caller only if the program that creates the server is the only client. */
  caller?: Caller;
  /** This worker's identity in `workers` and in leases. */
  worker?: Deps["worker"];
  /** Cache of the sources' tokens, which outlives this server. */
  tokens?: TokenCache;
  /** Cache of ESPN's schedules, which outlives this server. */
  schedules?: ScheduleCache;
  /** Reads the encryption key that lies beside the database file. */
  localKey?: (() => Promise<string>) | undefined;
  /** The dashboard's files, if it was built. */
  web?: WebFiles;
  /** Counts each client's open subscriptions and exports. The quotas are passed in if their counts must outlive this server. */
  quotas?: Quotas;
  /** Posts notifications to webhooks. The function is passed in when the runtime has a better way to post than its `fetch`. */
  post?: Post;
  /** Returns the runtime's measurements of its process, such as its memory. */
  gauges?: () => Metric[];
  /** When this signal aborts, the server completes all subscriptions but goes on serving requests. */
  ending?: AbortSignal;
};

const NOBODY: Caller = { name: "nobody", role: "viewer" };

/** Creates a server. Opens the database unless one is passed in. Starts no work until one of the server's methods is called. */
export function createServer(config: Config, overrides: Overrides = {}): Server {
  const {
    clock = systemClock,
    fetch = globalThis.fetch,
    secrets = secretsOf(config),
    log = createLog(config.logLevel, () => {}, secrets),
    db = openDb({ url: config.database.url, authToken: config.database.authToken }),
    worker = { id: `worker_${crypto.randomUUID().slice(0, 8)}`, runtime: "NODE" },
  } = overrides;
  const made = createSources(config, {
    fetch,
    clock,
    db,
    secrets,
    log,
    tokens: overrides.tokens,
    schedules: overrides.schedules,
    localKey: overrides.localKey,
  });
  const { source = made.source } = overrides;
  const notifier = createNotifier(clock);
  const stopListening = db.onCommit(notifier.notify);
  const [stopping, closing] = [new AbortController(), new AbortController()];
  overrides.ending?.addEventListener("abort", () => closing.abort(), { once: true });
  const eventLogTail = createEventLogTail({ db, clock, notifier, log, closing: closing.signal });
  const tokens = createTokens({ db, clock });
  const { leaseMs, concurrency, progressEveryTeams, requestsPerSecond } = config;
  const deps: Context["deps"] = {
    db,
    source,
    sources: made.operated,
    clock,
    log,
    notifier,
    eventLogTail,
    worker,
    sealer: made.operated.sealer,
    post: overrides.post ?? fetchPost(fetch, config.webhooksPrivate),
    allowsPrivate: config.webhooksPrivate,
    tokens,
    tokenNames: config.apiTokens.map(({ name }) => name),
    redact: secrets.redact,
    settings: {
      leaseMs,
      concurrency,
      progressEveryTeams,
      requestsPerSecond,
      windows: windowsOf(config),
      yahooCredential: made.operated.yahooCredential,
    },
  };

  const validations = createGate({ atOnce: LIMITS.validations, waiting: LIMITS.validationsWaiting });
  const quotas = overrides.quotas ?? createQuotas(clock.now);
  const { subscriptions } = quotas;
  const contextOf = ({ request, caller, client, requestId }: Asker): Context => ({
    deps,
    caller,
    client,
    requestId,
    request,
    closing: closing.signal,
    stopping: stopping.signal,
    signal: stopping.signal,
    validations,
    loaders: createLoaders(deps),
  });
  let loaded: Promise<ReturnType<typeof createGraphQL>> | null = null;
  /** These modules are loaded only for HTTP requests, because loading them takes longer than the rest of a command's start. */
  const graphql = () => {
    loaded ??= import("./http/graphql.ts").then(({ createGraphQL }) =>
      createGraphQL({
        log,
        clock,
        redact: secrets.redact,
        subscriptions,
        isTimed: !overrides.caller,
        showsSchema: config.playground,
        contextOf,
      }),
    );
    return loaded;
  };

  return {
    fetch: createRoutes({
      config,
      deps,
      web: overrides.web,
      caller: overrides.caller,
      quotas,
      graphql,
      gauges: overrides.gauges,
    }),
    ask: (document, variables = {}) =>
      answerDirectly(
        { log, redact: secrets.redact },
        { document, variables },
        contextOf({
          request: { signal: stopping.signal },
          caller: overrides.caller ?? NOBODY,
          client: "direct",
          requestId: "direct",
        }),
      ),
    ready: async () => void (await graphql()),
    async tick(options) {
      await runSchedules(deps, options.signal);
      return tick(deps, options);
    },
    async work(signal, jobIds) {
      await Promise.all([work(deps, signal, jobIds), jobIds ? undefined : notificationLoop(deps, signal)]);
    },
    notify: (signal) => notify(deps, signal),
    async runSchedules(signal) {
      await runSchedules(deps, signal);
      await warnOfAhead(deps);
    },
    dispatch: (host) => dispatch(deps, host),
    reconcile: (host) => reconcile(deps, host),
    readNext: (run) => readNext(deps, run),
    collectNext: (run) => collectNext(deps, run),
    heartbeat: (does, signal) => heartbeatLoop(deps, does, signal),
    async close() {
      stopListening();
      stopping.abort();
      closing.abort();
      await (await loaded)?.dispose();
      await db.close();
    },
  };
}
