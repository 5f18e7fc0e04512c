import { createRequire } from "node:module";
import type measure from "string-width";
import { plural } from "../text.ts";

const load = createRequire(import.meta.url);

/** Returns the number of columns that a text takes on a terminal. `string-width` is slow to load, and most texts do not need it. */
function stringWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  const { default: width } = load("string-width") as { default: typeof measure };
  return width(text);
}

/** Characters that terminals obey instead of showing them: control characters, and characters that change the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Makes text from upstream harmless to a terminal, and puts it on one line. */
export const plain = (text: string): string => text.replace(UNPRINTABLE, (c) => (c === "\t" || c === "\n" ? " " : ""));

/** Returns a text that says how many of all rows are shown. */
export const shownOf = (shown: number, total: number, noun: string): string =>
  shown < total ? `${shown} of ${plural(total, noun)}${MORE}` : plural(total, noun);

/** Returns a text that says how many rows are shown, for a list whose total is unknown. */
export const shownFirst = (shown: number, hasMore: boolean, noun: string): string =>
  `${plural(shown, noun)}${hasMore ? MORE : ""}`;
const MORE = "; --first shows more";

const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;

/** The content of a table cell. A cell's short form is shown if the table is too wide for the terminal. */
export type Cell = string | number | null | undefined | Shortened;
type Shortened = { full: string; short: string };

/** Returns a cell with an id. The cell's short form is the last six digits of the id. Commands also accept the last six digits of an id. */
export const idCell = (id: string | null | undefined): Cell => {
  const [digits] = DRAWN.exec(id ?? "") ?? [];
  return id ? { full: id, short: digits ?? id } : null;
};
/** The number of random digits at the end of an id. */
export const ID_DIGITS = 6;
const DRAWN = new RegExp(`[0-9a-f]{${ID_DIGITS}}$`);

/** Returns a cell with an instant in UTC, to the second. The cell's short form ends at the minute and has no year. */
export const instantCell = (iso: string | null | undefined): Cell =>
  iso ? { full: instant(iso), short: iso.slice(5, 16).replace("T", " ") } : null;

/**
 * Returns a cell with a date. `beside` is another date or instant in the row. The cell's short form has no year if `beside` is in
 * the same year as `date`.
 */
export const dateCell = (date: string, beside: string): Cell =>
  date.slice(0, 4) === beside.slice(0, 4) ? { full: date, short: date.slice(5) } : date;

const textOf = (cell: Cell, isShort: boolean): string =>
  plain(typeof cell === "object" && cell !== null ? (isShort ? cell.short : cell.full) : String(cell ?? ""));

const isShortened = (cell: Cell): boolean => typeof cell === "object" && cell !== null;

const GAP = 2;
/** The smallest width to which a column is cut. */
const NARROWEST_COLUMN = 8;
/** The last column, which holds reasons, keeps at least this width as long as other columns can still be cut. */
const NARROWEST_LAST = 24;

/**
 * Returns rows under their headings, aligned by display width; numbers are right-aligned. Returns an empty text if there are no rows.
 * @param width The terminal's columns; null for a pipe, where nothing is shortened. Cells are shortened, cut or broken into lines to fit.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  { isBold = false, width = null }: { isBold?: boolean; width?: number | null } = {},
): string {
  if (rows.length === 0) return "";
  const isNumber = headings.map((_, i) => rows.every((row) => typeof row[i] === "number" || row[i] == null));
  const textsOf = (isShort: boolean) => rows.map((row) => headings.map((_, i) => textOf(row[i], isShort)));
  const widthsOf = (texts: readonly string[][]) =>
    headings.map((heading, i) =>
      Math.max(...[heading, ...texts.map((row) => row[i] ?? "")].map((text) => stringWidth(text))),
    );
  let texts = textsOf(false);
  let widths = widthsOf(texts);
  if (width !== null && sum(widths) > width) {
    texts = textsOf(true);
    widths = fitted(
      widthsOf(texts),
      headings.map((_, i) => isNumber[i] || rows.some((row) => isShortened(row[i]))),
      width,
    );
  }
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const gap = " ".repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)));
        return isNumber[i] ? gap + cell : cell + gap;
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const last = headings.length - 1;
  const lines = texts.flatMap((row) => {
    const rest = wrapped(row[last] ?? "", widths[last] ?? 0);
    return rest.map((part, n) =>
      line(headings.map((_, i) => (i === last ? part : n > 0 ? "" : shortened(row[i] ?? "", widths[i] ?? 0)))),
    );
  });
  const head = line(headings.map((heading, i) => shortened(heading, widths[i] ?? 0)));
  return [isBold ? bold(head) : head, ...lines].map((each) => `${each}\n`).join("");
}

const sum = (widths: readonly number[]): number => widths.reduce((all, each) => all + each + GAP, -GAP);

/**
 * Returns column widths that fit the terminal. Numbers and short forms stay whole. The last column shrinks first, then the widest text
 * column.
 */
function fitted(wanted: readonly number[], isWhole: readonly boolean[], width: number): number[] {
  const widths = [...wanted];
  const last = widths.length - 1;
  const take = (i: number, least: number) => {
    const given = widths[i] ?? 0;
    widths[i] = Math.max(Math.min(given, least), given - Math.max(0, sum(widths) - width));
  };
  if (!isWhole[last]) take(last, NARROWEST_LAST);
  const texts = widths.keys().filter((i) => !isWhole[i] && i !== last);
  for (const columns of [[...texts], [last]]) {
    while (sum(widths) > width) {
      const [widest] = columns
        .filter((i) => (widths[i] ?? 0) > NARROWEST_COLUMN)
        .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
      if (widest === undefined) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}

const shortened = (text: string, columns: number): string =>
  stringWidth(text) <= columns ? text : `${cut(text, columns - 1)}…`;

/** Breaks a text into lines of a width, between words where possible. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (stringWidth(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (columns > 0 && stringWidth(line) > columns) {
      const part = cut(line, columns);
      if (part === "") break;
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  return [...lines, line];
}

/** Returns a title and one line for each fact. A fact that is wider than the terminal is broken into several lines. */
export function details(
  title: string,
  rows: readonly (readonly [string, Cell])[],
  { isBold = false, width = null }: { isBold?: boolean; width?: number | null } = {},
): string {
  const names = Math.max(...rows.map(([name]) => stringWidth(name)));
  const indent = names + 2 * GAP;
  const lines = rows.flatMap(([name, value]) => {
    const text = textOf(value, false);
    const parts = width === null ? [text] : wrapped(text, Math.max(NARROWEST_LAST, width - indent));
    return parts.map((part, i) =>
      `  ${i === 0 ? name + " ".repeat(names - stringWidth(name)) : " ".repeat(names)}  ${part}`.trimEnd(),
    );
  });
  return `${isBold ? bold(plain(title)) : plain(title)}\n${lines.map((each) => `${each}\n`).join("")}`;
}

/** Cuts a text to a display width. */
export function cut(text: string, columns: number): string {
  let width = 0;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns) return kept;
    kept += segment;
  }
  return kept;
}

/** Formats seconds as "3 s", "4 min 20 s", "2 h 5 min" or "3 days 4 h". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  if (s < 60) return `${s} s`;
  const [big, bigName, small, smallName] =
    s < 3600
      ? [Math.floor(s / 60), "min", s % 60, "s"]
      : s < 48 * 3600
        ? [Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min"]
        : [Math.floor(s / (24 * 3600)), "days", Math.floor((s % (24 * 3600)) / 3600), "h"];
  return `${big} ${bigName}${small ? ` ${small} ${smallName}` : ""}`;
}

/** Formats an instant in UTC, to the second. Returns an empty text for null. */
export const instant = (iso: string | null | undefined): string =>
  iso ? `${iso.slice(0, 19).replace("T", " ")}Z` : "";
