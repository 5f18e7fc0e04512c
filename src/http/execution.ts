import { GraphQLError, getOperationAST } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import { type Clock, SECOND, within } from "../clock.ts";
import type { Context } from "../schema/builder.ts";
import { LIMITS } from "../schema/limits.ts";
import type { Quota } from "./client.ts";

/** Value of the header `Retry-After`, in seconds, for refusals whose cause passes soon. */
const RETRY_AFTER_SECONDS = "5";

/**
 * Ends a query after {@link LIMITS.executionMs} and stops all work for the query. The time limit does not end a mutation, because the
 * mutation may have written something. In a mutation, the time limit ends only the requests to a source.
 */
export function timeLimit(clock: Clock): Plugin<Context> {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args) => {
        const context = args.contextValue as Context;
        const isQuery = getOperationAST(args.document, args.operationName)?.operation === "query";
        return within(clock, LIMITS.executionMs, [context.request.signal, context.stopping], (signal) => {
          context.signal = signal;
          // `ended` comes first in the race, so it wins over errors that the abort causes.
          const ended = isQuery ? [givenUp(signal, context.stopping)] : [];
          return Promise.race([...ended, Promise.resolve(executeFn(args))]);
        });
      });
    },
  };
}

/** When the query's signal aborts, resolves with an error that says why: the query timed out, or the server stops. */
function givenUp(signal: AbortSignal, stopping: AbortSignal): Promise<{ errors: GraphQLError[] }> {
  const http = { status: 503, headers: { "retry-after": RETRY_AFTER_SECONDS } };
  const error = () =>
    stopping.aborted
      ? new GraphQLError("The server is stopping: retry in a moment", {
          extensions: { code: "UNAVAILABLE", http },
        })
      : new GraphQLError(
          `The query timed out after ${LIMITS.executionMs / SECOND} seconds. Ask for less data in one query, or retry when the server is less busy`,
          { extensions: { code: "TIMEOUT", http } },
        );
  return new Promise((resolve) => {
    const giveUp = () => resolve({ errors: [error()] });
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  });
}

/** Limits open subscriptions. Refuses a subscription with 429 if its client has too many, and with 503 if the process has too many. */
export function limitSubscriptions(quota: Quota): Plugin<Context> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { client, request } = args.contextValue as Context;
      const place = quota.take(client);
      if (typeof place === "string") return setResultAndStopExecution({ errors: [tooMany(place)] });
      // On abort, free the place, too: if a client leaves before the first byte, nobody ends the stream.
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
        `This client has ${LIMITS.subscriptionsPerClient} subscriptions open, the maximum. Close a subscription, or follow all jobs in one stream`,
        { extensions: { code: "LIMIT_EXCEEDED", http: { status: 429, headers } } },
      )
    : new GraphQLError(`The server has ${LIMITS.subscriptions} subscriptions open, the maximum. Retry later`, {
        extensions: { code: "BUSY", http: { status: 503, headers } },
      });
}

/** Yields the given values, and calls `release` when the values end or fail, or when the consumer stops early. */
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
