import { foldName } from "../text.ts";
import { askOfLeague, type Context, leagueOf } from "./context.ts";
import { CliError, usage } from "./io.ts";
import { ID_DIGITS } from "./text.ts";

/** The job that a resume without an id means: the newest that is not at its end. */
export async function newestResumable({ api, options }: Context): Promise<string> {
  const query = `query ($environment: Environment!, $leagueKey: String) {
    jobs(environment: $environment, leagueKey: $leagueKey, status: [PAUSED, FAILED, WAITING, RUNNING, QUEUED], first: 1) { nodes { id } } }`;
  const { jobs } = await api.ask<{ jobs: { nodes: { id: string }[] } }>(query, {
    environment: options.env,
    leagueKey: options.league ?? null,
  });
  const [newest] = jobs.nodes;
  if (newest) return newest.id;
  throw usage("There is no job to go on with: each is completed or cancelled. `lineups jobs list` shows them all");
}

/** The last digits of a job's id, as tables show them. */
const LAST_DIGITS = new RegExp(`^[0-9a-f]{${ID_DIGITS}}$`, "i");

/** A job's own id, by that or its last six digits; of "latest", that of the environment's, and the league's if one is named. Throws NOT_FOUND. */
export async function idOf({ api, options }: Context, id: string): Promise<string> {
  if (id === "latest") {
    const query = `query ($environment: Environment!, $leagueKey: String) {
      jobs(environment: $environment, leagueKey: $leagueKey, first: 1) { nodes { id } } }`;
    const variables = { environment: options.env, leagueKey: options.league ?? null };
    const [newest] = (await api.ask<{ jobs: { nodes: { id: string }[] } }>(query, variables)).jobs.nodes;
    if (newest) return newest.id;
    throw new CliError("There is no such job yet: `lineups demo` starts one", { code: "NOT_FOUND" });
  }
  if (LAST_DIGITS.test(id)) return idEndingWith(api, id.toLowerCase());
  const { job } = await api.ask<{ job: { id: string } | null }>("query ($id: ID!) { job(id: $id) { id } }", { id });
  if (job) return job.id;
  throw new CliError(`There is no job ${id}; \`lineups jobs list\` shows those there are`, { code: "NOT_FOUND" });
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
    throw new CliError(`There is no job whose id ends with ${digits}; \`lineups jobs list\` shows those there are`, {
      code: "NOT_FOUND",
    });
  if (others.length === 0) return only;
  throw usage(`The ids of several jobs end with ${digits}: say which by its whole id: ${[only, ...others].join(", ")}`);
}

export const leagueIn = (teamKey: string) => teamKey.replace(/\.t\.\d+$/, "");

/** A team's key, however it was named. */
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
    `${only ? `${found.length} teams are` : "No team is"} ${/^\d{1,3}$/.test(which) ? "number" : "named like"} ${JSON.stringify(which)}; there are: ${choice || "none yet"}`,
  );
}

/**
 * What is meant of some things that have ids and names: by its id, its name, or the last six digits of its id. Throws NOT_FOUND, and asks for
 * the id where several are meant.
 * @param isNamed Whether it is still called by its name.
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
      `${found.length} ${what}s are named ${JSON.stringify(which)}; say which by its id: ${found.map(({ id }) => id).join(", ")}`,
    );
  const names = all.map(({ id, name }) => `${id} (${name})`).join(", ");
  throw new CliError(
    `There is no ${what} ${JSON.stringify(which)}; there ${all.length === 1 ? "is" : "are"}: ${names || "none"}`,
    { code: "NOT_FOUND" },
  );
}
