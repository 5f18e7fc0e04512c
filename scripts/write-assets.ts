import { mkdirSync, writeFileSync } from "node:fs";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";

// Writes what a Worker serves as assets: the playground's page, which the Worker fills in. Run by wrangler (wrangler.toml, build).

const FOLDER = new URL("../.wrangler/assets/", import.meta.url);
mkdirSync(FOLDER, { recursive: true });
writeFileSync(new URL("playground.html", FOLDER), renderGraphiQL({ title: "__OPTIONS__" }));
