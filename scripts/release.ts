import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// Empties the folder (default: `release`), then writes the files of a release to the folder.
// `lineup-ledger-V.tar.gz` has the committed files and the built dashboard.
// `npm ci --omit=dev --ignore-scripts && npm start` runs the server from the unpacked archive.
// `lineup-ledger-V.sbom.json` is the bill of materials (CycloneDX).
// `SHA256SUMS` is for `sha256sum --check`.
//
//   node scripts/release.ts [FOLDER]

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "inherit"],
  });

const folder = resolve(process.argv[2] ?? join(ROOT, "release"));
if (!relative(folder, ROOT).startsWith(".."))
  throw new Error(
    `Cannot release into ${folder}: it is emptied first, and it contains the project. Name another folder.`,
  );
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
const name = `lineup-ledger-${version}`;

const changed = run("git", "status", "--porcelain", "--untracked-files=no");
if (changed !== "") {
  console.error(`Cannot release: these files have uncommitted changes. Commit or revert them.\n${changed}`);
  process.exit(1);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
rmSync(join(ROOT, "web/dist"), { recursive: true, force: true });
run(process.execPath, "scripts/build-web.ts");
const dashboard = readdirSync(join(ROOT, "web/dist"), { recursive: true, withFileTypes: true })
  .filter((each) => each.isFile())
  .map((each) => join(each.parentPath, each.name).slice(ROOT.length));
const added = dashboard.flatMap((path) => [
  `--prefix=${name}/${path.slice(0, path.lastIndexOf("/") + 1)}`,
  `--add-file=${path}`,
]);
run(
  "git",
  "archive",
  "--format=tar.gz",
  `--output=${join(folder, `${name}.tar.gz`)}`,
  ...added,
  `--prefix=${name}/`,
  "HEAD",
);
writeFileSync(join(folder, `${name}.sbom.json`), run("npm", "run", "--silent", "sbom"));
const sums = readdirSync(folder)
  .sort()
  .map(
    (file) =>
      `${createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex")}  ${file}\n`,
  );
writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
process.stdout.write(sums.join(""));
