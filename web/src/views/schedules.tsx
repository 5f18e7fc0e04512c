import { useState } from "preact/hooks";
import { ask } from "../api.ts";
import { instant, instantIn, words } from "../format.ts";
import {
  CreateScheduleDocument,
  EnableScheduleDocument,
  RunScheduleDocument,
  type ScheduleRowFragment,
  SchedulesDocument,
} from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { address, go } from "../route.ts";
import { ErrorNote, Show, useAction, useQuery } from "../ui.tsx";

/** When leagues are brought up to date by themselves, and what was decided. */
export function Schedules({ page }: { page: Page }) {
  const found = useQuery(SchedulesDocument, { environment: page.environment });
  return (
    <>
      <header class="title">
        <h1>Schedules</h1>
      </header>
      {page.isOperator && <Create page={page} reload={found.reload} />}
      <Show of={found}>
        {({ schedules }) => (
          <div class="columns">
            {schedules?.length === 0 && <p class="note">There is no schedule in this environment yet.</p>}
            {schedules?.map((schedule) => (
              <One schedule={schedule} page={page} reload={found.reload} key={schedule.id} />
            ))}
          </div>
        )}
      </Show>
    </>
  );
}

function One({ schedule, page, reload }: { schedule: ScheduleRowFragment; page: Page; reload: () => void }) {
  const { run, isBusy, error } = useAction();
  return (
    <section class="panel">
      <h2>{schedule.name}</h2>
      <p>
        {readable(schedule.cron) ?? schedule.cron}, in {schedule.timezone}; {words(schedule.kind)} of{" "}
        {schedule.leagueKey}
      </p>
      <p>
        {schedule.enabled
          ? `Next: ${schedule.nextRuns.map((at) => `${instant(at)} (${instantIn(at, schedule.timezone)})`).join("; ") || "never"}`
          : "Disabled"}
        {schedule.lastRunAt && `. Last run ${instant(schedule.lastRunAt)}`}
      </p>
      {schedule.warning && <p class="note error">{schedule.warning}</p>}
      {page.isOperator && (
        <p class="row">
          <button
            type="button"
            aria-label={`${schedule.enabled ? "Disable" : "Enable"}: ${schedule.name}`}
            disabled={isBusy}
            onClick={() =>
              run(async () => {
                await ask(EnableScheduleDocument, { id: schedule.id, enabled: !schedule.enabled });
                reload();
              })
            }
          >
            {schedule.enabled ? "Disable" : "Enable"}
          </button>
          <button
            type="button"
            aria-label={`Run now: ${schedule.name}`}
            disabled={isBusy}
            onClick={() =>
              run(async () => {
                const { triggerSchedule } = await ask(RunScheduleDocument, { id: schedule.id });
                go(address("jobs", triggerSchedule.job.id));
              })
            }
          >
            Run now
          </button>
        </p>
      )}
      {error && <ErrorNote error={error} />}
      <p>
        <a href={address("jobs", null, { schedule: schedule.id })}>Its jobs</a>
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

/** A new schedule: every day at some hours. */
function Create({ page, reload }: { page: Page; reload: () => void }) {
  const [hours, setHours] = useState<readonly number[]>([6, 13, 22]);
  const { run, isBusy, error } = useAction();
  const cron = `0 ${[...hours].sort((a, b) => a - b).join(",")} * * *`;
  return (
    <details class="panel">
      <summary>Add a schedule for this league</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          run(async () => {
            const input = {
              name: String(form.get("name")),
              leagueKey: page.league,
              environment: page.environment,
              cron,
              timezone: String(form.get("timezone")),
              lookbackDays: 7,
              enabled: true,
              overlap: "SKIP" as const,
              catchUp: "LATEST" as const,
              kind: "UPDATE" as const,
              mend: false,
            };
            await ask(CreateScheduleDocument, { input });
            reload();
          });
        }}
      >
        <p class="row">
          <label>
            Name <input name="name" required maxLength={100} />
          </label>
          <label>
            Time zone <input name="timezone" required defaultValue="America/New_York" />
          </label>
        </p>
        <fieldset class="hours">
          <legend>{readable(cron) ?? "At no hour yet"}</legend>
          {Array.from({ length: 24 }, (_, hour) => (
            <label key={hour}>
              <input
                type="checkbox"
                checked={hours.includes(hour)}
                onChange={(e) =>
                  setHours((before) =>
                    (e.target as HTMLInputElement).checked ? [...before, hour] : before.filter((each) => each !== hour),
                  )
                }
              />
              {hour}:00
            </label>
          ))}
        </fieldset>
        <button type="submit" class="primary" disabled={isBusy || hours.length === 0}>
          Add it
        </button>
        {error && <ErrorNote error={error} />}
      </form>
    </details>
  );
}

/** "Every day at 6:00, 13:00 and 22:00"; null for a pattern that says more than that. */
function readable(cron: string): string | null {
  const every = /^\*\/(\d+) \* \* \* \*$/.exec(cron);
  if (every) return `Every ${every[1]} minutes`;
  const [, minute, hours] = /^(\d{1,2}) ([\d,]+) \* \* \*$/.exec(cron) ?? [];
  if (minute === undefined || hours === undefined) return null;
  const times = hours.split(",").map((hour) => `${hour}:${minute.padStart(2, "0")}`);
  const last = times.pop();
  return `Every day at ${times.length > 0 ? `${times.join(", ")} and ` : ""}${last}`;
}
