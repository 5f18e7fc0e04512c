import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cron, runtimeFolder, type Start, startDeno, startServer, startWorkerd } from "../support/process.ts";
import { startSqld } from "../support/sqld.ts";
import type { Target } from "./suite.ts";

const nothing = async () => {};

const onFile = (start: Start) => async (): Promise<Target> => {
  const folder = runtimeFolder();
  const url = pathToFileURL(join(folder.path, "ledger.db")).href;
  return {
    start: (env) => start({ ...env, DATABASE_URL: url }),
    nudge: nothing,
    stops: true,
    wantsToken: false,
    remove: async () => folder.remove(),
  };
};

const onSqld = (start: Start) => async (): Promise<Target> => {
  const sqld = await startSqld({ migrated: false });
  return {
    start: (env) => start({ ...env, DATABASE_URL: sqld.url }),
    nudge: nothing,
    stops: true,
    wantsToken: false,
    remove: () => sqld.close(),
  };
};

const workerd = async (): Promise<Target> => {
  const [sqld, folder] = [await startSqld(), runtimeFolder()];
  return {
    start: (env) => startWorkerd({ ...env, DATABASE_URL: sqld.url }, folder.path),
    nudge: cron,
    stops: false,
    wantsToken: true,
    async remove() {
      await sqld.close();
      folder.remove();
    },
  };
};

/** Every runtime on every database that it can use. */
export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  "Node on a file": onFile(startServer),
  "Node on sqld": onSqld(startServer),
  "Deno on a file": onFile(startDeno),
  "Deno on sqld": onSqld(startDeno),
  "workerd on sqld": workerd,
};
