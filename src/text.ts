/** Formats a number for people: "1,234". */
export const number = (n: number): string => n.toLocaleString("en-US");

/** Formats a number and its noun: "1 date", "1,234 records". */
export const plural = (n: number, noun: string): string => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Letters that Unicode does not decompose into a plain letter and a mark. */
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

/** Returns a name in the form in which it is searched: without accents, in lower case, with single spaces. */
export function foldName(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[łøđðþßæœı]/g, (letter) => PLAIN[letter] ?? letter)
    .replace(/\s+/g, " ")
    .trim();
}

/** Maximum lengths, in characters: of a value quoted from a request, and of the whole message. */
const [MAX_VALUE, MAX_MESSAGE] = [200, 2_000];

/** Shortens a message and its quoted values to a readable length. */
export function shortened(message: string): string {
  if (message.length <= MAX_VALUE) return message;
  const cut = message.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) =>
    quoted.length <= MAX_VALUE + 2 ? quoted : `${quoted.slice(0, MAX_VALUE + 1)}…"`,
  );
  return cut.length <= MAX_MESSAGE ? cut : `${cut.slice(0, MAX_MESSAGE)}…`;
}
