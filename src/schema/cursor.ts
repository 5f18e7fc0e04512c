import * as v from "valibot";
import type { Position } from "../db/window.ts";
import { LedgerError } from "../errors.ts";
import { base64Url } from "../hash.ts";

/** Places of one list, as clients carry them. */
export type Cursors<P extends Position> = {
  encode: (position: P) => string;
  /** Throws BAD_USER_INPUT for a cursor of another list. @param argument Where it was given. */
  decode: (cursor: string, argument: string) => P | Promise<P>;
};

const bad = (given: string, argument: string) =>
  new LedgerError(
    "BAD_USER_INPUT",
    `${argument}: ${JSON.stringify(given.slice(0, 80))} is not a cursor; allowed: a cursor that this list has given out, unchanged`,
  );

/** Opaque cursors, good for their list only. @param list Its name, the same for ever. */
export function cursorsOf<P extends Position>(list: string, position: v.GenericSchema<unknown, P>): Cursors<P> {
  return {
    encode(place) {
      const bytes = new TextEncoder().encode(JSON.stringify([list, ...place]));
      return base64Url(bytes);
    },
    decode(cursor, argument) {
      try {
        const binary = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
        const text = new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
        const [of, ...rest] = v.parse(v.array(v.unknown()), JSON.parse(text));
        if (of === list) return v.parse(position, rest);
      } catch {
        // Said below, in the words of the API.
      }
      throw bad(cursor, argument);
    },
  };
}

/** A place in the stream of events: a plain number, so that it can be compared and read in a log. */
export function decodeEventCursor(cursor: string, argument = "after"): number {
  if (!/^\d{1,15}$/.test(cursor)) throw bad(cursor, argument);
  return Number(cursor);
}
