import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { keyOfAddress, LEAGUE_KEY_FORMS, parseLeagueKey } from "../source/leagueKey.ts";
import { CliError, usage } from "./io.ts";

/** A person's defaults for all commands. Options and environment variables take precedence. */
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

/** Every setting. `check` returns the value to store, or throws a usage error if the value is invalid. */
export const SETTINGS: Readonly<Record<keyof Settings, { what: string; check: (value: string) => string }>> = {
  league: {
    what: "the league to use when a command names none",
    check: (value) => {
      const key = keyOfAddress(value);
      if (parseLeagueKey(key)) return key;
      throw usage(`Cannot set league to ${JSON.stringify(value)}; allowed: ${LEAGUE_KEY_FORMS}`);
    },
  },
  env: {
    what: "the environment to use when a command names none",
    check: (value) => {
      if (value === "production" || value === "test") return value;
      throw usage(`Cannot set env to ${JSON.stringify(value)}; allowed: production, test`);
    },
  },
  url: {
    what: "the server to use instead of the local database",
    check: (value) => {
      if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
      throw usage(`Cannot set url to ${JSON.stringify(value)}; allowed: an address such as http://127.0.0.1:4000`);
    },
  },
};

/** Returns the path of a person's settings; null when there is no home folder. */
export function settingsPath(env: Env): string | null {
  const home = env.HOME || env.USERPROFILE;
  const folder = env.XDG_CONFIG_HOME || (home ? join(home, ".config") : null);
  return folder === null ? null : join(folder, "lineups", "config.json");
}

/**
 * Reads the settings. Returns an empty object if there is no file. Throws a {@link CliError} if the file cannot be read or is malformed.
 */
export async function readSettings(env: Env): Promise<Settings> {
  const path = settingsPath(env);
  if (path === null) return {};
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return {};
    throw new CliError(`Cannot read the settings: ${(error as Error).message}`);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), stored), text);
  if (parsed.success) return parsed.output;
  throw usage(`Cannot read the settings in ${path}: ${parsed.issues[0].message}. Correct the file, or remove it`);
}

/** Writes all settings at once, so a reader sees either the old ones or the new ones. Returns the path. */
export async function writeSettings(env: Env, settings: Settings): Promise<string> {
  const path = settingsPath(env);
  if (path === null) throw usage("Cannot write the settings: no home folder is known. Set HOME or XDG_CONFIG_HOME");
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.part`, path);
  } catch (error) {
    throw new CliError(`Cannot write ${path}: ${(error as Error).message}`);
  }
  return path;
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
