import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { NEVER } from "../../src/clock.ts";
import type { TeamLineup } from "../../src/db/lineups.ts";
import { createDemoSource } from "../../src/source/demo/demo.ts";
import { demoLeague } from "../../src/source/demo/league.ts";
import { rostersPayload } from "../../src/source/demo/payload.ts";
import { demoLineups } from "../../src/source/demo/roster.ts";
import { createEspnClient } from "../../src/source/espn/client.ts";
import { createEspnSource } from "../../src/source/espn/espn.ts";
import { GAMES } from "../../src/source/espn/games.ts";
import { parseDay } from "../../src/source/espn/parse.ts";
import type { Fetch } from "../../src/source/http.ts";
import { calendarOf } from "../../src/source/leagueKey.ts";
import { createLimiter } from "../../src/source/limiter.ts";
import { type LineupSource, SourceError, type TeamAnswer } from "../../src/source/source.ts";
import { createYahooClient } from "../../src/source/yahoo/client.ts";
import { parseLeagueRosters } from "../../src/source/yahoo/parse.ts";
import { createYahooSource } from "../../src/source/yahoo/yahoo.ts";
import { createFakeClock } from "../support/clock.ts";
import { madeEspnSeason, startEspn } from "../support/espn.ts";
import { madeSeason } from "../support/season.ts";
import { startYahoo } from "../support/yahoo.ts";

const DATE = "2025-04-05";

/** A source with a league whose true lineups are known. */
type Subject = {
  source: LineupSource;
  key: string;
  unknownKey: string;
  lineups: (date: string) => TeamLineup[];
  clock: ReturnType<typeof createFakeClock>;
  requests: () => number;
};

const redact = (text: string) => text;
/** Creates the dependencies of a client, and counts the client's requests so that the clock waits for these requests. */
function parts() {
  let [underWay, begun] = [0, 0];
  const clock = createFakeClock("2025-10-01T16:00:00.000Z", {
    requests: () => underWay,
    writes: () => 0,
    begun: () => begun,
  });
  const counting: Fetch = async (...asked) => {
    underWay++;
    begun++;
    try {
      const response = await fetch(...asked);
      const body = await response.arrayBuffer();
      return new Response(body, { status: response.status, headers: response.headers });
    } finally {
      underWay--;
    }
  };
  const limiter = createLimiter(clock, { requestsPerSecond: 0, concurrency: 4 });
  return { clock, fetch: counting, limiter, requests: () => begun };
}

const SUBJECTS: Record<string, () => Promise<Subject>> = {
  async yahoo() {
    const { clock, fetch, limiter, requests } = parts();
    const season = madeSeason();
    const yahoo = await startYahoo(season);
    onTestFinished(() => yahoo.close());
    const get = createYahooClient({ fetch, clock, limiter, baseUrl: yahoo.baseUrl, token: undefined, redact });
    const source = createYahooSource(clock, get);
    yahoo.fault = (path) =>
      path.includes("458.l.999")
        ? { status: 400, body: '{"error":{"description":"There was a temporary problem with the server."}}' }
        : null;
    return { source, key: season.league.key, unknownKey: "458.l.999", lineups: season.lineups, clock, requests };
  },
  async espn() {
    const { clock, fetch, limiter, requests } = parts();
    const season = madeEspnSeason();
    const espn = await startEspn(season);
    onTestFinished(() => espn.close());
    const get = createEspnClient({ fetch, clock, limiter, baseUrl: espn.baseUrl, cookies: undefined, redact });
    const source = createEspnSource({ clock, get, hasAccount: false });
    const key = "espn.flb.2025.12345";
    return { source, key, unknownKey: "espn.flb.2025.999", lineups: season.lineups, clock, requests };
  },
  async demo() {
    const { clock, limiter, requests } = parts();
    const source = createDemoSource(clock, limiter);
    const demo = demoLeague("2025-10-01");
    const lineups = (date: string) => demoLineups(demo, date);
    return { source, key: "demo.l.1", unknownKey: "demo.l.2", lineups, clock, requests };
  },
};

const options = (signal = NEVER) => ({ signal, meter: { requests: 0, retries: 0 } });
const all = async (answers: AsyncIterable<TeamAnswer[]>) => (await Array.fromAsync(answers)).flat();
const placesOf = (lineups: readonly TeamLineup[]) =>
  lineups
    .flatMap(({ teamKey, slots }) =>
      slots.map(
        ({ playerId, playerName, selectedPosition }) => `${teamKey} ${playerId} ${playerName} ${selectedPosition}`,
      ),
    )
    .sort();
const lineupsIn = (answers: readonly TeamAnswer[]) =>
  answers.flatMap((answer) => (answer.kind === "lineup" ? [answer.lineup] : []));

describe.each(Object.keys(SUBJECTS))("source %s", (name) => {
  const subject = () => SUBJECTS[name]?.() as Promise<Subject>;

  it("returns a league with the right key, source, calendar, season, teams and slots", async () => {
    const { source, key, clock } = await subject();
    const league = await clock.drive(source.league(key, options()));
    expect(league).toMatchObject({ key, source: source.kind, season: 2025, sport: "mlb" });
    expect(calendarOf(key)).toBe(source.capabilities.calendar);
    expect(league.startDate < league.endDate).toBe(true);
    expect(new Set(league.teams.map((team) => team.key)).size).toBe(league.teams.length);
    for (const team of league.teams) expect(team.key).toMatch(new RegExp(`^${key.replaceAll(".", "\\.")}\\.t\\.\\d+$`));
    expect(league.positions.some(({ starting }) => starting)).toBe(true);
    expect(league.positions.some(({ starting }) => !starting)).toBe(true);
    expect(JSON.stringify(league)).not.toMatch(/canary|manager|owner/i);
  });

  it("returns the actual lineup of every team on a date exactly once, with a single request", async () => {
    const { source, key, lineups, clock, requests } = await subject();
    const league = await clock.drive(source.league(key, options()));
    const before = requests();
    const asked = options();
    const answers = await clock.drive(all(source.lineups(league, DATE, asked)));
    expect(answers.map(({ kind }) => kind)).toEqual(league.teams.map(() => "lineup"));
    expect(placesOf(lineupsIn(answers))).toEqual(placesOf(lineups(DATE)));
    expect(asked.meter).toEqual({ requests: 1, retries: 0 });
    if (name !== "demo") expect(requests() - before).toBe(1);
    expect(JSON.stringify(answers)).not.toMatch(/canary|manager|owner/i);
    for (const { slots } of lineupsIn(answers))
      for (const slot of slots) {
        expect(slot.playerStatus).not.toBe("");
        expect(slot.eligiblePositions.length).toBeGreaterThan(0);
      }
  });

  it("returns only the lineups of the requested teams", async () => {
    const { source, key, lineups, clock } = await subject();
    const league = await clock.drive(source.league(key, options()));
    const teamKeys = league.teams.slice(2, 4).map((team) => team.key);
    const answers = await clock.drive(all(source.lineups(league, DATE, { ...options(), teamKeys })));
    expect(placesOf(lineupsIn(answers))).toEqual(
      placesOf(lineups(DATE).filter(({ teamKey }) => teamKeys.includes(teamKey))),
    );
  });

  it("sends no request and throws STOPPED if its signal has already aborted", async () => {
    const { source, key, clock, requests } = await subject();
    const league = await clock.drive(source.league(key, options()));
    const before = requests();
    await expect(clock.drive(all(source.lineups(league, DATE, options(AbortSignal.abort()))))).rejects.toMatchObject({
      kind: "STOPPED",
    });
    expect(requests()).toBe(before);
  });

  it("throws LEAGUE_NOT_FOUND for an unknown league", async () => {
    const { source, unknownKey, clock } = await subject();
    await expect(clock.drive(source.league(unknownKey, options()))).rejects.toMatchObject({ kind: "LEAGUE_NOT_FOUND" });
  });
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = (string | number)[];

function pathsOf(value: Json, path: Path = []): Path[] {
  const children: [string | number, Json][] = Array.isArray(value)
    ? value.map((each, i) => [i, each])
    : typeof value === "object" && value !== null
      ? Object.entries(value)
      : [];
  return [...(path.length > 0 ? [path] : []), ...children.flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

/** Values that are invalid in every field. Strings and numbers are left out, because they may be valid in some field. */
const ODD: Json[] = [null, true, {}, [], [[]], { x: 1 }, [null]];

/** Returns a copy in which the value at the path is replaced or removed. */
function mangled(payload: Json, path: Path, how: Json | undefined): Json {
  const copy = structuredClone(payload);
  let parent: any = copy;
  for (const step of path.slice(0, -1)) parent = parent[step];
  const last = path.at(-1) ?? "";
  if (how === undefined && !Array.isArray(parent)) delete parent[last];
  else parent[last] = how === undefined ? null : how;
  return copy;
}

const SAMPLES = new URL("../../../shared/samples/", import.meta.url);
const sample = (part: string): Json | undefined => {
  if (!existsSync(SAMPLES)) return undefined;
  const name = readdirSync(SAMPLES).find((file) => file.includes(part));
  return name === undefined ? undefined : JSON.parse(readFileSync(new URL(name, SAMPLES), "utf8"));
};

type Payload = { payload: Json | undefined; read: (payload: Json) => TeamAnswer[] };
const espnLeague = { key: "espn.fhl.2020.40384", teams: [] } as never;
const PAYLOADS: Record<string, Payload> = {
  "a generated Yahoo answer": {
    payload: JSON.parse(
      rostersPayload(demoLeague("2025-06-01"), DATE, demoLineups(demoLeague("2025-06-01"), DATE).slice(0, 3)),
    ),
    read: (payload) => parseLeagueRosters(payload as object, DATE),
  },
  "a Yahoo answer made of recorded teams": {
    payload: sample("SYNTHESISED"),
    read: (payload) => parseLeagueRosters(payload as object, "2023-04-10"),
  },
  "a recorded ESPN answer": {
    payload: sample("espn-fhl-2020"),
    read: (payload) =>
      parseDay(payload, {
        league: espnLeague,
        date: "2020-06-22",
        period: 265,
        id: 40384,
        season: 2020,
        game: GAMES.fhl ?? (undefined as never),
        clubs: {},
      }),
  },
};

describe("payload parsers", () => {
  it.each(Object.entries(PAYLOADS).filter(([, { payload }]) => payload !== undefined))(
    "never return wrong slots for a team if one value in %s is wrong",
    (_, { payload, read }) => {
      const whole = payload as Json;
      const paths = pathsOf(whole);
      const truth = new Map(lineupsIn(read(whole)).map((lineup) => [lineup.teamKey, placesOf([lineup])]));
      expect(truth.size).toBeGreaterThan(1);
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: paths.length - 1 }),
          fc.option(fc.constantFrom(...ODD), { nil: undefined }),
          (at, how) => {
            let answers: TeamAnswer[];
            try {
              answers = read(mangled(whole, paths[at] ?? [], how));
            } catch (error) {
              expect(error).toBeInstanceOf(SourceError);
              expect((error as SourceError).message.length).toBeGreaterThan(20);
              return;
            }
            for (const answer of answers) {
              if (answer.kind === "fault") expect(answer.error).toMatchObject({ kind: "MALFORMED" });
              else if (answer.lineup.slots.length > 0)
                expect(placesOf([answer.lineup])).toEqual(truth.get(answer.lineup.teamKey));
            }
          },
        ),
        { numRuns: Number(process.env.PROPERTY_RUNS ?? 150) },
      );
    },
  );
});
