import { useState } from "preact/hooks";
import { ApiError } from "../api.ts";
import { days, duration, instant, plural, words } from "../format.ts";
import { type JobRowFragment, JobsDocument, PauseDocument, ResumeDocument } from "../generated/documents.ts";
import { act, current, KINDS, PAUSABLE, STATUSES, type Status } from "../jobs.ts";
import { type Live, type Progress, useFromTheBeginning, useLive } from "../live.ts";
import type { Setting } from "../page.ts";
import { useNowAndThen, useQuery } from "../query.ts";
import { address, go, type Route } from "../route.ts";
import { Bar, ErrorNote, Show, useAction } from "../ui.tsx";
import { Durations, Trend } from "./jobFigures.tsx";

const PAGE = 20;

type Props = { setting: Setting; league: string | null; route: Route; live: Live };

/** Lists the jobs of a league or of all leagues, newest first, and updates the list live. */
export function Jobs({ setting, league, route, live }: Props) {
  // If no league is known, the jobs of all leagues are shown, because some of the jobs may have failed to read their league.
  const isAll = league === null || route.query.get("all") !== null;
  const status = STATUSES.find((each) => each === route.query.get("status"));
  const person = route.query.get("by");
  const schedule = route.query.get("schedule");
  const [after, before] = [route.query.get("after"), route.query.get("before")];
  const jobs = useQuery(JobsDocument, {
    environment: setting.environment,
    key: isAll ? null : league,
    status: status ? [status] : null,
    startedBy: person,
    scheduleId: schedule,
    first: before ? null : PAGE,
    after,
    last: before ? PAGE : null,
    before,
  });
  const progress = useProgress(live, jobs.reload);
  useFromTheBeginning(live, jobs, ({ jobs: page }) => page?.nodes.some(({ status }) => PAUSABLE.has(status)) ?? false);
  const isFiltered = Boolean(status || person || schedule);
  const chosen = { status: status ?? null, by: person, schedule, all: route.query.get("all") };
  const choose = (changes: Record<string, string | null>) => go(address("jobs", null, { ...chosen, ...changes }));
  return (
    <>
      <header class="title">
        <h1>Jobs</h1>
        <form class="row" onSubmit={(event) => event.preventDefault()}>
          <label>
            State{" "}
            <select
              value={status ?? ""}
              onChange={(e) => choose({ status: (e.target as HTMLSelectElement).value || null })}
            >
              <option value="">all</option>
              {STATUSES.map((each) => (
                <option value={each} key={each}>
                  {words(each)}
                </option>
              ))}
            </select>
          </label>
          <label>
            Started by (full name){" "}
            <input
              value={person ?? ""}
              onChange={(e) => choose({ by: (e.target as HTMLInputElement).value.trim() || null })}
            />
          </label>
          <label>
            Schedule{" "}
            <select
              value={schedule ?? ""}
              onChange={(e) => choose({ schedule: (e.target as HTMLSelectElement).value || null })}
            >
              <option value="">all</option>
              {jobs.data?.schedules
                ?.filter(({ leagueKey }) => isAll || leagueKey === league)
                .map(({ id, name }) => (
                  <option value={id} key={id}>
                    {name}
                  </option>
                ))}
            </select>
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={isAll}
              disabled={league === null}
              onChange={(e) => choose({ all: (e.target as HTMLInputElement).checked ? "1" : null })}
            />{" "}
            All leagues
          </label>
        </form>
      </header>
      <Show of={jobs}>
        {({ jobs: found, ended, jobStatistics: statistics }) => (
          <>
            {statistics && statistics.totalJobs > 0 && (
              <div class="figures">
                <Trend statistics={statistics} />
                <Durations jobs={ended?.nodes ?? []} statistics={statistics} />
              </div>
            )}
            {setting.isOperator && <Bulk jobs={found?.nodes ?? []} progress={progress} reload={jobs.reload} />}
            {found?.nodes.length === 0 && (
              <p class="note">
                {isFiltered ? "No jobs match. Change the filters." : "No jobs yet. Collect dates in Season."}
              </p>
            )}
            <ul class="jobs">
              {found?.nodes.map((job) => (
                <li key={job.id}>
                  <Row job={job} progress={progress.get(job.id)} />
                </li>
              ))}
            </ul>
            {!isAll && (
              <p>
                <a href={address("jobs", null, { ...chosen, all: "1" })}>Show the jobs of all leagues</a>
              </p>
            )}
            <nav class="row" aria-label="Pages">
              {found?.pageInfo.hasPreviousPage && (
                <a href={address("jobs", null, { ...chosen, before: found.pageInfo.startCursor ?? null })}>Newer</a>
              )}
              {found?.pageInfo.hasNextPage && (
                <a href={address("jobs", null, { ...chosen, after: found.pageInfo.endCursor ?? null })}>Older</a>
              )}
            </nav>
          </>
        )}
      </Show>
    </>
  );
}

type BulkProps = {
  jobs: readonly JobRowFragment[];
  progress: ReadonlyMap<string, Progress>;
  reload: () => Promise<void>;
};

/** Pauses or resumes all jobs of the page at once. */
function Bulk({ jobs, progress, reload }: BulkProps) {
  const { run, isBusy, error } = useAction();
  const those = (statuses: ReadonlySet<Status>) =>
    jobs.filter((job) => statuses.has(current(job, progress.get(job.id)).status));
  const [running, failed] = [those(PAUSABLE), those(new Set(["FAILED"]))];
  const each = (document: typeof PauseDocument | typeof ResumeDocument, chosen: readonly JobRowFragment[]) => () =>
    run(async () => {
      // If one job has ended meanwhile, the action continues with the next job.
      const failed: string[] = [];
      for (const { id } of chosen)
        await act(document, id).catch((error) => failed.push(`job ${id.slice(-6)}: ${error.message}`));
      await reload();
      if (failed.length > 0)
        throw new ApiError(
          `Failed for ${failed.length} of ${plural(chosen.length, "job")}: ${failed.join("; ")}`,
          "PARTLY",
        );
    });
  return (
    <>
      <p class="row">
        {running.length > 1 && (
          <button type="button" aria-disabled={isBusy} onClick={each(PauseDocument, running)}>
            Pause all {running.length} jobs
          </button>
        )}
        {failed.length > 1 && (
          <button type="button" aria-disabled={isBusy} onClick={each(ResumeDocument, failed)}>
            Retry failed dates of {failed.length} jobs
          </button>
        )}
      </p>
      {error && <ErrorNote error={error} />}
    </>
  );
}

/** Returns a map from job id to the job's newest progress. Reloads the list when a job is new or changes its state. */
function useProgress(live: Live, reload: () => void): ReadonlyMap<string, Progress> {
  const [all, setAll] = useState<ReadonlyMap<string, Progress>>(new Map());
  const soon = useNowAndThen(reload);
  useLive(live, (progress) => {
    if (all.get(progress.jobId)?.status !== progress.status) soon();
    setAll((before) => new Map(before).set(progress.jobId, progress));
  });
  return all;
}

function Row({ job, progress }: { job: JobRowFragment; progress: Progress | undefined }) {
  const now = current(job, progress);
  return (
    <a class="job" href={address("jobs", job.id)}>
      <span class={`badge ${now.status}`}>{words(now.status)}</span>
      <span class="what">
        <strong>{job.league?.name ?? job.leagueKey}</strong> {KINDS[job.kind]}, {days(job.startDate, job.endDate)}
        <small>
          {instant(job.createdAt)}
          {job.startedBy && `, by ${job.startedBy}`}
        </small>
      </span>
      <Bar of={now} label={`Progress of job ${job.id.slice(-6)}`} />
      <span class="numbers">
        {now.datesCompleted} of {plural(now.datesTotal, "date")}
        {now.datesFailed > 0 && `, ${now.datesFailed} failed`}
        {now.status === "WAITING" && now.resumeAt && <small>resumes on {instant(now.resumeAt)}</small>}
        {now.status === "RUNNING" && now.etaSeconds !== null && <small>{duration(now.etaSeconds)} left</small>}
      </span>
    </a>
  );
}
