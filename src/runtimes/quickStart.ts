import * as nodeModule from "node:module";

/** Packages whose files, as they are imported here, are all modules. */
const PACKAGES = /\/node_modules\/(drizzle-orm|@pothos\/[\w-]+\/esm|temporal-polyfill|entities\/dist|commander)\//;
/** This program's own files. */
const OWN = new URL("../", import.meta.url).href;

/**
 * Spares Node the work of looking for the package.json of each module, some 500 of them, and of reading drizzle-orm's, 180 KB of `exports`,
 * anew for each of its 190: that takes longer than all else of a start together. To be called before anything that is to be imported
 * so; without effect where a runtime has no such hooks.
 */
export function startQuickly(): void {
  const resolved = new Map<string, { url: string; format: string }>();
  nodeModule.enableCompileCache?.();
  nodeModule.registerHooks?.({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      const format = parentURL !== undefined && /^\.\.?\//.test(specifier) ? formatOf(specifier, parentURL) : null;
      if (format !== null) return { url: new URL(specifier, parentURL).href, format, shortCircuit: true };
      // What a package's name stands for is the same for all files of one place.
      const key = parentURL !== undefined && /^[@\w]/.test(specifier) ? `${placeOf(parentURL)} ${specifier}` : null;
      const known = key === null ? undefined : resolved.get(key);
      if (known) return { ...known, shortCircuit: true };
      const found = next(specifier, context);
      if (key !== null && found.format === "module") resolved.set(key, { url: found.url, format: found.format });
      return found;
    },
  });
}

/** A package, or this program. */
const placeOf = (url: string): string =>
  url.startsWith(OWN) ? OWN : (/^.*\/node_modules\/(@[^/]+\/)?[^/]+\//.exec(url)?.[0] ?? url);

/** What a file is, where its name and who imports it say it; null where Node is to find out. */
function formatOf(specifier: string, parentURL: string): "module" | "module-typescript" | null {
  if (specifier.endsWith(".ts") && parentURL.startsWith(OWN)) return "module-typescript";
  if (specifier.endsWith(".mjs")) return "module";
  return specifier.endsWith(".js") && PACKAGES.test(parentURL) ? "module" : null;
}
