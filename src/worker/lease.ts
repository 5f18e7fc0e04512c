import { SECOND } from "../clock.ts";
import { FenceError } from "../db/errors.ts";
import type { JobIn } from "../db/job.ts";
import { extendLease, findRequest } from "../db/jobWrites.ts";
import type { Deps } from "../deps.ts";
import type { Session } from "./attempt.ts";
import { obey } from "./collectDate.ts";

/** How often a worker checks whether another process has requested a pause or a cancellation of the job. */
const LISTEN_EVERY_MS = 2 * SECOND;

/** Extends the lease until `over` aborts. Ends the session when somebody pauses or cancels the job. */
export async function keepLease(
  { db, clock, notifier, settings, log }: Deps,
  job: JobIn<"RUNNING">,
  session: Pick<Session, "end">,
  over: AbortSignal,
): Promise<void> {
  const everyMs = settings.leaseMs / 3;
  let extendedAt = clock.now();
  while (!over.aborted) {
    await notifier.wait(Math.min(LISTEN_EVERY_MS, Math.max(0, extendedAt + everyMs - clock.now())), over);
    if (over.aborted) return;
    try {
      if (clock.now() - extendedAt >= everyMs) {
        extendedAt = clock.now();
        obey(session, await extendLease(db, job, settings.leaseMs));
      } else {
        obey(session, await findRequest(db, job));
      }
    } catch (error) {
      // The job was claimed again, or a person has paused or cancelled it, so make no further request. The next commit would fail, too.
      if (error instanceof FenceError) return session.end({ kind: "yielded" });
      log.warn("The lease could not be extended", { jobId: job.id, error });
    }
  }
}
