import * as v from "valibot";
import type { Position } from "../db/window.ts";
import { LedgerError } from "../errors.ts";
import { base64Url } from "../hash.ts";

/** Converts positions of one list to cursors and back. */
export type Cursors<P extends Position> = {
  encode: (position: P) => string;
  /** Throws BAD_USER_INPUT for anything but a cursor of this list. @param argument Name of the argument, for the error. */
  decode: (cursor: string, argument: string) => P | Promise<P>;
};

const bad = (given: string, argument: string) =>
  new LedgerError(
    "BAD_USER_INPUT",
    `${argument}: ${JSON.stringify(given.slice(0, 80))} is not a cursor of this list; allowed: a cursor that this list returned, unchanged`,
  );

/**
 * Returns opaque cursors that are valid for one list only.
 * @param list Name of the list. Every cursor contains the name of its list, so never change the name of a list.
 */
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
        // If a cursor cannot be decoded, the code below throws BAD_USER_INPUT.
      }
      throw bad(cursor, argument);
    },
  };
}

/**
 * Decodes an event cursor. Event cursors are plain numbers, so programs can compare them and people can read them in a log. Throws
 * BAD_USER_INPUT if the text is not an event cursor.
 */
export function decodeEventCursor(cursor: string, argument = "after"): number {
  if (!/^\d{1,15}$/.test(cursor)) throw bad(cursor, argument);
  return Number(cursor);
}
