import type { Clock, Notifier } from "./clock.ts";
import type { Window } from "./db/budget.ts";
import type { Db } from "./db/client.ts";
import type { Runtime } from "./db/workers.ts";
import type { Log } from "./log.ts";
import type { Secrets } from "./secrets.ts";
import type { Sources } from "./source/sources.ts";

/** What the jobs work with; built once in `server.ts` and handed down. */
export type Deps = {
  db: Db;
  source: Sources;
  clock: Clock;
  log: Log;
  /** Takes what is secret out of a text that is to be stored. */
  redact: Secrets["redact"];
  /** Notified of each commit by the database itself: somebody may be waiting for what it says. */
  notifier: Notifier;
  /** Names this worker in its leases and in `workers`. */
  worker: { id: string; runtime: Runtime };
  settings: {
    leaseMs: number;
    concurrency: number;
    progressEveryTeams: number;
    /** 0 is unlimited. */
    requestsPerSecond: number;
    /** What may be asked of Yahoo in some minutes; empty where that is unlimited. */
    windows: readonly Window[];
    /** Under which that is counted. */
    yahooCredential: string;
  };
};
