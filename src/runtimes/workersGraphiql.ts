import { env } from "cloudflare:workers";
import type { Fetcher } from "@cloudflare/workers-types";
import type { GraphiQLOptions } from "graphql-yoga";

// Replaces `@graphql-yoga/render-graphiql` in a Worker (wrangler.toml, alias). In a Worker, GraphiQL's nine megabytes are kept in an asset.

/** Each rendering replaces this placeholder in the asset with its own options (scripts/write-assets.ts). */
const OPTIONS_MARK = '{"title":"Lineup Ledger","defaultQuery":"__OPTIONS__"}';

export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const page = await (env.ASSETS as Fetcher).fetch("https://assets.invalid/playground.html");
  return (await page.text()).replace(OPTIONS_MARK, () => JSON.stringify(options).replaceAll("</", "<\\/"));
}
