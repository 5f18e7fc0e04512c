import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { WebFile, WebFiles } from "../http/web.ts";

const FOLDER = new URL("../../web/dist/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Returns the dashboard's files as built during the install. Reads the files once; finds none if the dashboard was not built. */
export function webFiles(): WebFiles {
  let read: Promise<Map<string, WebFile>> | null = null;
  return async (path) => {
    read ??= readAll();
    return (await read).get(path) ?? null;
  };
}

async function readAll(): Promise<Map<string, WebFile>> {
  const files = new Map<string, WebFile>();
  const names = await readdir(fileURLToPath(FOLDER), { recursive: true }).catch(() => []);
  for (const name of names) {
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (type === undefined) continue;
    const path = name.replaceAll("\\", "/");
    files.set(path, { type, body: new Uint8Array(await readFile(new URL(path, FOLDER))) });
  }
  return files;
}
