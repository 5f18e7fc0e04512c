import { useEffect, useState } from "preact/hooks";
import { days, duration, instant, plural, time, words } from "../format.ts";
import {
  CancelDocument,
  JobDocument,
  type JobQuery,
  type JobRowFragment,
  PauseDocument,
  ResumeDocument,
} from "../generated/documents.ts";
import { act, current, KINDS, PAUSABLE, RESUMABLE, type Status } from "../jobs.ts";
import { type Live, type Progress, useFromTheBeginning, useLive } from "../live.ts";
import type { Setting } from "../page.ts";
import { useNowAndThen, useQuery } from "../query.ts";
import { address, go } from "../route.ts";
import { stretchesOf } from "../stretches.ts";
import { Bar, ErrorNote, Nowhere, Scrolls, Show, Twice, useAction } from "../ui.tsx";

/** Shows one job: its progress, its events, and its actions. */
export function JobPage({ id, setting, live }: { id: string; setting: Setting; live: Live }) {
  const found = useQuery(JobDocument, { id });
  const [progress, setProgress] = useState<Progress | undefined>(() => live.progressOf(id));
  const { job: known } = found.data ?? {};
  // The id in the address may be "latest".
  const jobId = known?.id ?? id;
  const soon = useNowAndThen(found.reload);
  const isOnline = useLive(live, (each) => {
    if (each.jobId !== jobId) return;
    setProgress(each);
    // While the job runs, one reload a second is enough. If the job is not running, reload at once to get the last events.
    if (each.status === "RUNNING") soon();
    else void found.reload();
  });
  useFromTheBeginning(live, found, ({ job }) => job !== null && PAUSABLE.has(job.status));
  // The stream covers one environment, so the page switches to the environment of the job.
  const environment = known?.environment;
  useEffect(() => {
    if (environment && environment !== setting.environment)
      go(address("jobs", id, { env: environment === "TEST" ? "TEST" : null }), { isReplacing: true });
  }, [environment, setting.environment, id]);
  return (
    <Show of={found}>
      {({ job }) =>
        job ? (
          <>
            <header class="title">
              <h1>
                {job.league?.name ?? job.leagueKey}{" "}
                <small>
                  {KINDS[job.kind]}, {days(job.startDate, job.endDate)}
                </small>
              </h1>
              <State job={job} progress={progress} />
            </header>
            {setting.isOperator && (
              <Actions job={job} status={current(job, progress).status} isOnline={isOnline} reload={found.reload} />
            )}
            {job.error && (
              <p class="note error">
                {job.error.code}: {job.error.message}
              </p>
            )}
            <div class="columns">
              <section class="panel job-part">
                <h2>Details</h2>
                <dl>
                  <dt>Job</dt>
                  <dd class="id">{job.id}</dd>
                  <dt>Started by</dt>
                  <dd>
                    {[job.schedule && `schedule ${job.schedule.name}`, job.startedBy].filter(Boolean).join(", ") ||
                      "unknown"}
                  </dd>
                  <dt>Created</dt>
                  <dd>{instant(job.createdAt)}</dd>
                  {job.finishedAt && <dt>Finished</dt>}
                  {job.finishedAt && <dd>{instant(job.finishedAt)}</dd>}
                  <dt>Records</dt>
                  <dd>
                    {job.recordsProcessed.toLocaleString("en")}: {job.recordsInserted.toLocaleString("en")} new,{" "}
                    {job.recordsUpdated.toLocaleString("en")} changed, {job.recordsUnchanged.toLocaleString("en")}{" "}
                    unchanged
                  </dd>
                  {job.datesSuspect > 0 && <dt>In doubt</dt>}
                  {job.datesSuspect > 0 && (
                    <dd>{plural(job.datesSuspect, "date")}, checked again by the first update on another day</dd>
                  )}
                  <dt>Requests</dt>
                  <dd>
                    {job.requests}, {job.retries} of them retries
                  </dd>
                </dl>
                {job.report && <Report report={job.report} />}
                <Dates dates={job.dates} />
                {job.league && (
                  <p>
                    <a href={address("season", null, { league: job.leagueKey, from: job.startDate, to: job.endDate })}>
                      {job.status === "CANCELLED" || job.status === "FAILED"
                        ? "Choose these dates again"
                        : "Show these dates in Season"}
                    </a>
                  </p>
                )}
              </section>
              <section class="panel job-part">
                <h2>Events</h2>
                <Scrolls label="Events, newest first">
                  <ol class="events" reversed>
                    {job.events.nodes.toReversed().map((event) => (
                      <li key={event.cursor}>
                        <time dateTime={event.at} title={instant(event.at)}>
                          {time(event.at)}
                        </time>{" "}
                        {event.message}
                        {event.by && ` (${event.by})`}
                      </li>
                    ))}
                  </ol>
                </Scrolls>
              </section>
            </div>
          </>
        ) : (
          <Nowhere title={`There is no job ${id}`}>
            <a href={address("jobs")}>Go to all jobs</a>
          </Nowhere>
        )
      }
    </Show>
  );
}

function State({ job, progress }: { job: JobRowFragment; progress: Progress | undefined }) {
  const now = current(job, progress);
  return (
    <p class="state">
      <span class={`badge ${now.status}`} role="status">
        {words(now.status)}
      </span>{" "}
      <Bar of={now} label="Progress" /> {now.percent.toFixed(1)} %, {now.datesCompleted} of{" "}
      {plural(now.datesTotal, "date")}
      {now.rate !== null && now.status === "RUNNING" && `, ${now.rate.toFixed(1)} lineups a second`}
      {now.etaSeconds !== null && now.status === "RUNNING" && `, ${duration(now.etaSeconds)} left`}
      {now.status === "WAITING" && now.resumeAt && `: resumes on ${instant(now.resumeAt)}`}
      {job.pendingAction && ` (${words(job.pendingAction)} requested)`}
    </p>
  );
}

type DatesProps = { dates: NonNullable<JobQuery["job"]>["dates"] };

/** Lists the dates that failed, were skipped or are under way. Consecutive dates with the same result share a line. */
function Dates({ dates }: DatesProps) {
  if (dates.length === 0) return null;
  const said = ({ status, reason, error }: DatesProps["dates"][number]) =>
    `${status === "SKIPPED" ? "skipped" : words(status)}${(error ?? reason) ? `: ${error ? `${error.code}, ${error.message}` : reason}` : ""}`;
  return (
    <Scrolls label="Other dates">
      <h2>Other dates</h2>
      <ul class="dates">
        {stretchesOf(dates, said).map(({ start, end, days: n, said: first }) => (
          <li key={start}>
            <strong>{n === 1 ? start : `${start} to ${end}`}</strong> {n > 1 && `(${plural(n, "date")}) `}
            {said(first)}
          </li>
        ))}
      </ul>
    </Scrolls>
  );
}

type ReportProps = { report: NonNullable<NonNullable<JobQuery["job"]>["report"]> };

/** Shows the findings of a verification. */
function Report({ report: { teamDaysChecked, recordsChecked, errors, warnings, findings } }: ReportProps) {
  return (
    <>
      <h2>Findings</h2>
      <p>
        {plural(recordsChecked, "record")} in {plural(teamDaysChecked, "lineup")} counted and hashed:{" "}
        {plural(errors, "error")}, {plural(warnings, "warning")}
      </p>
      <ul class="list">
        {findings.map(({ code, message, severity }) => (
          <li key={`${code} ${message}`}>
            <span class={`badge ${severity === "ERROR" ? "FAILURE" : "WARNING"}`}>{words(severity)}</span> {message}
          </li>
        ))}
      </ul>
    </>
  );
}

type ActionsProps = { job: JobRowFragment; status: Status; isOnline: boolean; reload: () => Promise<void> };

function Actions({ job, status, isOnline, reload }: ActionsProps) {
  const { run, isBusy, error } = useAction();
  const does = (document: Parameters<typeof act>[0]) => () =>
    run(async () => {
      await act(document, job.id);
      await reload();
    });
  return (
    <>
      <p class="row">
        {PAUSABLE.has(status) && (
          <button type="button" disabled={!isOnline} aria-disabled={isBusy} onClick={does(PauseDocument)}>
            Pause job
          </button>
        )}
        {RESUMABLE.has(status) && (
          <button
            type="button"
            class="primary"
            disabled={!isOnline}
            aria-disabled={isBusy}
            onClick={does(ResumeDocument)}
          >
            {status === "FAILED" ? "Retry failed dates" : "Resume job"}
          </button>
        )}
        {(PAUSABLE.has(status) || RESUMABLE.has(status)) && (
          <Twice
            label="Cancel job"
            sureLabel="Confirm cancellation"
            isBusy={!isOnline || isBusy}
            onSure={does(CancelDocument)}
          />
        )}
        <small>
          {PAUSABLE.has(status) && "Pausing finishes the date in flight first. "}
          {RESUMABLE.has(status) && "Completed dates are not collected again. "}
          {(PAUSABLE.has(status) || RESUMABLE.has(status)) &&
            "Cancelling keeps collected dates. A cancelled job cannot be resumed."}
        </small>
      </p>
      {error && <ErrorNote error={error} />}
    </>
  );
}
