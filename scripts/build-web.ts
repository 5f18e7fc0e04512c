import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Builds the dashboard: generates types for its documents from schema.graphql, then builds web/dist. `npm ci` runs this script. If the
// devDependencies are not installed, this script leaves web/dist unchanged. A server without web/dist has no dashboard.
//
//   node scripts/build-web.ts [--types]

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DOCUMENTS = `${ROOT}web/src/documents.graphql`;

async function makeTypes(): Promise<void> {
  const [{ codegen }, operations, documents, { buildASTSchema, parse }] = await Promise.all([
    import("@graphql-codegen/core"),
    import("@graphql-codegen/typescript-operations"),
    import("@graphql-codegen/typed-document-node"),
    import("graphql"),
  ]);
  const schema = parse(readFileSync(`${ROOT}schema.graphql`, "utf8"));
  const scalars = { Date: "string", DateTime: "string", JSON: "unknown" };
  const text = await codegen({
    filename: "documents.ts",
    schema: schema as never,
    schemaAst: buildASTSchema(schema) as never,
    documents: [{ location: DOCUMENTS, document: parse(readFileSync(DOCUMENTS, "utf8")) as never }],
    config: { scalars, useTypeImports: true, enumsAsTypes: true, skipTypename: true, documentMode: "string" },
    plugins: [{ operations: {} }, { documents: {} }],
    pluginMap: { operations: operations as never, documents: documents as never },
  });
  mkdirSync(`${ROOT}web/src/generated`, { recursive: true });
  writeFileSync(`${ROOT}web/src/generated/documents.ts`, text);
}

const isMissing = (error: unknown): boolean => (error as { code?: string }).code === "ERR_MODULE_NOT_FOUND";

try {
  await makeTypes();
  if (!process.argv.includes("--types")) {
    const { build } = await import("vite");
    await build({ configFile: `${ROOT}web/vite.config.ts` });
  }
} catch (error) {
  if (!isMissing(error)) throw error;
  process.stderr.write("Skipped the dashboard's build: devDependencies are not installed\n");
}
