import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";

// Writes the assets of a Worker: the built dashboard under web/, and the playground's page. src/runtimes/workersGraphiql.ts replaces the
// page's "__OPTIONS__" with the options of a request. wrangler runs this script (wrangler.toml, build).

const FOLDER = new URL("../.wrangler/assets/", import.meta.url);
mkdirSync(FOLDER, { recursive: true });
const [built, served] = [new URL("../web/dist/", import.meta.url), new URL("web/", FOLDER)];
rmSync(served, { recursive: true, force: true });
if (existsSync(built)) cpSync(built, served, { recursive: true });
writeFileSync(
  new URL("playground.html", FOLDER),
  renderGraphiQL({ title: "Lineup Ledger", defaultQuery: "__OPTIONS__" }),
);
