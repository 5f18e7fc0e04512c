import { env } from "cloudflare:workers";
import type { Fetcher } from "@cloudflare/workers-types";
import type { GraphiQLOptions } from "graphql-yoga";

// Replaces `@graphql-yoga/render-graphiql` in a Worker (wrangler.toml, alias). In a Worker, the nine megabytes of GraphiQL are an asset.

/** The placeholder in the asset for the options of one rendering (scripts/write-assets.ts). */
const OPTIONS_MARK = '{"title":"Lineup Ledger","defaultQuery":"__OPTIONS__"}';

export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const page = await (env.ASSETS as Fetcher).fetch("https://assets.invalid/playground.html");
  return (await page.text()).replace(OPTIONS_MARK, () => JSON.stringify(options).replaceAll("</", "<\\/"));
}
