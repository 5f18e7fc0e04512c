import * as nodeModule from "node:module";

/** Packages from which this program imports only ES modules. */
const PACKAGES = /\/node_modules\/(drizzle-orm|@pothos\/[\w-]+\/esm|temporal-polyfill|entities\/dist|commander)\//;
/** This program's own files. */
const OWN = new URL("../", import.meta.url).href;

/**
 * Speeds up the start. Without this function, Node looks for a package.json for each of about 500 modules, and reads drizzle-orm's 180 KB
 * of `exports` 190 times, once for each module of drizzle-orm. Node's look-ups take longer than everything else at the start. Call this
 * function before the imports that it speeds up. Does nothing in a runtime without Node's module hooks.
 */
export function startQuickly(): void {
  const resolved = new Map<string, { url: string; format: string }>();
  nodeModule.enableCompileCache?.();
  nodeModule.registerHooks?.({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      const format = parentURL !== undefined && /^\.\.?\//.test(specifier) ? formatOf(specifier, parentURL) : null;
      if (format !== null) return { url: new URL(specifier, parentURL).href, format, shortCircuit: true };
      // All files of one package resolve a package name to the same file, and so do all files of this program.
      const key = parentURL !== undefined && /^[@\w]/.test(specifier) ? `${placeOf(parentURL)} ${specifier}` : null;
      const known = key === null ? undefined : resolved.get(key);
      if (known) return { ...known, shortCircuit: true };
      const found = next(specifier, context);
      if (key !== null && found.format === "module") resolved.set(key, { url: found.url, format: found.format });
      return found;
    },
  });
}

/** Returns the folder of the package to which a file belongs; for a file of this program, the program's folder. */
const placeOf = (url: string): string =>
  url.startsWith(OWN) ? OWN : (/^.*\/node_modules\/(@[^/]+\/)?[^/]+\//.exec(url)?.[0] ?? url);

/** Returns the format of a file if the file's name and its importer show the format; null to let Node find out. */
function formatOf(specifier: string, parentURL: string): "module" | "module-typescript" | null {
  if (specifier.endsWith(".ts") && parentURL.startsWith(OWN)) return "module-typescript";
  if (specifier.endsWith(".mjs")) return "module";
  return specifier.endsWith(".js") && PACKAGES.test(parentURL) ? "module" : null;
}
