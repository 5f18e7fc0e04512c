import { addDays } from "./format.ts";

/** Consecutive dates with the same content: first date, last date and number of dates. */
export type Stretch<Said> = { start: string; end: string; days: number; said: Said };

/** Groups consecutive dates. @param key Function that returns the same value for all dates of a stretch. */
export function stretchesOf<Said extends { date: string }>(
  dates: readonly Said[],
  key: (said: Said) => string,
): Stretch<Said>[] {
  const stretches: Stretch<Said>[] = [];
  for (const said of dates) {
    const last = stretches.at(-1);
    if (last && key(last.said) === key(said) && addDays(last.end, 1) === said.date) {
      last.end = said.date;
      last.days++;
    } else stretches.push({ start: said.date, end: said.date, days: 1, said });
  }
  return stretches;
}
