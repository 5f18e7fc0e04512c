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
  { answer, by, signal }: { answer: string; by: string; signal?: AbortSignal },
): Promise<Connected> {
  await account.complete(answer);
  try {
    await account.probe(signal);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { resumed: [], fault: { code: errorCode(error.kind), message: error.message } };
  }
  return { resumed: await resumeRefused(deps, "YAHOO", by), fault: null };
}
