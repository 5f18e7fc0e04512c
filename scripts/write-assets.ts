import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";

// Writes what a Worker serves as assets: the dashboard as it was built, below web/, and the playground's page, whose "__OPTIONS__"
// src/runtimes/workersGraphiql.ts replaces with its own. Run by wrangler (wrangler.toml, build).

const FOLDER = new URL("../.wrangler/assets/", import.meta.url);
mkdirSync(FOLDER, { recursive: true });
const [built, served] = [new URL("../web/dist/", import.meta.url), new URL("web/", FOLDER)];
rmSync(served, { recursive: true, force: true });
if (existsSync(built)) cpSync(built, served, { recursive: true });
writeFileSync(
  new URL("playground.html", FOLDER),
  renderGraphiQL({ title: "Lineup Ledger", defaultQuery: "__OPTIONS__" }),
);
