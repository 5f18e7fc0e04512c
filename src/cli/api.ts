import { EventSourceParserStream } from "eventsource-parser/stream";
import * as v from "valibot";
import { SECOND } from "../clock.ts";
import { parseConfig } from "../config/config.ts";
import { createLog } from "../log.ts";
import { CliError, EXIT, type Exit, type Io } from "./io.ts";

/** The ledger as commands use it. The commands' requests are answered either by a remote server or by a server in this process. */
export type Api = {
  /** Sends a query and returns its data. Throws a {@link CliError} with the server's code and message. */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** Yields a subscription's values until it completes. Throws {@link ConnectionLost} when a retry may help, else {@link CliError}. */
  follow<T>(query: string, variables: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<T, void, undefined>;
  /** Downloads a path of the server by GET. */
  download(path: string): Promise<ReadableStream<Uint8Array>>;
  /** Processes the given jobs until the signal aborts; does nothing if the server is remote. */
  work(jobIds: readonly string[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** The connection to the server was lost during a subscription. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

/** Timeout of a query or a mutation. The timeout is long because the server may have to send requests to a source first. */
const ANSWER_MS = 90 * SECOND;

type Fetch = (request: Request) => Promise<Response>;

const EXITS: Readonly<Record<string, Exit>> = {
  BAD_USER_INPUT: EXIT.usage,
  LIMIT_EXCEEDED: EXIT.usage,
  UNAUTHENTICATED: EXIT.login,
  SOURCE_UNAUTHORIZED: EXIT.login,
  SOURCE_APP_NOT_APPROVED: EXIT.login,
  SOURCE_RATE_LIMITED: EXIT.rateLimited,
  SOURCE_OUTAGE: EXIT.rateLimited,
};

/** Returns the exit code for the error code of a job or of an answer. */
export const exitOf = (code: string | undefined): Exit => EXITS[code ?? ""] ?? EXIT.failed;

/**
 * Opens the ledger of DATABASE_URL in this process. Throws a ConfigError if a setting is invalid. If the database cannot be opened, throws
 * an Error that names the database.
 */
export async function local(io: Io, isVerbose: boolean): Promise<Api> {
  const config = parseConfig(io.env);
  // Load these modules only here, because help, usage errors and remote servers do not need them.
  const [{ openDatabase }, { createServer }, { secretsOf }, { workerId }] = await Promise.all([
    import("../runtimes/database.ts"),
    import("../server.ts"),
    import("../secrets.ts"),
    import("../runtimes/workerId.ts"),
  ]);
  const level = isVerbose ? "info" : io.env.LOG_LEVEL ? config.logLevel : "silent";
  const secrets = secretsOf(config);
  const log = createLog(level, (line) => io.err(`${line}\n`), secrets);
  const { db, localKey } = await openDatabase(config, log, io.clock);
  const server = createServer(config, {
    db,
    localKey,
    log,
    secrets,
    clock: io.clock,
    caller: { name: "command line", role: "admin" },
    worker: { id: workerId("node"), runtime: "NODE" },
  });
  return {
    ...client("http://lineups.invalid", {}, (request) => server.fetch(request)),
    ask: async <T>(query: string, variables = {}) => dataOf<T>(inOwnWords(await server.ask(query, variables))),
    work: async (jobIds, signal) => {
      await Promise.all([server.work(signal, jobIds), server.heartbeat({ serves: false, works: true }, signal)]);
    },
    close: () => server.close(),
  };
}

/** Returns the ledger of a remote server. Throws a {@link CliError} when the address or the token is malformed. */
export function remote(url: string, token: string | undefined): Api {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CliError(`--url is ${JSON.stringify(url)}; allowed: an address such as http://127.0.0.1:4000`, {
      exit: EXIT.usage,
      code: "BAD_USER_INPUT",
    });
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new CliError(
      "Cannot use the token of --token or LINEUPS_TOKEN: it has spaces, line breaks or characters beyond ASCII",
      {
        exit: EXIT.usage,
        code: "BAD_USER_INPUT",
      },
    );
  }
  // A proxy may serve the ledger below a path, so the path is kept.
  const origin = url
    .replace(/[?#].*$/, "")
    .replace(/\/+$/, "")
    .replace(/\/graphql$/, "");
  const reach: Fetch = async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      const reason = request.signal.aborted ? `no answer within ${ANSWER_MS / SECOND} s` : causeOf(error);
      throw new CliError(
        `Cannot reach ${origin}: ${reason}. Is a server running at this address? \`lineups serve\` starts a server`,
        { code: "UNREACHABLE" },
      );
    }
  };
  return {
    ...client(origin, token ? { authorization: `Bearer ${token}` } : {}, reach),
    work: async () => {},
    close: async () => {},
  };
}

function client(
  origin: string,
  headers: Record<string, string>,
  fetch: Fetch,
): Pick<Api, "ask" | "follow" | "download"> {
  const post = (accept: string, body: unknown, signal?: AbortSignal) =>
    fetch(
      new Request(`${origin}/graphql`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", accept },
        body: JSON.stringify(body),
        ...(signal ? { signal } : {}),
      }),
    );
  return {
    async ask<T>(query: string, variables = {}) {
      const late = AbortSignal.timeout(ANSWER_MS);
      return dataOf<T>(await answerOf(await post("application/json", { query, variables }, late), origin));
    },
    async *follow<T>(query: string, variables: Record<string, unknown>, signal: AbortSignal) {
      const response = await post("text/event-stream", { query, variables }, signal);
      if (!response.ok || !response.body) throw errorOf(await answerOf(response, origin));
      const decoder = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
      const events = response.body.pipeThrough(decoder).pipeThrough(new EventSourceParserStream()).getReader();
      try {
        for (;;) {
          const { value, done } = await events.read().catch((error) => {
            throw new ConnectionLost(causeOf(error));
          });
          if (done) throw new ConnectionLost("the server closed the connection");
          if (value.event === "complete") return;
          if (value.data) yield Object.values(dataOf<Record<string, T>>(JSON.parse(value.data)))[0] as T;
        }
      } finally {
        await events.cancel().catch(() => {});
      }
    },
    async download(path) {
      const response = await fetch(new Request(`${origin}${path}`, { headers }));
      if (response.ok && response.body) return response.body;
      throw errorOf(await answerOf(response, origin));
    },
  };
}

const fault = v.looseObject({
  message: v.pipe(v.string(), v.nonEmpty()),
  extensions: v.optional(v.looseObject({ code: v.optional(v.string()), jobId: v.optional(v.string()) })),
});
const filled = v.pipe(
  v.record(v.string(), v.unknown()),
  v.check((data) => Object.keys(data).length > 0),
);

const answerShape = v.union([
  v.looseObject({ errors: v.pipe(v.array(fault), v.nonEmpty()) }),
  v.looseObject({ data: filled }),
]);
type Answer = { data?: unknown; errors?: v.InferOutput<typeof fault>[] };

async function answerOf(response: Response, origin: string): Promise<Answer> {
  const text = await response.text();
  try {
    const answer: unknown = JSON.parse(text);
    return v.parse(answerShape, answer);
  } catch {
    const message = `Cannot use ${origin}: its answer (status ${response.status}) is not from Lineup Ledger. Check the address`;
    return { errors: [{ message, extensions: { code: "NO_LEDGER" } }] };
  }
}

/** Returns an answer in the form in which HTTP would transmit it. */
const inOwnWords = (answer: unknown): Answer => v.parse(answerShape, JSON.parse(JSON.stringify(answer)));

function dataOf<T>(answer: Answer): T {
  if (answer.errors || !answer.data) throw errorOf(answer);
  return answer.data as T;
}

function errorOf({ errors = [] }: Answer): CliError {
  const code = errors[0]?.extensions?.code ?? "FAILED";
  const { jobId } = errors[0]?.extensions ?? {};
  const advice =
    code === "UNAUTHENTICATED"
      ? ". On the command line, use --token TOKEN or LINEUPS_TOKEN"
      : code === "JOB_OVERLAP" && jobId
        ? `.\nIf no worker is on that job, resume it: npx lineups collect --resume ${jobId}`
        : "";
  return new CliError(errors.map(({ message }) => message).join("\n") + advice, { exit: exitOf(code), code });
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? causeOf(error.cause) : error.message || error.name;
}
