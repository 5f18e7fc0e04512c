import type { TypedDocumentString } from "./generated/documents.ts";

/** What the server says is wrong, in its own words, with the code that programs go by. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: string;
  /** The job that stands in the way, where it is one. */
  readonly jobId: string | null;
  constructor(message: string, code: string, jobId: string | null = null) {
    super(message);
    this.code = code;
    this.jobId = jobId;
  }
}

/** Somebody who wants to know of something that happens to the whole page. */
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

/** The server wants a token: the page shows its login. */
export const unauthenticated = createSignal<void>();
/** Whether the last request reached the server. */
export const reached = createSignal<boolean>();
/** The server is there again: what is shown may be old. */
export const back = createSignal<void>();

type Fault = { message: string; extensions?: { code?: string; jobId?: string } };
/** What a query was answered: of a root field that fails the data lacks, and the error says why. */
export type Answer<Data> = { data: Data | null; error: ApiError | null };

/** Sends a document. Throws an {@link ApiError} where there is no answer at all. */
export async function askInPart<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Answer<Data>> {
  let response: Response;
  let answer: { data?: Data | null; errors?: Fault[] };
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
    // Nothing, or the page of a proxy that has not reached the server either.
    reached.tell(false);
    throw new ApiError("The server cannot be reached", "UNREACHABLE");
  }
  reached.tell(true);
  if (response.status === 401) {
    unauthenticated.tell();
    throw new ApiError("The server wants a token", "UNAUTHENTICATED");
  }
  const [first] = answer.errors ?? [];
  const error = first
    ? new ApiError(first.message, first.extensions?.code ?? "INTERNAL", first.extensions?.jobId ?? null)
    : null;
  return { data: answer.data ?? null, error };
}

/** Sends a document that is to be done whole. Throws the first of the answer's errors. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const { data, error } = await askInPart(document, variables);
  if (error) throw error;
  if (!data) throw new ApiError("The server has answered nothing", "INTERNAL");
  return data;
}

/** Logs the browser in; false where the server does not know the token. Throws an {@link ApiError} with what it says otherwise. */
export async function logIn(token: string): Promise<boolean> {
  const response = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  }).catch(() => null);
  if (response?.ok) return true;
  if (response?.status === 401) return false;
  const said = (await response?.json().catch(() => null)) as { errors?: Fault[] } | null | undefined;
  throw new ApiError(said?.errors?.[0]?.message ?? "The server cannot be reached", "UNREACHABLE");
}

/** All tabs of the browser hear of it: the cookie is theirs as well. */
const session = new BroadcastChannel("lineup-ledger session");
session.onmessage = () => location.reload();

export async function logOut(): Promise<void> {
  await fetch("/logout", { method: "POST" }).catch(() => null);
  session.postMessage("logged out");
  location.reload();
}
