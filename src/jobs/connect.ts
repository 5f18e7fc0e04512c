import { saveProbe } from "../db/health.ts";
import type { Job } from "../db/job.ts";
import type { Deps } from "../deps.ts";
import { errorCode, SourceError } from "../source/source.ts";
import type { YahooAccount } from "../source/yahoo/account.ts";
import { resumeRefused } from "./control.ts";

/** The result of a login. */
export type Connected = {
  /** The jobs that the login has resumed. */
  resumed: Job[];
  /** The error with which Yahoo still refuses to answer (usually: the application is not approved); null when Yahoo answers. */
  fault: { code: string; message: string } | null;
};

/**
 * Completes a login, asks Yahoo whether the application may read, and resumes the jobs that are paused because Yahoo refused access. Throws
 * the same errors as {@link YahooAccount.complete}.
 * @param by Name of the caller, for the jobs' events.
 */
export async function connectYahoo(
  deps: Deps,
  account: YahooAccount,
  { answer, isVisit = false, by, signal }: { answer: string; isVisit?: boolean; by: string; signal?: AbortSignal },
): Promise<Connected> {
  await account.complete(answer, { isVisit });
  const fault = await faultOf(account, signal);
  const message = fault ? deps.redact(fault.message) : "Yahoo is reachable, and the application is approved";
  const status = fault ? ("FAILURE" as const) : ("OK" as const);
  const check = { name: "yahoo answers", status, message, remedy: fault ? "npx lineups doctor" : null };
  await saveProbe(deps.db, "YAHOO", [{ ...check, at: deps.clock.now() }], deps.clock.now());
  // A fault that only a person can fix keeps the jobs paused. During a fault that ends by itself, the resumed jobs wait, and continue when
  // the fault is over.
  const isFinal = fault?.kind === "UNAUTHORIZED" || fault?.kind === "APP_NOT_APPROVED";
  const resumed = isFinal ? [] : await resumeRefused(deps, "YAHOO", by);
  return { resumed, fault: fault && { code: errorCode(fault.kind), message } };
}

async function faultOf(account: YahooAccount, signal: AbortSignal | undefined): Promise<SourceError | null> {
  try {
    await account.probe(signal);
    return null;
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}
