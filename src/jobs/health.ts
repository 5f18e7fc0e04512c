import journal from "../../drizzle/meta/_journal.json" with { type: "json" };
import { MINUTE, SECOND } from "../clock.ts";
import { budgetState, type Window } from "../db/budget.ts";
import { type Check, databaseState, lastProbe, saveProbe, tryWrite, waitingWork } from "../db/health.ts";
import { pendingMigration } from "../db/migrate.ts";
import { ALIVE_MS, listWorkers } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { SourceError } from "../source/source.ts";
import type { Operated } from "../source/sources.ts";
import { plural } from "../text.ts";

export type Health = { status: Check["status"]; checks: Check[] };

/** A source's request budget. */
export type SourceBudget = {
  source: "YAHOO" | "ESPN";
  /** When the source accepts requests again, in milliseconds since 1970; null if the source accepts requests now. */
  blockedUntil: number | null;
  windows: (Window & { made: number })[];
};

/** Tolerated difference of the clocks: a larger difference makes schedules late and leases short. */
const CLOCKS_APART_MS = 5 * SECOND;
const SLOW_MS = 500;
const WAIT = "wait: jobs continue by themselves";

type Finding = Pick<Check, "status" | "message"> & { remedy?: string };
const ok = (message: string): Finding => ({ status: "OK", message });
const warning = (message: string, remedy: string): Finding => ({ status: "WARNING", message, remedy });
const failure = (message: string, remedy: string): Finding => ({ status: "FAILURE", message, remedy });

/**
 * Checks clock, database, migrations, workers and each source. A check that throws counts as a FAILURE and does not affect the other
 * checks.
 * @param probe Whether to ask the sources now; otherwise the results of the last probe are returned.
 */
export async function healthOf(
  deps: Deps & { sources: Operated },
  { probe, signal }: { probe: boolean; signal: AbortSignal },
): Promise<Health> {
  const found = async (name: string, look: () => Promise<Finding | null>, remedy: string): Promise<Check[]> => {
    const at = deps.clock.now();
    try {
      const finding = await look();
      return finding ? [{ name, at, remedy: null, ...finding }] : [];
    } catch (error) {
      const message = deps.redact(error instanceof Error ? error.message : String(error));
      return [{ name, at, status: "FAILURE", message, remedy }];
    }
  };
  const checks = [
    ...(await found("clock", () => clockCheck(deps), "check the database first")),
    ...(await found(
      "database",
      () => databaseCheck(deps),
      "check DATABASE_URL, the disk and the permissions of its folder",
    )),
    ...(await found("migrations", () => migrationCheck(deps), "npm run db:migrate")),
    ...(await found("workers", () => workerCheck(deps), "npm start")),
    ...(await found("yahoo", () => yahooCheck(deps), "npx lineups login yahoo")),
    ...(await found("yahoo budget", () => budgetCheck(deps), "wait until requests are allowed again")),
    ...(await found("espn budget", () => espnBudgetCheck(deps), "wait until requests are allowed again")),
    ...(probe
      ? await probeSources(deps, found, signal)
      : (await Promise.all([lastProbe(deps.db, "YAHOO"), lastProbe(deps.db, "ESPN")]).catch(() => [])).flat()),
  ];
  const worst = (["FAILURE", "WARNING"] as const).find((status) => checks.some((check) => check.status === status));
  return { status: worst ?? "OK", checks };
}

async function clockCheck({ db, clock }: Deps): Promise<Finding> {
  const before = clock.now();
  const { clock: theirs } = await databaseState(db);
  const apartMs = Math.max(0, Math.abs(theirs - (before + clock.now()) / 2) - (clock.now() - before));
  const now = new Date(clock.now()).toISOString();
  if (apartMs <= CLOCKS_APART_MS) return ok(`${now}; the database's clock agrees`);
  return warning(
    `The clock of this machine shows ${now}; the database's clock is ${Math.round(apartMs / SECOND)} s ${theirs > before ? "ahead" : "behind"}`,
    "set this machine's clock, for example with `timedatectl set-ntp true`",
  );
}

async function databaseCheck({ db }: Deps): Promise<Finding> {
  const trouble = db.trouble();
  if (trouble) return failure(trouble.message, "fix the problem, then restart the server");
  const began = performance.now();
  await tryWrite(db);
  const latencyMs = Math.round(performance.now() - began);
  const { bytes } = await databaseState(db);
  const mode = db.isFile ? await db.useWal() : "remote";
  const size = bytes === null ? "" : `, ${(bytes / 1_000_000).toFixed(1)} MB`;
  const said = `writable in ${latencyMs} ms, ${mode === "wal" ? "WAL" : mode}${size}`;
  if (db.isFile && mode !== "wal" && mode !== "memory")
    return warning(`${said}: readers and writers block each other`, "put the file on a local disk");
  if (latencyMs > SLOW_MS) return warning(said, "use a closer database or a faster disk");
  return ok(said);
}

async function migrationCheck({ db }: Deps): Promise<Finding> {
  const pending = await pendingMigration(db);
  return pending
    ? failure(pending, "npm run db:migrate")
    : ok(`${journal.entries.length} of ${journal.entries.length} applied`);
}

async function workerCheck({ db }: Deps): Promise<Finding> {
  const all = await listWorkers(db);
  const alive = all.filter(({ works, silentMs, jobIds }) => works && (silentMs <= ALIVE_MS || jobIds.length > 0));
  const { jobs, schedules } = await waitingWork(db);
  const work = `${plural(jobs, "unfinished job")}, ${plural(schedules, "enabled schedule")}`;
  if (alive.length > 0 || jobs + schedules === 0) return ok(`${plural(alive.length, "worker")}; ${work}`);
  return warning(`No worker is running: ${work}`, "npm start, or set WORKER=on where the server runs");
}

async function yahooCheck({ sources: { yahooAccount } }: { sources: Operated }): Promise<Finding> {
  const { state, reason, refreshedAt, keyFault } = await yahooAccount.state();
  switch (state) {
    case "NO_APPLICATION":
      return ok("Yahoo is not set up; the demo league and public leagues of ESPN need no account");
    case "NOT_CONNECTED":
      return warning(
        `An application is set up, but nobody has logged in${keyFault === null ? "" : `. ${keyFault}`}`,
        "npx lineups login yahoo",
      );
    case "REFUSED":
      return failure(reason ?? "Yahoo refuses the tokens", "npx lineups login yahoo");
    case "LOCKED":
      return failure(
        reason ?? "The tokens are sealed with another key",
        "set ENCRYPTION_KEY, or npx lineups login yahoo",
      );
    case "CONNECTED":
      if (keyFault !== null)
        return warning(
          `Logged in, but the tokens are kept only in this process and are lost when it ends. ${keyFault}`,
          "export ENCRYPTION_KEY=$(openssl rand -base64 32), the same for all processes",
        );
      return ok(
        `Logged in${refreshedAt === null ? "" : `; tokens refreshed at ${new Date(refreshedAt).toISOString()}`}`,
      );
  }
}

const blocked = (source: string, forMs: number): Finding =>
  warning(`${source} accepts no requests for ${plural(Math.ceil(forMs / MINUTE), "minute")}`, WAIT);

async function budgetCheck({ db, settings, sources }: Deps & { sources: Operated }): Promise<Finding | null> {
  const { blockedMs, used } = await budgetState(db, sources.yahooCredential, settings.windows);
  if (blockedMs > 0) return blocked("Yahoo", blockedMs);
  // If no application is set up, Yahoo receives no requests, so its budget does not matter.
  if ((await sources.yahooAccount.state()).state === "NO_APPLICATION") return null;
  const said = used.map(
    ({ requests, minutes, made }) => `${made} of ${plural(requests, "request")} in ${plural(minutes, "minute")}`,
  );
  return said.length === 0 ? null : ok(said.join("; "));
}

async function espnBudgetCheck({ db, sources }: Deps & { sources: Operated }): Promise<Finding | null> {
  const { blockedMs } = await budgetState(db, sources.espnCredential, []);
  return blockedMs > 0 ? blocked("ESPN", blockedMs) : null;
}

/** Returns the current budget of each source that is set up. ESPN needs no account, and its budget has no windows. */
export async function budgetsOf({
  db,
  clock,
  settings,
  sources,
}: Deps & { sources: Operated }): Promise<SourceBudget[]> {
  const budgetOf = async (
    source: SourceBudget["source"],
    credential: string,
    limits: readonly Window[],
  ): Promise<SourceBudget> => {
    const { blockedMs, used } = await budgetState(db, credential, limits);
    return { source, blockedUntil: blockedMs > 0 ? clock.now() + blockedMs : null, windows: used };
  };
  const { state } = await sources.yahooAccount.state();
  return Promise.all([
    ...(state === "NO_APPLICATION" ? [] : [budgetOf("YAHOO", sources.yahooCredential, settings.windows)]),
    budgetOf("ESPN", sources.espnCredential, []),
  ]);
}

/** Asks each source that is set up, stores the results and returns them. */
async function probeSources(
  { db, clock, sources, redact }: Deps & { sources: Operated },
  found: (name: string, look: () => Promise<Finding | null>, remedy: string) => Promise<Check[]>,
  signal: AbortSignal,
): Promise<Check[]> {
  const asked = async (ask: () => Promise<string>): Promise<Finding> => {
    const began = performance.now();
    try {
      const said = await ask();
      return ok(`${said}, in ${Math.round(performance.now() - began)} ms`);
    } catch (error) {
      if (error instanceof SourceError) return failure(redact(error.message), REMEDIES[error.kind] ?? UNREACHABLE);
      if (error instanceof LedgerError) return failure(error.message, "see docs/your-league.md, Yahoo");
      throw error;
    }
  };
  const yahoo = await found(
    "yahoo answers",
    async () => {
      const { state } = await sources.yahooAccount.state();
      if (state === "NO_APPLICATION" || state === "NOT_CONNECTED") return null;
      return asked(async () => {
        await sources.yahooAccount.probe(signal);
        return "Yahoo is reachable, and the application is approved";
      });
    },
    UNREACHABLE,
  );
  const espn = await found(
    "espn answers",
    () =>
      asked(
        async () =>
          `ESPN is reachable; its current season is ${await sources.probeEspn(signal)} ` +
          `(${sources.hasEspnAccount ? "with ESPN_S2 and ESPN_SWID" : "public leagues only"})`,
      ),
    UNREACHABLE,
  );
  // Ignore errors here: if the results cannot be stored, the database check reports the fault.
  await saveProbe(db, "YAHOO", yahoo, clock.now()).catch(() => {});
  await saveProbe(db, "ESPN", espn, clock.now()).catch(() => {});
  return [...yahoo, ...espn];
}

const UNREACHABLE = "check the network, or try again later";
const REMEDIES: Partial<Record<SourceError["kind"], string>> = {
  UNAUTHORIZED: "npx lineups login yahoo",
  APP_NOT_APPROVED: "ask for access at https://sports.yahoo.com/developer/access/",
  RATE_LIMITED: WAIT,
  OUTAGE: WAIT,
};
