import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: "codegen/*.ts",
  generates: {
    "generated/codegen/": {
      preset: "client",
      config: {
        useTypeImports: true,
        // What the ledger's scalars are in JSON.
        scalars: { Date: "string", DateTime: "string", JSON: "unknown" },
        defaultScalarType: "never",
      },
    },
  },
};
export default config;
