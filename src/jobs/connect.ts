import { saveProbe } from "../db/health.ts";
import type { Job } from "../db/job.ts";
import type { Deps } from "../deps.ts";
import { errorCode, SourceError } from "../source/source.ts";
import type { YahooAccount } from "../source/yahoo/account.ts";
import { resumeRefused } from "./control.ts";

/** What a login has led to. */
export type Connected = {
  /** The jobs that had been waiting for it, and go on. */
  resumed: Job[];
  /** What keeps Yahoo from answering all the same: the application is not approved, as a rule; null when it answers. */
  fault: { code: string; message: string } | null;
};

/**
 * Ends a login, asks Yahoo whether it lets the application read, and resumes the jobs that its refusal has paused. Throws what
 * {@link YahooAccount.complete} throws.
 * @param by Who has logged in, for the jobs' events.
 */
export async function connectYahoo(
  deps: Deps,
  account: YahooAccount,
  { answer, isVisit = false, by, signal }: { answer: string; isVisit?: boolean; by: string; signal?: AbortSignal },
): Promise<Connected> {
  await account.complete(answer, { isVisit });
  const fault = await faultOf(account, signal);
  const message = fault ? deps.redact(fault.message) : "Reachable, and the application is approved";
  const status = fault ? ("FAILURE" as const) : ("OK" as const);
  const check = { name: "yahoo answers", status, message, remedy: fault ? "npx lineups doctor" : null };
  await saveProbe(deps.db, "YAHOO", [{ ...check, at: deps.clock.now() }], deps.clock.now());
  // What only a person can mend keeps the jobs back; whatever passes they wait for by themselves.
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
