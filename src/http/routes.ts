import type { Config } from "../config/config.ts";
import type { Caller } from "../config/roles.ts";
import { ledgerMetrics, type Metric } from "../jobs/metrics.ts";
import type { Context } from "../schema/builder.ts";
import { schemaText } from "../schema/index.ts";
import { PACIFIC } from "../source/leagueKey.ts";
import { callerOf, hasCredentials } from "./authenticate.ts";
import { refuseLong, withBody } from "./body.ts";
import { addressOf, clientOf, type Quotas } from "./client.ts";
import { connectResponse, hasCallback } from "./connect.ts";
import { exportResponse } from "./export.ts";
import type { createGraphQL } from "./graphql.ts";
import {
  allowedOrigin,
  CALLBACK_PATH,
  isAcceptable,
  notAcceptable,
  refusal,
  refuseForeign,
  tooManyGuesses,
  unauthenticated,
} from "./guards.ts";
import { alive, createReadiness, health } from "./health.ts";
import { createTraffic, gauge, metricsText } from "./metrics.ts";
import { inParts } from "./multipart.ts";
import { preflight, readable, refuseBareRead } from "./origins.ts";
import { createPage } from "./page.ts";
import { renderPlayground } from "./playground.ts";
import { isHttps, LOGIN_PATH, LOGOUT_PATH, sessionResponse } from "./session.ts";
import { unbuffered } from "./unbuffered.ts";
import { type WebFiles, webResponse } from "./web.ts";

export type RouteParts = {
  config: Config;
  deps: Context["deps"];
  /** The dashboard's files; undefined if the runtime has none. */
  web: WebFiles | undefined;
  /** The caller of all requests if the server's only client is the program that embeds it; undefined otherwise. */
  caller: Caller | undefined;
  quotas: Quotas;
  /** Metrics of the process, measured by the runtime. */
  gauges: (() => Metric[]) | undefined;
  /** Loads GraphQL over HTTP when the first request needs it. */
  graphql: () => Promise<ReturnType<typeof createGraphQL>>;
};

/** Returns the handler of all requests. The handler checks who sends a request and from where, and then answers according to the path. */
export function createRoutes({ config, deps, web, caller: only, quotas, graphql, gauges }: RouteParts) {
  const { db, clock, tokens, worker, log } = deps;
  const { exports, guesses, subscriptions } = quotas;
  const traffic = createTraffic();
  const readiness = createReadiness(deps);
  const origins = config.corsOrigins;
  const known = { configured: config.apiTokens, made: tokens };
  const place = { host: config.host, publicUrl: config.publicUrl, hasTokens: config.apiTokens.length > 0, origins };
  const playground = createPage({
    render: () => renderPlayground(clock.now()),
    keyOf: () => PACIFIC.dateAt(clock.now()),
    compresses: worker.runtime !== "CLOUDFLARE",
  });

  const answer = async (request: Request, requestId: string, remote?: string): Promise<Response> => {
    const long = only ? null : refuseLong(request);
    if (long) return long;
    const foreign = only ? null : refuseForeign(request, place);
    if (foreign) return foreign;
    const path = new URL(request.url).pathname;
    const asked = preflight(request, origins);
    if (asked) return asked;
    const address = addressOf(request, remote, config.trustedProxies);
    const refuse = async () => {
      const isTooMuch = await guesses(address);
      log.info("An unknown token was refused", { requestId, address, path, isTooMuch });
      return isTooMuch ? tooManyGuesses() : unauthenticated(request);
    };
    const trouble = db.trouble();
    const page = web && (await webResponse(request, web));
    if (page) return page;
    if (path === "/") return new Response(null, { status: 302, headers: { location: "/graphql" } });
    if (path === "/healthz") return alive();
    if (path === "/readyz") return readiness();
    if (path === "/health") return health(trouble);
    if (path === CALLBACK_PATH && hasCallback(config)) return connectResponse(deps, request);
    if (path === LOGIN_PATH || path === LOGOUT_PATH)
      return sessionResponse(request, { tokens: known, isSecure: isHttps(request, config.publicUrl), refuse });
    const caller = only ?? (await callerOf(request, known, { isElsewhere: allowedOrigin(request, origins) !== null }));
    if (!caller) return hasCredentials(request) ? refuse() : unauthenticated(request);
    if (trouble?.code === "DATABASE_REPLACED") return refusal(503, trouble.code, trouble.message);
    const client = clientOf(caller, address);
    if (path === "/metrics" && request.method === "GET") {
      const open = gauge(
        "subscriptions",
        "Subscriptions that clients of this process have open.",
        subscriptions.open(),
      );
      const all = [...(await ledgerMetrics(deps)), ...traffic.metrics(), open, ...(gauges?.() ?? [])];
      return new Response(metricsText(all), {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      });
    }
    if (path === "/schema.graphql" && request.method === "GET" && config.playground)
      return new Response(schemaText(), { headers: { "content-type": "text/plain; charset=utf-8" } });
    if (path.startsWith("/export/")) return exportResponse(deps, request, () => exports.take(client));
    if (path === "/graphql" && request.method === "GET" && request.headers.get("accept")?.includes("text/html"))
      return config.playground ? playground(request) : noPlayground();
    const bare = only ? null : refuseBareRead(request);
    if (bare) return bare;
    if (!isAcceptable(request)) return notAcceptable(request);
    const whole = only ? request : await withBody(request, clock);
    if (whole instanceof Response) return whole;
    const { fetch: ask } = await graphql();
    const answered = await inParts(whole, async (each) => ask(each, { caller, client, requestId }));
    return answered.status === 406 ? notAcceptable(request) : unbuffered(answered);
  };
  return async (request: Request, remote?: string): Promise<Response> => {
    const requestId = crypto.randomUUID();
    const response = readable(await answer(request, requestId, remote), request, origins);
    traffic.note({ path: URL.canParse(request.url) ? new URL(request.url).pathname : "", status: response.status });
    response.headers.set("x-request-id", requestId);
    response.headers.set("x-content-type-options", "nosniff");
    if (!response.headers.has("content-security-policy"))
      response.headers.set("content-security-policy", "frame-ancestors 'none'");
    return response;
  };
}

const noPlayground = (): Response =>
  refusal(
    404,
    "NOT_FOUND",
    "This server has no playground. Set PLAYGROUND=on to serve the playground. The dashboard is at /",
  );
