import type { Config } from "../config/config.ts";
import type { Caller } from "../config/roles.ts";
import type { Context } from "../schema/builder.ts";
import { schemaText } from "../schema/index.ts";
import { PACIFIC } from "../source/leagueKey.ts";
import { callerOf } from "./authenticate.ts";
import { addressOf, clientOf, type Quota } from "./client.ts";
import { connectResponse, hasCallback } from "./connect.ts";
import { exportResponse } from "./export.ts";
import type { createGraphQL } from "./graphql.ts";
import { CALLBACK_PATH, notAcceptable, refusal, refuseForeign, unauthenticated } from "./guards.ts";
import { health } from "./health.ts";
import { inParts } from "./multipart.ts";
import { createPage } from "./page.ts";
import { renderPlayground } from "./playground.ts";
import { isHttps, LOGIN_PATH, LOGOUT_PATH, sessionResponse } from "./session.ts";
import { unbuffered } from "./unbuffered.ts";
import { type WebFiles, webResponse } from "./web.ts";

export type RouteParts = {
  config: Config;
  deps: Context["deps"];
  /** The dashboard's files, where it was built. */
  web: WebFiles | undefined;
  /** Who sends all requests, of a program that is its own only client. */
  caller: Caller | undefined;
  exports: Quota;
  /** Loaded when somebody asks for it. */
  graphql: () => Promise<ReturnType<typeof createGraphQL>>;
};

/** Answers requests: whose path says what is asked for, and whose headers say who asks and from where. */
export function createRoutes({ config, deps, web, caller: only, exports, graphql }: RouteParts) {
  const { db, clock, tokens, worker } = deps;
  const known = { configured: config.apiTokens, made: tokens };
  const place = { host: config.host, publicUrl: config.publicUrl, hasTokens: config.apiTokens.length > 0 };
  const playground = createPage({
    render: () => renderPlayground(clock.now()),
    keyOf: () => PACIFIC.dateAt(clock.now()),
    compresses: worker.runtime !== "CLOUDFLARE",
  });

  return async (request: Request, remote?: string): Promise<Response> => {
    const foreign = only ? null : refuseForeign(request, place);
    if (foreign) return foreign;
    const path = new URL(request.url).pathname;
    const trouble = db.trouble();
    const page = web && (await webResponse(request, web));
    if (page) return page;
    if (path === "/") return new Response(null, { status: 302, headers: { location: "/graphql" } });
    if (path === "/health") return health(trouble);
    if (path === CALLBACK_PATH && hasCallback(config)) return connectResponse(deps, request);
    if (path === LOGIN_PATH || path === LOGOUT_PATH)
      return sessionResponse(request, { tokens: known, isSecure: isHttps(request, config.publicUrl) });
    const caller = only ?? (await callerOf(request, known));
    if (!caller) return unauthenticated(request);
    if (trouble?.code === "DATABASE_REPLACED") return refusal(503, trouble.code, trouble.message);
    const client = clientOf(caller, addressOf(request, remote, config.trustedProxies));
    if (path === "/schema.graphql" && request.method === "GET")
      return new Response(schemaText(), { headers: { "content-type": "text/plain; charset=utf-8" } });
    if (path.startsWith("/export/")) return exportResponse(deps, request, () => exports.take(client));
    if (path === "/graphql" && request.method === "GET" && request.headers.get("accept")?.includes("text/html"))
      return playground(request);
    const { fetch: answer } = await graphql();
    const answered = await inParts(request, async (asked) => answer(asked, { caller, client }));
    return answered.status === 406 ? notAcceptable(request) : unbuffered(answered);
  };
}
