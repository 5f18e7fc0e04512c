import { foldName } from "../text.ts";
import { askOfLeague, type Context, leagueOf } from "./context.ts";
import { CliError, usage } from "./io.ts";
import { ID_DIGITS } from "./text.ts";

/**
 * Returns the id of the newest job that is neither completed nor cancelled; `collect --resume` without an id resumes this job. Throws a
 * usage error if every job is completed or cancelled.
 */
export async function newestResumable({ api, options }: Context): Promise<string> {
  const query = `query ($environment: Environment!, $leagueKey: String) {
    jobs(environment: $environment, leagueKey: $leagueKey, status: [PAUSED, FAILED, WAITING, RUNNING, QUEUED], first: 1) { nodes { id } } }`;
  const { jobs } = await api.ask<{ jobs: { nodes: { id: string }[] } }>(query, {
    environment: options.env,
    leagueKey: options.league ?? null,
  });
  const [newest] = jobs.nodes;
  if (newest) return newest.id;
  throw usage("There is no job to resume: every job is completed or cancelled. `lineups jobs list` shows all jobs");
}

/** The last digits of a job's id, as tables show them. */
const LAST_DIGITS = new RegExp(`^[0-9a-f]{${ID_DIGITS}}$`, "i");

/**
 * Returns the whole id of a job. The job is given by its id, by the last six digits of its id, or as "latest". The word "latest"
 * means the newest job of the environment; with --league, only jobs of that league are considered. Throws NOT_FOUND if no job matches, or a
 * usage error if several ids end with the given digits.
 */
export async function idOf({ api, options }: Context, id: string): Promise<string> {
  if (id === "latest") {
    const query = `query ($environment: Environment!, $leagueKey: String) {
      jobs(environment: $environment, leagueKey: $leagueKey, first: 1) { nodes { id } } }`;
    const variables = { environment: options.env, leagueKey: options.league ?? null };
    const [newest] = (await api.ask<{ jobs: { nodes: { id: string }[] } }>(query, variables)).jobs.nodes;
    if (newest) return newest.id;
    throw new CliError("There is no matching job yet. `lineups demo` starts a job", { code: "NOT_FOUND" });
  }
  if (LAST_DIGITS.test(id)) return idEndingWith(api, id.toLowerCase());
  const { job } = await api.ask<{ job: { id: string } | null }>("query ($id: ID!) { job(id: $id) { id } }", { id });
  if (job) return job.id;
  throw new CliError(`There is no job ${id}. \`lineups jobs list\` shows all jobs`, { code: "NOT_FOUND" });
}

async function idEndingWith(api: Context["api"], digits: string): Promise<string> {
  type Jobs = { nodes: { id: string }[] };
  const { production, test } = await api.ask<{ production: Jobs; test: Jobs }>(
    `query ($digits: String!) { production: jobs(environment: PRODUCTION, idEndsWith: $digits, first: 5) { nodes { id } }
       test: jobs(environment: TEST, idEndsWith: $digits, first: 5) { nodes { id } } }`,
    { digits },
  );
  const [only, ...others] = [...production.nodes, ...test.nodes].map((job) => job.id);
  if (only === undefined)
    throw new CliError(`There is no job whose id ends with ${digits}. \`lineups jobs list\` shows all jobs`, {
      code: "NOT_FOUND",
    });
  if (others.length === 0) return only;
  throw usage(`Several job ids end with ${digits}. Use the whole id: ${[only, ...others].join(", ")}`);
}

export const leagueIn = (teamKey: string) => teamKey.replace(/\.t\.\d+$/, "");

/** Returns the key of a team, given its key, its number or a part of its name. Throws a usage error unless exactly one team matches. */
export async function teamOf(ctx: Context, which: string): Promise<string> {
  if (/\.t\.\d+$/.test(which)) return which;
  const league = await leagueOf(ctx);
  const query = "query ($key: String!) { league(key: $key) { teams { key name } } }";
  const { league: known } = await askOfLeague<{ league: { teams: { key: string; name: string }[] } | null }>(
    ctx,
    query,
    {
      key: league,
    },
  );
  const teams = known?.teams ?? [];
  const found = teams.filter(({ key, name }) =>
    /^\d{1,3}$/.test(which) ? key.endsWith(`.t.${which}`) : foldName(name).includes(foldName(which)),
  );
  const [only, another] = found;
  if (only && !another) return only.key;
  const choice = (found.length > 0 ? found : teams).map(({ key, name }) => `${key} ${name}`).join(", ");
  throw usage(
    `${only ? `${found.length} teams have` : "No team has"} ${/^\d{1,3}$/.test(which) ? "number" : "a name like"} ` +
      `${JSON.stringify(which)}. Teams: ${choice || "none yet"}`,
  );
}

/**
 * Finds a thing by its id, its name, or the last six digits of its id. Throws NOT_FOUND if no thing matches. If several things match,
 * throws a usage error that asks for the id.
 * @param what The kind of thing, for the error.
 * @param isNamed Returns whether a thing may be found by its name, not only by its id.
 */
export function namedOrThrow<T extends { id: string; name: string }>(
  what: string,
  { all, which, isNamed = () => true }: { all: readonly T[]; which: string; isNamed?: (each: T) => boolean },
): T {
  const exact = all.filter(({ id }) => id === which);
  const named = all.filter((each) => isNamed(each) && foldName(each.name) === foldName(which));
  const ending = all.filter(({ id }) => LAST_DIGITS.test(which) && id.endsWith(which.toLowerCase()));
  const found = [exact, named, ending].find((each) => each.length > 0) ?? [];
  const [only, another] = found;
  if (only && !another) return only;
  if (only)
    throw usage(
      `${found.length} ${what}s match ${JSON.stringify(which)}. Use the id: ${found.map(({ id }) => id).join(", ")}`,
    );
  const names = all.map(({ id, name }) => `${id} (${name})`).join(", ");
  throw new CliError(`There is no ${what} ${JSON.stringify(which)}; known ${what}s: ${names || "none"}`, {
    code: "NOT_FOUND",
  });
}
