import { useState } from "preact/hooks";
import { duration, instant, plural, words } from "../format.ts";
import {
  CancelDocument,
  JobDocument,
  type JobRowFragment,
  PauseDocument,
  ResumeDocument,
} from "../generated/documents.ts";
import { act, current, PAUSABLE, RESUMABLE, type Status } from "../jobs.ts";
import { type Live, type Progress, useLive } from "../live.ts";
import type { Page } from "../page.ts";
import { Bar, ErrorNote, Show, useAction, useNowAndThen, useQuery } from "../ui.tsx";

/** One job: how far it is, what happened to it, and what can be done. */
export function JobPage({ id, page, live }: { id: string; page: Page; live: Live }) {
  const found = useQuery(JobDocument, { id });
  const [progress, setProgress] = useState<Progress | undefined>(() => live.progressOf(id));
  const soon = useNowAndThen(found.reload);
  useLive(live, (each) => {
    if (each.jobId !== id) return;
    setProgress(each);
    soon();
  });
  return (
    <Show of={found}>
      {({ job }) =>
        job ? (
          <>
            <header class="title">
              <h1>
                {job.league?.name ?? job.leagueKey}{" "}
                <small>
                  {words(job.kind)}, {job.startDate} to {job.endDate}
                </small>
              </h1>
              <State job={job} progress={progress} />
            </header>
            {page.isOperator && <Actions job={job} status={current(job, progress).status} reload={found.reload} />}
            {job.error && (
              <p class="note error">
                {job.error.code}: {job.error.message}
              </p>
            )}
            <div class="columns">
              <section class="panel">
                <h2>Numbers</h2>
                <dl>
                  <dt>Job</dt>
                  <dd class="id">{job.id}</dd>
                  <dt>Started by</dt>
                  <dd>{job.schedule ? `schedule ${job.schedule.name}` : (job.startedBy ?? "nobody named")}</dd>
                  <dt>Created</dt>
                  <dd>{instant(job.createdAt)}</dd>
                  {job.finishedAt && <dt>Finished</dt>}
                  {job.finishedAt && <dd>{instant(job.finishedAt)}</dd>}
                  <dt>Records</dt>
                  <dd>
                    {job.recordsProcessed.toLocaleString("en")}: {job.recordsInserted.toLocaleString("en")} new,{" "}
                    {job.recordsUpdated.toLocaleString("en")} changed, {job.recordsUnchanged.toLocaleString("en")} as
                    before
                  </dd>
                  <dt>Requests</dt>
                  <dd>
                    {job.requests}, {job.retries} of them repeated
                  </dd>
                </dl>
                {job.dates.length > 0 && <h2>Dates that are not collected</h2>}
                <ul class="dates">
                  {job.dates.map(({ date, status, reason, error }) => (
                    <li key={date}>
                      <strong>{date}</strong> {words(status)}
                      {(error ?? reason) && `: ${error ? `${error.code}, ${error.message}` : reason}`}
                    </li>
                  ))}
                </ul>
              </section>
              <section class="panel">
                <h2>What happened</h2>
                <ol class="events" reversed>
                  {job.events.nodes.toReversed().map((event) => (
                    <li key={event.cursor}>
                      <time dateTime={event.at}>{instant(event.at)}</time> {event.message}
                      {event.by && ` (${event.by})`}
                    </li>
                  ))}
                </ol>
              </section>
            </div>
          </>
        ) : (
          <p class="note">There is no job {id}.</p>
        )
      }
    </Show>
  );
}

function State({ job, progress }: { job: JobRowFragment; progress: Progress | undefined }) {
  const now = current(job, progress);
  return (
    <p class="state" aria-live="polite">
      <span class={`badge ${now.status}`}>{words(now.status)}</span> <Bar percent={now.percent} label="Progress" />{" "}
      {now.percent.toFixed(1)} %, {now.datesCompleted} of {plural(now.datesTotal, "date")}
      {now.rate !== null && now.status === "RUNNING" && `, ${now.rate.toFixed(1)} lineups a second`}
      {now.etaSeconds !== null && now.status === "RUNNING" && `, ${duration(now.etaSeconds)} left`}
      {now.status === "WAITING" && now.resumeAt && `: the source wants no requests until ${instant(now.resumeAt)}`}
      {job.pendingAction && ` (${words(job.pendingAction)} was asked for)`}
    </p>
  );
}

function Actions({ job, status, reload }: { job: JobRowFragment; status: Status; reload: () => void }) {
  const { run, isBusy, error } = useAction();
  const does = (document: Parameters<typeof act>[0]) => () =>
    run(async () => {
      await act(document, job.id);
      reload();
    });
  return (
    <>
      <p class="row">
        {PAUSABLE.has(status) && (
          <button
            type="button"
            disabled={isBusy}
            onClick={does(PauseDocument)}
            title="The date in flight is finished first"
          >
            Pause
          </button>
        )}
        {RESUMABLE.has(status) && (
          <button
            type="button"
            class="primary"
            disabled={isBusy}
            onClick={does(ResumeDocument)}
            title="Done dates are not asked for again"
          >
            {status === "FAILED" ? "Try what failed again" : "Resume"}
          </button>
        )}
        {(PAUSABLE.has(status) || RESUMABLE.has(status)) && (
          <button
            type="button"
            disabled={isBusy}
            onClick={does(CancelDocument)}
            title="What was collected is kept; the job cannot be resumed"
          >
            Cancel
          </button>
        )}
      </p>
      {error && <ErrorNote error={error} />}
    </>
  );
}
