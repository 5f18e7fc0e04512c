import type { TypedDocumentString } from "./generated/documents.ts";

/** What the server says is wrong, in its own words, with the code that programs go by. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Called when the server wants a token: the page shows its login. */
let onUnauthenticated = () => {};
export const whenUnauthenticated = (listener: () => void): void => {
  onUnauthenticated = listener;
};

/** Whether the last request reached the server. */
let onReach = (_isReached: boolean) => {};
export const whenReached = (listener: (isReached: boolean) => void): void => {
  onReach = listener;
};

type Answer<Data> = {
  data?: Data | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: { code?: string } }[];
};

/** Sends a document. Throws an {@link ApiError}: the first of the answer's errors, or UNREACHABLE. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query: document.toString(), variables }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    onReach(false);
    throw new ApiError("The server cannot be reached", "UNREACHABLE");
  }
  onReach(true);
  if (response.status === 401) {
    onUnauthenticated();
    throw new ApiError("The server wants a token", "UNAUTHENTICATED");
  }
  const { data, errors } = (await response.json()) as Answer<Data>;
  const [first] = errors ?? [];
  if (first) throw new ApiError(first.message, first.extensions?.code ?? "INTERNAL");
  if (!data) throw new ApiError("The server has answered nothing", "INTERNAL");
  return data;
}

/** Logs the browser in; false where the server does not know the token. */
export async function logIn(token: string): Promise<boolean> {
  const response = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  return response.ok;
}

export const logOut = (): Promise<Response> => fetch("/logout", { method: "POST" });
