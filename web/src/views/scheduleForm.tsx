import { useState } from "preact/hooks";
import { ask } from "../api.ts";
import { CreateScheduleDocument, type ScheduleRowFragment, UpdateScheduleDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { hoursOf, patternOf, readable } from "../pattern.ts";
import { ErrorNote, useAction } from "../ui.tsx";

type Kind = ScheduleRowFragment["kind"];
type Props = {
  page: Page;
  /** The schedule to edit; null for a new one. */
  schedule: ScheduleRowFragment | null;
  onSaved: () => void;
};

/** Edits a schedule: the name, the kind of job, and the times. The times are certain hours of every day or follow a custom pattern. */
export function ScheduleForm({ page, schedule, onSaved }: Props) {
  const [kind, setKind] = useState<Kind>(schedule?.kind ?? "UPDATE");
  const [cron, setCron] = useState(schedule?.cron ?? "0 6,13,22 * * *");
  const [isOwn, setOwn] = useState(schedule !== null && hoursOf(schedule.cron) === null);
  const { run, isBusy, error } = useAction();
  const at = hoursOf(cron);
  const submit = (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? "");
    const said = {
      name: text("name"),
      cron,
      timezone: text("timezone"),
      lookbackDays: Number(form.get("lookbackDays") ?? schedule?.lookbackDays ?? 7),
      mend: form.get("mend") !== null,
    };
    run(async () => {
      if (schedule) await ask(UpdateScheduleDocument, { input: { id: schedule.id, ...said } });
      else
        await ask(CreateScheduleDocument, {
          input: {
            ...said,
            kind,
            leagueKey: page.league,
            environment: page.environment,
            enabled: true,
            overlap: "SKIP",
            catchUp: "LATEST",
          },
        });
      onSaved();
    });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <p class="row">
        <label>
          Name <input name="name" required maxLength={100} defaultValue={schedule?.name} />
        </label>
        {schedule === null && (
          <label>
            What it runs{" "}
            <select value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value as Kind)}>
              <option value="UPDATE">an update of the newest dates</option>
              <option value="VERIFY">a verification of stored lineups</option>
            </select>
          </label>
        )}
        {kind === "UPDATE" ? (
          <label>
            Days back{" "}
            <input
              name="lookbackDays"
              type="number"
              min={1}
              max={30}
              required
              defaultValue={schedule?.lookbackDays ?? 7}
            />
          </label>
        ) : (
          <label class="check">
            <input name="mend" type="checkbox" defaultChecked={schedule?.mend ?? false} /> Collect damaged dates again
          </label>
        )}
        <label>
          Time zone <input name="timezone" required defaultValue={schedule?.timezone ?? "America/New_York"} />
        </label>
      </p>
      <label class="check">
        <input type="checkbox" checked={isOwn} onChange={({ currentTarget }) => setOwn(currentTarget.checked)} /> Custom
        cron pattern
      </label>
      {isOwn ? (
        <p class="row">
          <label>
            Minute, hour, day of the month, month, day of the week{" "}
            <input required value={cron} onInput={({ currentTarget }) => setCron(currentTarget.value)} />
          </label>
          <span aria-live="polite">{readable(cron) ?? ""}</span>
        </p>
      ) : (
        <fieldset class="hours">
          <legend aria-live="polite">{at?.hours.length ? readable(cron) : "Choose at least one hour"}</legend>
          {Array.from({ length: 24 }, (_, hour) => (
            <label key={hour}>
              <input
                type="checkbox"
                checked={at?.hours.includes(hour) ?? false}
                onChange={({ currentTarget }) => {
                  const others = (at?.hours ?? []).filter((each) => each !== hour);
                  setCron(patternOf(currentTarget.checked ? [...others, hour] : others, at?.minute ?? 0));
                }}
              />
              {hour}:{String(at?.minute ?? 0).padStart(2, "0")}
            </label>
          ))}
          <label>
            Minute{" "}
            <input
              type="number"
              min={0}
              max={59}
              value={at?.minute ?? 0}
              onChange={({ currentTarget }) => {
                const minute = Math.min(59, Math.max(0, Math.round(currentTarget.valueAsNumber || 0)));
                setCron(patternOf(at?.hours ?? [], minute));
                currentTarget.value = String(minute);
              }}
            />
          </label>
        </fieldset>
      )}
      <button type="submit" class="primary" disabled={!isOwn && !at?.hours.length} aria-disabled={isBusy}>
        {schedule ? "Save schedule" : "Add schedule"}
      </button>
      {error && <ErrorNote error={error} />}
    </form>
  );
}
