import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// Checks the tree's pages and comments. Every link of a page has to lead to a file and a heading that exist. Every document and
// every source file that a comment or a page names has to be in the tree. "Lineup" has to be spelled as one word.

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter(
    (file) =>
      /\.(ts|tsx|js|json|md|html|css|toml|yaml|yml|sql|graphql|service)$/.test(file) && existsSync(join(ROOT, file)),
  );
const pages = files.filter((file) => file.endsWith(".md"));
const textOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const faults: string[] = [];

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const titles = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title);
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

for (const page of pages) {
  const prose = textOf(page).replaceAll(/^```.*?^```$/gms, "");
  for (const [, to = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?|mailto):/.test(to)) continue;
    const [path = "", anchor] = to.split("#");
    const file = path === "" ? page : resolve("/", dirname(page), path).slice(1);
    if (!existsSync(join(ROOT, file))) faults.push(`${page}: the link ${to} leads to no file`);
    else if (anchor !== undefined && !anchorsOf(file).has(anchor)) faults.push(`${page}: ${to} leads to no heading`);
  }
}

/** Documents that a file may cite although they are not in the tree. */
const ELSEWHERE = /^(node_modules|out|dist)\/|^(SKILL|notes?)\.md$/;
const isKnown = (path: string): boolean => pages.some((page) => `/${page}`.endsWith(`/${path}`));
for (const file of files) {
  const text = textOf(file);
  for (const [, cited = ""] of text.matchAll(/(?<![\w/.*-])((?:\.\.?\/)*[\w-]+(?:\/[\w-]+)*\.md)\b/g)) {
    const path = cited.replace(/^(\.\.?\/)+/, "");
    if (!isKnown(path) && !ELSEWHERE.test(path)) faults.push(`${file}: cites ${cited}, which is not in the tree`);
  }
  for (const [path] of text.matchAll(
    /(?<![\w/.-])(?:src|test|bench|proof|scripts|examples)\/[\w/-]+(?:\.[\w-]+)*\.tsx?\b/g,
  ))
    if (!existsSync(join(ROOT, path)) && !existsSync(join(ROOT, "web", path)))
      faults.push(`${file}: names ${path}, which is not in the tree`);
  if (/\bline[-]ups?\b/i.test(text)) faults.push(`${file}: write "lineup"`);
}

if (faults.length > 0) {
  process.stderr.write(`${faults.join("\n")}\n`);
  process.exit(1);
}
