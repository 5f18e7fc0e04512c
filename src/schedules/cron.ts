import { Cron } from "croner";
import { LedgerError } from "../errors.ts";
import { plural } from "../text.ts";

const FIELDS = ["minute", "hour", "day of the month", "month", "day of the week"] as const;
const ALLOWED =
  "five fields (minute, hour, day of month, month, day of week), such as 0 6,13,22 * * *, or @hourly, @daily, @weekly, @monthly, @yearly";
const MAX_PATTERN = 100;

/** A cron pattern and the time zone of its fields. */
export type Pattern = { cron: string; timezone: string };

/**
 * Returns at most `limit` due times, in milliseconds since 1970: the first ones later than `after` and not later than `until`.
 *
 * When daylight saving time begins or ends, croner computes due times as Vixie's cron does. A time that the clocks skip is due at the first
 * instant after the gap. A time that occurs twice is due only at its first occurrence. A pattern whose minute or hour is a wildcard follows
 * the wall clock instead (`test/schedules/cron.test.ts` has the table).
 */
export function dueTimes({ cron, timezone }: Pattern, after: number, { until = Infinity, limit = Infinity }): number[] {
  const pattern = parse(cron, timezone);
  const times: number[] = [];
  for (let next = pattern.nextRun(new Date(after)); next && times.length < limit; next = pattern.nextRun(next)) {
    if (next.getTime() > until) break;
    times.push(next.getTime());
  }
  return times;
}

export function nextDueTime(pattern: Pattern, after: number): number | null {
  return dueTimes(pattern, after, { limit: 1 })[0] ?? null;
}

/** Returns the last due time up to and including an instant; null when there was none. */
export function lastDueTime({ cron, timezone }: Pattern, until: number): number | null {
  const [last] = parse(cron, timezone).previousRuns(1, new Date(until + 1));
  return last?.getTime() ?? null;
}

const parse = (cron: string, timezone: string): Cron => new Cron(cron, { timezone, mode: "5-part", paused: true });

/**
 * Throws BAD_USER_INPUT for an invalid zone, for a pattern that is never due, and for an invalid pattern. For an invalid pattern, the
 * message has croner's reason and the place of the fault.
 */
export function checkPattern({ cron, timezone }: Pattern, now: number): void {
  if (!isZone(timezone, now)) {
    throw new LedgerError(
      "BAD_USER_INPUT",
      `timezone: ${JSON.stringify(timezone.slice(0, 80))} is not a time zone; allowed: an IANA name such as America/New_York or UTC`,
    );
  }
  const fields = cron.trim().split(/\s+/);
  if (cron.length > MAX_PATTERN) throw refused(cron, `it has ${cron.length} characters, more than ${MAX_PATTERN}`);
  if (fields.length === 6 || fields.length === 7) {
    throw refused(cron, `${fields.length} fields given; expected 5. Seconds are not supported`);
  }
  const isName = /^@[a-z]+$/i.test(cron.trim());
  if (fields.length !== FIELDS.length && !isName)
    throw refused(cron, `it has ${plural(cron.trim() === "" ? 0 : fields.length, "field")}`);
  const reason = fault(cron);
  if (reason !== null) throw refused(cron, isName ? "there is no such name" : `${reason}${place(cron)}`);
  if (nextDueTime({ cron, timezone }, now) === null)
    throw refused(cron, "it is never due because there is no such day");
}

/** Croner rejects an invalid zone only when it computes a time, and treats an empty name as the machine's zone. */
function isZone(timezone: string, now: number): boolean {
  // Reject offsets such as +05:00, because an offset is not the name of a zone and older runtimes do not support offsets.
  if (!/^[A-Za-z]/.test(timezone)) return false;
  try {
    return parse("* * * * *", timezone).nextRun(new Date(now)) !== null;
  } catch {
    return false;
  }
}

/** Returns croner's reason why a pattern is invalid; null when it is valid. */
function fault(cron: string): string | null {
  try {
    parse(cron, "UTC");
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^CronPattern: /, "").replace(/\.$/, "");
  }
}

/**
 * Returns a text with the name and position of the first field that is invalid by itself. Positions are counted from 1. The text is empty
 * if no field is invalid by itself.
 */
function place(cron: string): string {
  const fields = [...cron.matchAll(/\S+/g)];
  for (const [i, name] of FIELDS.entries()) {
    const field = fields[i];
    const alone = FIELDS.map((_, j) => (j === i ? field?.[0] : "*")).join(" ");
    if (field && fault(alone) !== null)
      return ` (field ${i + 1}, ${name}: ${field[0]}, at character ${field.index + 1})`;
  }
  return "";
}

function refused(cron: string, reason: string): LedgerError {
  return new LedgerError(
    "BAD_USER_INPUT",
    `cron: ${JSON.stringify(cron.slice(0, MAX_PATTERN))} is not a valid pattern: ${reason}; allowed: ${ALLOWED}`,
  );
}
