import { MINUTE } from "../../src/clock.ts";

/** A cron pattern in UTC, with a function that tells, independently of croner, whether a minute matches. */
export type ModelPattern = { cron: string; matches: (at: number) => boolean };

/** Builds a pattern from the values that each field allows; null allows every value. */
export function modelPattern(
  minutes: number[] | null,
  hours: number[] | null,
  weekdays: number[] | null,
): ModelPattern {
  const text = (values: number[] | null) => (values === null ? "*" : [...new Set(values)].join(","));
  const allows = (values: number[] | null, value: number) => values === null || values.includes(value);
  return {
    cron: `${text(minutes)} ${text(hours)} * * ${text(weekdays)}`,
    matches: (at) => {
      const date = new Date(at);
      return (
        allows(minutes, date.getUTCMinutes()) && allows(hours, date.getUTCHours()) && allows(weekdays, date.getUTCDay())
      );
    },
  };
}

const GRACE_MS = 2 * MINUTE;
const MAX_ROWS = 100;

export type ModelRow = { scheduledFor: number; scheduledUntil: number | null; trigger: string; outcome: string };
type Policies = { overlap: "SKIP" | "QUEUE"; catchUp: "LATEST" | "NONE"; enabled: boolean };

/** Creates a plain model of a schedule, to compare with `schedules/decide.ts`. The model checks every single minute. */
export function createModel(pattern: ModelPattern, now: number, policies: Policies) {
  const model = {
    pattern,
    ...policies,
    mark: now,
    queued: null as number | null,
    busy: false,
    starts: 0,
    rows: [] as ModelRow[],
  };

  const tell = (scheduledFor: number, outcome: string, scheduledUntil: number | null = null, trigger = "CRON") =>
    model.rows.push({ scheduledFor, scheduledUntil, trigger, outcome });
  const start = (scheduledFor: number, trigger = "CRON") => {
    tell(scheduledFor, "STARTED", null, trigger);
    model.busy = true;
    model.starts++;
  };
  const comeDue = (until: number): number[] => {
    const due: number[] = [];
    for (let at = Math.floor(model.mark / MINUTE) * MINUTE + MINUTE; at <= until; at += MINUTE)
      if (model.pattern.matches(at)) due.push(at);
    return due;
  };
  /** Records the given times as missed, in one row if there are many. */
  const missAll = (times: number[], isMany: boolean) => {
    const [first, last] = [times[0], times.at(-1)];
    if (first === undefined || last === undefined) return;
    if (isMany) tell(first, "SKIPPED_MISSED", last);
    else for (const at of times) tell(at, "SKIPPED_MISSED");
  };

  return {
    model,
    pass(now: number) {
      if (!model.enabled) return;
      const due = comeDue(now);
      const latest = due.at(-1);
      const before = due.slice(0, -1);
      const isMany = due.length > MAX_ROWS;
      if (latest !== undefined) model.mark = latest;
      const isLate = (at: number) => now - at > GRACE_MS;
      if (model.queued !== null) {
        missAll(isMany ? before : before.filter(isLate), isMany);
        for (const at of isMany ? [] : before) if (!isLate(at)) tell(at, "SKIPPED_OVERLAP");
        const isFree = !model.busy;
        const takesPlace = isFree && latest !== undefined && !isLate(latest) && model.overlap === "QUEUE";
        if (latest !== undefined && !takesPlace) tell(latest, isLate(latest) ? "SKIPPED_MISSED" : "SKIPPED_OVERLAP");
        if (!isFree) return;
        start(model.queued);
        model.queued = takesPlace ? latest : null;
      } else if (latest !== undefined) {
        missAll(before, isMany);
        const catchesUp = model.catchUp === "LATEST" && (before.length > 0 || isLate(latest));
        if (isLate(latest) && model.catchUp === "NONE") tell(latest, "SKIPPED_MISSED");
        else if (!model.busy) start(latest);
        else if (model.overlap === "QUEUE" || catchesUp) model.queued = latest;
        else tell(latest, "SKIPPED_OVERLAP");
      }
    },
    trigger(now: number) {
      if (model.busy) tell(now, "SKIPPED_OVERLAP", null, "MANUAL");
      else start(now, "MANUAL");
    },
    finish() {
      model.busy = false;
    },
    change(now: number, { pattern, ...wanted }: Partial<Policies> & { pattern?: ModelPattern }) {
      const startsOver = model.mark > now + GRACE_MS;
      const isNew =
        (wanted.enabled === true && startsOver) ||
        (pattern !== undefined && pattern.cron !== model.pattern.cron) ||
        (wanted.enabled !== undefined && wanted.enabled !== model.enabled);
      const dropsQueued = isNew || (model.overlap === "QUEUE" && wanted.overlap === "SKIP");
      if (model.enabled && isNew) {
        const due = comeDue(now);
        const isMany = due.length > MAX_ROWS;
        missAll(due.slice(0, -1), isMany);
        missAll(due.slice(-1), false);
      }
      if (dropsQueued && model.queued !== null) {
        tell(model.queued, "SKIPPED_OVERLAP");
        model.queued = null;
      }
      if (isNew) model.mark = startsOver ? now : Math.max(model.mark, now);
      Object.assign(model, wanted, pattern ? { pattern } : {});
    },
  };
}
