import { createYoga } from "graphql-yoga";
import type { Clock } from "../clock.ts";
import type { Caller } from "../config/roles.ts";
import type { Log } from "../log.ts";
import type { Context } from "../schema/builder.ts";
import { schema } from "../schema/index.ts";
import { LIMITS } from "../schema/limits.ts";
import type { Quota } from "./client.ts";
import { documents } from "./documents.ts";
import { createErrorMask } from "./errors.ts";
import { limitSubscriptions, timeLimit } from "./execution.ts";
import { jsonOnly } from "./guards.ts";
import { journal } from "./journal.ts";
import { statuses } from "./statuses.ts";

/** A request: its signal, its caller, the name under which it is counted, and its id. */
export type Asker = { request: Pick<Request, "signal">; caller: Caller; client: string; requestId: string };

export type GraphQLOptions = {
  log: Log;
  clock: Clock;
  redact: (text: string) => string;
  subscriptions: Quota;
  /** Whether queries time out. Queries do not time out when the server is embedded in a program that is its only client. */
  isTimed: boolean;
  /** Whether to answer introspection, and to suggest names when a name is misspelt. */
  showsSchema: boolean;
  contextOf: (asker: Asker) => Context;
};

/** Creates the handler of GraphQL over HTTP at `/graphql`. */
export function createGraphQL({ log, clock, redact, subscriptions, isTimed, showsSchema, contextOf }: GraphQLOptions) {
  return createYoga<Omit<Asker, "request">, Context>({
    schema: schema(),
    graphqlEndpoint: "/graphql",
    // Pages of other sites must not operate the ledger, so GraphQL Yoga adds no CORS headers, and a request that a plain form can send
    // is refused.
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: LIMITS.body,
    landingPage: false,
    graphiql: false,
    maskedErrors: { maskError: createErrorMask(log, redact) },
    logging: { debug: () => {}, info: () => {}, warn: (...parts) => log.warn(parts.join(" ")), error: () => {} },
    plugins: [
      jsonOnly(),
      statuses(),
      documents({ showsSchema, clock }),
      journal(log, clock),
      limitSubscriptions(subscriptions),
      ...(isTimed ? [timeLimit(clock)] : []),
    ],
    parserAndValidationCache: false,
    context: contextOf,
  });
}
