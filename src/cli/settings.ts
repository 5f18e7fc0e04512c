import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { keyOfAddress, LEAGUE_KEY_FORMS, parseLeagueKey } from "../source/leagueKey.ts";
import { CliError, usage } from "./io.ts";

/** What somebody has set once for all commands: an option or a variable of the environment counts more. */
export type Settings = {
  league?: string | undefined;
  env?: "production" | "test" | undefined;
  url?: string | undefined;
};

const stored = v.object({
  league: v.optional(v.string()),
  env: v.optional(v.picklist(["production", "test"])),
  url: v.optional(v.string()),
});

type Env = Readonly<Record<string, string | undefined>>;

/** What may be set, and what its value must be. Throws a usage error for one that it cannot be. */
export const SETTINGS: Readonly<Record<keyof Settings, { what: string; check: (value: string) => string }>> = {
  league: {
    what: "the league that is meant where none is named",
    check: (value) => {
      const key = keyOfAddress(value);
      if (parseLeagueKey(key)) return key;
      throw usage(`league cannot be ${JSON.stringify(value)}; allowed: ${LEAGUE_KEY_FORMS}`);
    },
  },
  env: {
    what: "the environment that is meant where none is named",
    check: (value) => {
      if (value === "production" || value === "test") return value;
      throw usage(`env cannot be ${JSON.stringify(value)}; allowed: production, test`);
    },
  },
  url: {
    what: "the server that is asked instead of the database here",
    check: (value) => {
      if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
      throw usage(`url cannot be ${JSON.stringify(value)}; allowed: the server's address, as http://127.0.0.1:4000`);
    },
  },
};

/** Where a person's settings are kept; null where that person has no home. */
export function settingsPath(env: Env): string | null {
  const home = env.HOME || env.USERPROFILE;
  const folder = env.XDG_CONFIG_HOME || (home ? join(home, ".config") : null);
  return folder === null ? null : join(folder, "lineups", "config.json");
}

/** Throws where there are settings that cannot be read. */
export async function readSettings(env: Env): Promise<Settings> {
  const path = settingsPath(env);
  if (path === null) return {};
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return {};
    throw new CliError(`Settings cannot be read: ${(error as Error).message}`);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), stored), text);
  if (parsed.success) return parsed.output;
  throw usage(`${path} is not what \`lineups config\` writes: ${parsed.issues[0].message}; correct it, or remove it`);
}

/** Writes all of them at once: a reader sees the former ones or these. */
export async function writeSettings(env: Env, settings: Settings): Promise<string> {
  const path = settingsPath(env);
  if (path === null) throw usage("There is no place for settings: set HOME, or XDG_CONFIG_HOME");
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.part`, path);
  } catch (error) {
    throw new CliError(`${path} cannot be written: ${(error as Error).message}`);
  }
  return path;
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
