import { useState } from "preact/hooks";
import { ask } from "../api.ts";
import { instant, instantIn, plural, words } from "../format.ts";
import {
  DeleteScheduleDocument,
  RunScheduleDocument,
  type ScheduleRowFragment,
  SchedulesDocument,
  UpdateScheduleDocument,
} from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { readable } from "../pattern.ts";
import { useQuery } from "../query.ts";
import { address, go } from "../route.ts";
import { ErrorNote, Show, Twice, useAction } from "../ui.tsx";
import { ScheduleForm } from "./scheduleForm.tsx";

/** Lists the schedules of an environment, with their next runs and their decisions. */
export function Schedules({ page }: { page: Page }) {
  const [isAdding, setAdding] = useState(false);
  /** How many schedules were added on this page. The form's key is the count, so adding a schedule empties the form. */
  const [added, setAdded] = useState(0);
  const found = useQuery(SchedulesDocument, { environment: page.environment });
  return (
    <>
      <header class="title">
        <h1>Schedules</h1>
      </header>
      {page.isOperator && (
        <details class="panel" open={isAdding} onToggle={({ currentTarget }) => setAdding(currentTarget.open)}>
          <summary>Add a schedule for this league</summary>
          <ScheduleForm
            page={page}
            schedule={null}
            key={added}
            onSaved={() => {
              setAdding(false);
              setAdded(added + 1);
              void found.reload();
            }}
          />
        </details>
      )}
      <Show of={found}>
        {({ schedules }) => (
          <div class="columns">
            {schedules?.length === 0 && (
              <p class="note">No schedules in this environment yet. An operator can add one.</p>
            )}
            {schedules?.map((schedule) => (
              <One schedule={schedule} page={page} reload={found.reload} key={schedule.id} />
            ))}
          </div>
        )}
      </Show>
    </>
  );
}

function One({ schedule, page, reload }: { schedule: ScheduleRowFragment; page: Page; reload: () => Promise<void> }) {
  const [isChanging, setChanging] = useState(false);
  const { run, isBusy, error } = useAction();
  return (
    <section class="panel">
      <h2>{schedule.name}</h2>
      <p>
        {readable(schedule.cron) ?? schedule.cron}, in {schedule.timezone}; {words(schedule.kind)} of{" "}
        {schedule.leagueKey}
        {schedule.kind === "UPDATE" && `, ${plural(schedule.lookbackDays, "day")} back`}
      </p>
      <p>
        {schedule.enabled
          ? `Next: ${schedule.nextRuns.map((at) => [instant(at), instantIn(at, schedule.timezone)].filter(Boolean).join(", that is ")).join("; ") || "never"}`
          : "Disabled"}
        {schedule.lastRunAt && `. Last run ${instant(schedule.lastRunAt)}`}
      </p>
      {schedule.warning && <p class="note error">{schedule.warning}</p>}
      {page.isOperator && (
        <p class="row">
          <button
            type="button"
            aria-label={`${schedule.enabled ? "Disable schedule" : "Enable schedule"}: ${schedule.name}`}
            aria-disabled={isBusy}
            onClick={() =>
              run(async () => {
                await ask(UpdateScheduleDocument, { input: { id: schedule.id, enabled: !schedule.enabled } });
                reload();
              })
            }
          >
            {schedule.enabled ? "Disable schedule" : "Enable schedule"}
          </button>
          <button
            type="button"
            aria-label={`Run schedule now: ${schedule.name}`}
            aria-disabled={isBusy}
            onClick={() =>
              run(async () => {
                const { triggerSchedule } = await ask(RunScheduleDocument, { id: schedule.id });
                go(address("jobs", triggerSchedule.job.id));
              })
            }
          >
            Run schedule now
          </button>
          <button
            type="button"
            aria-label={`Edit schedule: ${schedule.name}`}
            aria-expanded={isChanging}
            onClick={() => setChanging(!isChanging)}
          >
            Edit schedule
          </button>
          <Twice
            label="Delete schedule"
            sureLabel="Confirm deletion"
            about={schedule.name}
            isBusy={isBusy}
            onSure={() =>
              run(async () => {
                await ask(DeleteScheduleDocument, { id: schedule.id });
                await reload();
              })
            }
          />
        </p>
      )}
      {error && <ErrorNote error={error} />}
      {isChanging && (
        <ScheduleForm
          page={page}
          schedule={schedule}
          onSaved={() => {
            setChanging(false);
            reload();
          }}
        />
      )}
      <p>
        <a href={address("jobs", null, { schedule: schedule.id, league: schedule.leagueKey })}>See its jobs</a>
      </p>
      {schedule.decisions.length > 0 && (
        <ul class="list">
          {schedule.decisions.map((decision) => (
            <li key={`${decision.scheduledFor} ${decision.trigger}`}>
              {instant(decision.scheduledFor)}: {words(decision.outcome)}
              {decision.reason && `, ${decision.reason}`}
              {decision.jobId && (
                <>
                  {" "}
                  <a href={address("jobs", decision.jobId)}>job {decision.jobId.slice(-6)}</a>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
