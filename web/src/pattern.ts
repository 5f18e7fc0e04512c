/**
 * Matches patterns for certain hours of every day. A pattern without an hour, `0  * * *`, occurs only in the schedule form, while no hour
 * is chosen.
 */
const DAILY = /^(\d{1,2}) ([\d,]*) \* \* \*$/;

/** Returns the hours and the minute of a pattern for certain hours of every day; null for any other pattern. */
export function hoursOf(cron: string): { minute: number; hours: number[] } | null {
  const [, minute, hours] = DAILY.exec(cron) ?? [];
  if (minute === undefined || hours === undefined) return null;
  return { minute: Number(minute), hours: hours.split(",").filter(Boolean).map(Number) };
}

/** Returns a pattern such as "0 6,13,22 * * *". */
export const patternOf = (hours: readonly number[], minute: number): string =>
  `${minute} ${[...hours].sort((a, b) => a - b).join(",")} * * *`;

/** Returns a simple pattern in words, such as "Every day at 6:00, 13:00 and 22:00"; null for any other pattern. */
export function readable(cron: string): string | null {
  const [, every] = /^\*\/(\d+) \* \* \* \*$/.exec(cron) ?? [];
  // If 60 is not a multiple of the number of minutes, the last step of each hour is shorter.
  if (every && 60 % Number(every) === 0) return `Every ${every} minutes`;
  const at = hoursOf(cron);
  if (!at?.hours.length) return null;
  const times = at.hours.map((hour) => `${hour}:${String(at.minute).padStart(2, "0")}`);
  const last = times.pop();
  return `Every day at ${times.length > 0 ? `${times.join(", ")} and ` : ""}${last}`;
}
