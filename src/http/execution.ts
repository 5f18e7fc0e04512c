import { GraphQLError, getOperationAST } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import { type Clock, SECOND, within } from "../clock.ts";
import type { Context } from "../schema/builder.ts";
import { LIMITS } from "../schema/limits.ts";
import type { Quota } from "./client.ts";

/** What a client may do after a refusal that is over in a moment. */
const RETRY_AFTER_SECONDS = "5";

/**
 * Gives up a query after {@link LIMITS.executionMs}, and has everything that is done for it stop. A mutation is not given up, as it may
 * have written; what it waits for at a source is.
 */
export function timeLimit(clock: Clock): Plugin<Context> {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args) => {
        const context = args.contextValue as Context;
        const isQuery = getOperationAST(args.document, args.operationName)?.operation === "query";
        return within(clock, LIMITS.executionMs, [context.request.signal, context.stopping], (signal) => {
          context.signal = signal;
          // First, so that it counts before whatever fails since the signal aborts.
          const ended = isQuery ? [givenUp(signal, context.stopping)] : [];
          return Promise.race([...ended, Promise.resolve(executeFn(args))]);
        });
      });
    },
  };
}

/** What a query is answered whose signal aborts: its time is up, or the server stops. */
function givenUp(signal: AbortSignal, stopping: AbortSignal): Promise<{ errors: GraphQLError[] }> {
  const http = { status: 503, headers: { "retry-after": RETRY_AFTER_SECONDS } };
  const error = () =>
    stopping.aborted
      ? new GraphQLError("The server is being stopped: ask again in a moment", {
          extensions: { code: "UNAVAILABLE", http },
        })
      : new GraphQLError(
          `The query was given up after ${LIMITS.executionMs / SECOND} seconds: ask for less at once, or again when less is going on`,
          { extensions: { code: "TIMEOUT", http } },
        );
  return new Promise((resolve) => {
    const giveUp = () => resolve({ errors: [error()] });
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  });
}

/** Counts subscriptions while they are open; one too many is refused with 429 for its client, or 503 where the process has enough. */
export function limitSubscriptions(quota: Quota): Plugin<Context> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { client, request } = args.contextValue as Context;
      const place = quota.take(client);
      if (typeof place === "string") return setResultAndStopExecution({ errors: [tooMany(place)] });
      // Who is gone before the first byte leaves a stream that nobody ends.
      request.signal.addEventListener("abort", place, { once: true });
      if (request.signal.aborted) place();
      return {
        onSubscribeResult({ result, setResult }) {
          if (isAsyncIterable(result)) setResult(releasing(result as AsyncIterable<object>, place) as never);
          else place();
        },
        onSubscribeError: place,
      };
    },
  };
}

function tooMany(reached: "client" | "all"): GraphQLError {
  const headers = { "retry-after": RETRY_AFTER_SECONDS };
  return reached === "client"
    ? new GraphQLError(
        `This client has ${LIMITS.subscriptionsPerClient} subscriptions open, and may have no more: close one, or follow all jobs in one stream`,
        { extensions: { code: "LIMIT_EXCEEDED", http: { status: 429, headers } } },
      )
    : new GraphQLError(`The server has ${LIMITS.subscriptions} subscriptions open: try again later`, {
        extensions: { code: "BUSY", http: { status: 503, headers } },
      });
}

/** The same values; calls `release` once nothing more comes. */
function releasing<T>(values: AsyncIterable<T>, release: () => void): AsyncIterableIterator<T> {
  const iterator = values[Symbol.asyncIterator]();
  return {
    async next() {
      try {
        const result = await iterator.next();
        if (result.done) release();
        return result;
      } catch (error) {
        release();
        throw error;
      }
    },
    async return(value) {
      release();
      return (await iterator.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
