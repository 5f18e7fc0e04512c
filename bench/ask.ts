/** Sends a query to a server in this process as an HTTP request and returns the data. Throws when the response has errors. */
export async function ask(
  server: { fetch(request: Request): Promise<Response> },
  query: string,
): Promise<Record<string, unknown>> {
  const response = await server.fetch(
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    }),
  );
  const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
