/** A number for people: "1,234". */
export const number = (n: number): string => n.toLocaleString("en-US");

/** A number and its noun: "1 date", "1,234 records". */
export const plural = (n: number, noun: string): string => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Letters that are not a plain one with a mark. */
const PLAIN: Readonly<Record<string, string>> = {
  ł: "l",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ı: "i",
};

/** A name as it is searched: without accents, in lower case, with single spaces. */
export function foldName(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[łøđðþßæœı]/g, (letter) => PLAIN[letter] ?? letter)
    .replace(/\s+/g, " ")
    .trim();
}

/** What somebody has sent is repeated to him in part alone: so many characters of each quoted value, and of the whole. */
const [MAX_VALUE, MAX_MESSAGE] = [200, 2_000];

/** A message whose quoted values, and itself, are no longer than anybody reads. */
export function shortened(message: string): string {
  if (message.length <= MAX_VALUE) return message;
  const cut = message.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) =>
    quoted.length <= MAX_VALUE + 2 ? quoted : `${quoted.slice(0, MAX_VALUE + 1)}…"`,
  );
  return cut.length <= MAX_MESSAGE ? cut : `${cut.slice(0, MAX_MESSAGE)}…`;
}
