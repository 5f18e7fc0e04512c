/** A pattern that says "every day, at these hours"; no hour at all is written `0  * * *`, which no schedule has. */
const DAILY = /^(\d{1,2}) ([\d,]*) \* \* \*$/;

/** The hours and the minute of a pattern that says nothing else; null for any other. */
export function hoursOf(cron: string): { minute: number; hours: number[] } | null {
  const [, minute, hours] = DAILY.exec(cron) ?? [];
  if (minute === undefined || hours === undefined) return null;
  return { minute: Number(minute), hours: hours.split(",").filter(Boolean).map(Number) };
}

/** "0 6,13,22 * * *". */
export const patternOf = (hours: readonly number[], minute: number): string =>
  `${minute} ${[...hours].sort((a, b) => a - b).join(",")} * * *`;

/** "Every day at 6:00, 13:00 and 22:00"; null for a pattern that says more than that. */
export function readable(cron: string): string | null {
  const [, every] = /^\*\/(\d+) \* \* \* \*$/.exec(cron) ?? [];
  // Of other numbers the last step of an hour is shorter.
  if (every && 60 % Number(every) === 0) return `Every ${every} minutes`;
  const at = hoursOf(cron);
  if (!at?.hours.length) return null;
  const times = at.hours.map((hour) => `${hour}:${String(at.minute).padStart(2, "0")}`);
  const last = times.pop();
  return `Every day at ${times.length > 0 ? `${times.join(", ")} and ` : ""}${last}`;
}
