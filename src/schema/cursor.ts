import * as v from "valibot";
import { LedgerError } from "../errors.ts";

const bad = (given: string) =>
  new LedgerError(
    "BAD_USER_INPUT",
    `after: ${JSON.stringify(given.slice(0, 80))} is not a cursor; allowed: a cursor that this list has given out, unchanged`,
  );

/** A place in a list as clients carry it: opaque, and good for that list only. */
export function encodePosition(list: string, position: readonly (string | number)[]): string {
  return btoa(JSON.stringify([list, ...position]))
    .replace(/=+$/, "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** Throws BAD_USER_INPUT unless the text is a cursor of that list. */
export function decodePosition<S extends v.GenericSchema>(list: string, cursor: string, position: S): v.InferOutput<S> {
  try {
    const parsed: unknown = JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
    const [of, ...rest] = v.parse(v.array(v.unknown()), parsed);
    if (of === list) return v.parse(position, rest);
  } catch {
    // Said below, in the words of the API.
  }
  throw bad(cursor);
}

/** A place in the stream of events: a plain number, so that it can be compared and read in a log. */
export function decodeEventCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw bad(cursor);
  return Number(cursor);
}
