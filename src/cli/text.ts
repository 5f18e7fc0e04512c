import stringWidth from "string-width";

/** What terminals obey instead of showing: control characters, and those that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from upstream, harmless to a terminal and on one line. */
export const plain = (text: string): string => text.replace(UNPRINTABLE, (c) => (c === "\t" || c === "\n" ? " " : ""));

const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;

export type Cell = string | number | null | undefined;

/**
 * Rows under their headings, aligned by the width that each character takes on a terminal; numbers to the right.
 * Without rows: nothing.
 */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], isBold = false): string {
  if (rows.length === 0) return "";
  const texts = rows.map((row) => headings.map((_, i) => plain(String(row[i] ?? ""))));
  const isNumber = headings.map((_, i) => rows.every((row) => typeof row[i] === "number" || row[i] == null));
  const widths = headings.map((heading, i) =>
    Math.max(...[heading, ...texts.map((row) => row[i] ?? "")].map((text) => stringWidth(text))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const gap = " ".repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)));
        return isNumber[i] ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  const head = line(headings);
  return [isBold ? bold(head) : head, ...texts.map(line)].map((each) => `${each}\n`).join("");
}

/** What is known of one thing: its name, then a line for each fact. */
export function details(title: string, rows: readonly (readonly [string, Cell])[], isBold = false): string {
  const width = Math.max(...rows.map(([name]) => stringWidth(name)));
  const lines = rows.map(([name, value]) =>
    `  ${name}${" ".repeat(width - stringWidth(name))}  ${plain(String(value ?? ""))}`.trimEnd(),
  );
  return `${isBold ? bold(plain(title)) : plain(title)}\n${lines.map((each) => `${each}\n`).join("")}`;
}

/** Cut to a width, wide characters counted as such. */
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

/** "3 s", "4 min 20 s", "2 h 5 min", "3 days 4 h". */
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

/** An instant for people: UTC, to the second. */
export const instant = (iso: string | null | undefined): string =>
  iso ? `${iso.slice(0, 19).replace("T", " ")}Z` : "";
