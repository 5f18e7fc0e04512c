import type { Clock, Notifier } from "./clock.ts";
import type { Window } from "./db/budget.ts";
import type { Db } from "./db/client.ts";
import type { Runtime } from "./db/workers.ts";
import type { Log } from "./log.ts";
import type { Secrets } from "./secrets.ts";
import type { Sources } from "./source/sources.ts";

/** The dependencies of all jobs; built once in `server.ts` and passed down. */
export type Deps = {
  db: Db;
  source: Sources;
  clock: Clock;
  log: Log;
  /** Removes secrets from a text before it is stored. */
  redact: Secrets["redact"];
  /** The notifier that the database calls after each commit, because somebody may be waiting for the change. */
  notifier: Notifier;
  /** Identifies this worker in its leases and in `workers`. */
  worker: { id: string; runtime: Runtime };
  settings: {
    leaseMs: number;
    concurrency: number;
    progressEveryTeams: number;
    /** 0 is unlimited. */
    requestsPerSecond: number;
    /** How many requests to Yahoo are allowed within how many minutes; empty if there is no limit. */
    windows: readonly Window[];
    /** The credential under which requests to Yahoo are counted. */
    yahooCredential: string;
  };
};
