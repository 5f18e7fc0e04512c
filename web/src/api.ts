import type { TypedDocumentString } from "./generated/documents.ts";

/** An error with the server's message and its code. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: string;
  /** The id of the job that conflicts with the request; null if no job conflicts. */
  readonly jobId: string | null;
  constructor(message: string, code: string, jobId: string | null = null) {
    super(message);
    this.code = code;
    this.jobId = jobId;
  }
}

/** Creates a signal that any part of the page can send or listen to. */
function createSignal<Value>() {
  const listeners = new Set<(value: Value) => void>();
  return {
    tell: (value: Value) => {
      for (const listener of [...listeners]) listener(value);
    },
    listen(listener: (value: Value) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Sent when the server requires a token, so that the page shows its login form. */
export const unauthenticated = createSignal<void>();
/** Whether the last request reached the server. */
export const reached = createSignal<boolean>();
/** Sent when the server is reachable again, because the data on the page may be out of date. */
export const back = createSignal<void>();

type Fault = { message: string; extensions?: { code?: string; jobId?: string } };
/** The answer to a query. `data` lacks the root fields that failed, and `error` says why. */
export type Answer<Data> = { data: Data | null; error: ApiError | null };

/** An answer as the server sends it. */
export type SentAnswer<Data> = { data?: Data | null; errors?: Fault[] };

/** Returns the data of a sent answer, and its first error. */
export function readAnswer<Data>({ data, errors }: SentAnswer<Data>): Answer<Data> {
  const [first] = errors ?? [];
  const error = first
    ? new ApiError(first.message, first.extensions?.code ?? "INTERNAL", first.extensions?.jobId ?? null)
    : null;
  return { data: data ?? null, error };
}

/** Sends a document. Throws an {@link ApiError} only if there is no answer at all. */
export async function askInPart<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Answer<Data>> {
  let response: Response;
  let answer: SentAnswer<Data>;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query: document.toString(), variables }),
      ...(signal ? { signal } : {}),
    });
    answer = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    // There is no response, or only the error page of a proxy that cannot reach the server.
    reached.tell(false);
    throw new ApiError("Cannot reach the server. Check that it is running, then try again.", "UNREACHABLE");
  }
  reached.tell(true);
  if (response.status === 401) {
    unauthenticated.tell();
    throw new ApiError("The server requires a token. Log in.", "UNAUTHENTICATED");
  }
  return readAnswer(answer);
}

/** Sends a document that must succeed as a whole. Throws the first error of the answer. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const { data, error } = await askInPart(document, variables);
  if (error) throw error;
  if (!data) throw new ApiError("The server sent an empty answer. Try again.", "INTERNAL");
  return data;
}

/** Logs the browser in. Returns false if the server does not know the token, and throws an {@link ApiError} for any other failure. */
export async function logIn(token: string): Promise<boolean> {
  const response = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  }).catch(() => null);
  if (response?.ok) return true;
  if (response?.status === 401) return false;
  const said = (await response?.json().catch(() => null)) as { errors?: Fault[] } | null | undefined;
  throw new ApiError(said?.errors?.[0]?.message ?? "Cannot reach the server. Try again.", "UNREACHABLE");
}

/** Tells all tabs of the browser about a logout, because they share the cookie. */
const session = new BroadcastChannel("lineup-ledger session");
session.onmessage = () => location.reload();

export async function logOut(): Promise<void> {
  await fetch("/logout", { method: "POST" }).catch(() => null);
  session.postMessage("logged out");
  location.reload();
}
