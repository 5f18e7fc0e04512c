import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Draws sentences of the tree at random, for a reader who did not write them: `node scripts/draw-sentences.ts [SEED] [COUNT]`. Comments,
// schema descriptions, messages, test titles and pages supply a fifth each. Prints the kind, file and text of each sentence, and what a
// reader sees beside the sentence: the line below a comment or description, or the heading above a sentence of a page.

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const [seed = 1, count = 100] = process.argv.slice(2).map(Number);
const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).split("\n");
const textOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const those = (pattern: RegExp): string[] => files.filter((file) => pattern.test(file));

type Sentence = { file: string; text: string; beside: string };

/** Returns the sentences of a text, except those shorter than four words. */
const sentences = (file: string, text: string, beside = ""): Sentence[] =>
  text
    .replace(/\s+/g, " ")
    .replace(/([.:])( \.)+ /g, "$1 ")
    .split(/(?<=[.?!])\s+(?=[A-Z`*@])/)
    .map((each) => ({ file, beside, text: each.replace(/^(\. )+| \.$/g, "").trim() }))
    .filter(({ text: each }) => each.split(" ").length >= 4);

/** @param beside Returns the line that a reader sees beside the matched text. */
const found = (
  pattern: RegExp,
  matching: RegExp,
  beside: (before: string, after: string) => string | undefined,
  clean: (text: string) => string = (text) => text,
): Sentence[] =>
  those(pattern).flatMap((file) => {
    const all = textOf(file);
    return [...all.matchAll(matching)].flatMap(({ 0: whole, 1: text = "", index }) =>
      sentences(file, clean(text), beside(all.slice(0, index), all.slice(index + whole.length))?.trim()),
    );
  });

const lineBelow = (_: string, after: string) => after.split("\n").find((line) => /\w/.test(line));
const headingAbove = (before: string) => before.trimEnd().split("\n").at(-1);

/** Returns each test's title, preceded by the title of its describe. */
function titles(file: string): Sentence[] {
  let group = "";
  return [
    ...textOf(file).matchAll(
      /^( *)(describe|inChromium|it|test)(?:[^"`\n]*|[^\n]*\)\))\(\s*(?:\[[^\]]*\]\)\(\s*)?(?:"([^"\n]+)"|`([^`\n]+)`),/gm,
    ),
  ].flatMap(([, indent, what, quoted, template]) => {
    const title = quoted ?? template ?? "";
    if (what === "describe" || what === "inChromium") {
      group = title;
      return [];
    }
    return [{ file, beside: "", text: indent === "" ? title : `${group} › ${title}` }];
  });
}

/** Returns the texts of a source file that begin with a capital letter. Texts joined by `+` count as one text. A `…` stands for a value. */
function messages(file: string): Sentence[] {
  const source = textOf(file)
    .replace(/\/\*.*?\*\/|^ *\/\/ .*?$/gms, "")
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…")
    .replace(/…{2,}/g, "…");
  const texts: { text: string; end: number }[] = [];
  for (const { 0: all, 1: quoted, 2: template, index } of source.matchAll(
    /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g,
  )) {
    const text = (quoted ?? template ?? "").replace(/\\(["`])/g, "$1").replaceAll("\\n", " ");
    const last = texts.at(-1);
    const end = index + all.length;
    if (last && /^\s*\+\s*$/.test(source.slice(last.end, index))) Object.assign(last, { text: last.text + text, end });
    else texts.push({ text, end });
  }
  return texts.flatMap(({ text }) =>
    /^[A-Z]\S* \S+ \S+ /.test(text) && !/\);|=>/.test(text) ? sentences(file, text) : [],
  );
}

const descriptions = found(/^schema\.graphql$/, /"""(.*?)"""/gs, lineBelow);
const described = new Set(descriptions.map(({ text }) => text));
const kinds: Record<string, Sentence[]> = {
  comment: [
    ...found(/^(src|test|web|bench|proof|scripts)\/.*\.tsx?$/, /\/\*\*(.*?)\*\//gs, lineBelow, (text) =>
      text.replace(/^\s*\* ?(- )?/gm, (_, item) => (item ? ". " : "")).replace(/@(?=param|returns)/g, ". @"),
    ),
    ...found(/^(src|test|web|bench|proof|scripts)\/.*\.tsx?$/, /((?:^ *\/\/ .*\n)+)/gm, lineBelow, (text) =>
      text.replace(/^ *\/\/ /gm, ""),
    ),
  ],
  description: descriptions,
  message: those(/^src\/.*\.ts$/)
    .flatMap((file) => messages(file))
    .filter(({ text }) => !described.has(text)),
  title: those(/^test\/.*\.test\.ts$/).flatMap((file) => titles(file)),
  page: found(
    /^(docs\/[\w-]+|README|ARCHITECTURE|CHANGELOG|SECURITY)\.md$/,
    /(?<=^#+ .*\n)((?:(?!#+ ).*\n?)*)/gm,
    headingAbove,
    (text) =>
      text
        .replace(/^```.*?^```$/gms, "")
        .replace(/^(\|| {4}).*$/gm, "")
        .replace(/^ *(-|\d+\.) /gm, ". "),
  ),
};

for (const [kind, all] of Object.entries(kinds)) {
  // The sentences are sorted by a digest that includes the seed, so the draw is random, and the same seed draws the same sentences.
  const drawn = [...new Map(all.map((each) => [each.text, each])).values()]
    .map((each) => ({ ...each, order: hash("sha256", `${seed} ${each.file} ${each.text}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, count / 5);
  for (const { file, text, beside } of drawn) console.log([kind, file, text, beside].join("\t"));
}
