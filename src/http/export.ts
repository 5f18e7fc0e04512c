import * as v from "valibot";
import { isDate, rangeFault } from "../calendar.ts";
import { MINUTE } from "../clock.ts";
import { haveJobs } from "../db/jobQueries.ts";
import { allTeamsOf, findLeague } from "../db/leagues.ts";
import { ENVIRONMENTS } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import type { LedgerErrorCode } from "../errors.ts";
import { knownKey } from "../leagues/alias.ts";
import { EXPORT_COLUMNS, type ExportRow, exportRows } from "../lineups/export.ts";
import { LIMITS } from "../schema/limits.ts";
import { attributionOf } from "../source/leagueKey.ts";

const date = v.pipe(
  v.string("is missing; allowed: YYYY-MM-DD"),
  v.check(isDate, "is not a date that exists; allowed: YYYY-MM-DD"),
);
const parameters = v.pipe(
  v.strictObject(
    {
      league: v.pipe(v.string("is missing; allowed: a league key"), v.minLength(1, "is empty; allowed: a league key")),
      start: date,
      end: date,
      team: v.optional(v.string()),
      environment: v.optional(
        v.picklist(ENVIRONMENTS, `is unknown; allowed: ${ENVIRONMENTS.join(", ")}`),
        "PRODUCTION",
      ),
    },
    ({ received }) =>
      received === "undefined"
        ? "is missing; allowed: league, start and end"
        : "is unknown; allowed: league, start, end, team, environment",
  ),
  v.check(
    (range) => rangeFault(range) === null,
    ({ input }) => rangeFault(input) ?? "",
  ),
);

/** How long an export waits for a client that does not read. */
const IDLE_MS = 1 * MINUTE;

/** How records are written in one format. */
type Format = {
  type: string;
  header: string;
  line: (record: ExportRow) => string;
  error: (message: string) => string;
};

const FORMATS: Readonly<Record<string, Format>> = {
  "/export/lineups.csv": {
    type: "text/csv; charset=utf-8",
    header: `${EXPORT_COLUMNS.join(",")}\r\n`,
    line: (record) => `${EXPORT_COLUMNS.map((column) => cell(record[column])).join(",")}\r\n`,
    error: (message) => `# error: ${message}\r\n`,
  },
  "/export/lineups.ndjson": {
    type: "application/x-ndjson; charset=utf-8",
    header: "",
    line: (record) => `${JSON.stringify(record)}\n`,
    error: (message) => `${JSON.stringify({ error: { message } })}\n`,
  },
};

/**
 * Answers `GET /export/lineups.csv` or `.ndjson` with `league`, `start`, `end` and optionally `team` and `environment`. Streams every
 * record of the range. Holds only a few lineups at a time, and pauses while the client does not read. If the export fails midway, its last
 * line reports the failure in the format of the body.
 * @param take Takes one of the places for open exports. If a limit is reached, returns the limit's name.
 */
export async function exportResponse(
  deps: Pick<Deps, "db" | "log" | "clock">,
  request: Request,
  take: () => (() => void) | "client" | "all",
): Promise<Response> {
  const url = new URL(request.url);
  const format = FORMATS[url.pathname];
  if (!format) return refusal(404, `There is no ${url.pathname}; allowed: ${Object.keys(FORMATS).join(", ")}`);
  if (request.method !== "GET") return refusal(405, `The method is ${request.method}; allowed: GET`, { allow: "GET" });
  const parsed = v.safeParse(parameters, Object.fromEntries(url.searchParams));
  if (!parsed.success)
    return refusal(
      400,
      parsed.issues.map((issue) => [v.getDotPath(issue), issue.message].filter(Boolean).join(" ")).join("; "),
    );
  const { league, team, ...range } = parsed.output;
  const leagueKey = await knownKey(deps.db, league);
  const teamKey = team?.startsWith(`${league}.t.`) ? leagueKey + team.slice(league.length) : team;
  const unknown = await unknownOf(deps, { league, leagueKey, team, teamKey });
  if (unknown !== null) return refusal(404, unknown, {}, "NOT_FOUND");
  const release = take();
  if (typeof release === "string") return tooMany(release);
  const batches = exportRows(deps, { ...range, leagueKey, teamKey });
  const encoder = new TextEncoder();
  let idle = new AbortController();
  /** Ends the export and frees its place if the client does not read for a minute. */
  const waitFor = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    idle = new AbortController();
    const { signal } = idle;
    void deps.clock.sleep(IDLE_MS, signal).then(async () => {
      if (signal.aborted) return;
      release();
      controller.error(new Error("The client has read nothing for a minute"));
      await batches.return();
    });
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      waitFor(controller);
      if (format.header) controller.enqueue(encoder.encode(format.header));
    },
    async pull(controller) {
      idle.abort();
      try {
        const { value, done } = await batches.next();
        if (done) {
          release();
          return controller.close();
        }
        controller.enqueue(encoder.encode(value.map(format.line).join("")));
        waitFor(controller);
      } catch (error) {
        release();
        const requestId = crypto.randomUUID();
        deps.log.error("An export failed", { requestId, error });
        controller.enqueue(
          encoder.encode(format.error(`the export failed; the server's log has details under request id ${requestId}`)),
        );
        controller.close();
      }
    },
    async cancel() {
      idle.abort();
      release();
      await batches.return();
    },
  });
  const attribution = attributionOf(leagueKey);
  return new Response(body, {
    headers: {
      "content-type": format.type,
      "cache-control": "no-store",
      "content-disposition": `attachment; filename="lineups-${range.start}-${range.end}${url.pathname.slice(url.pathname.lastIndexOf("."))}"`,
      ...(attribution === null ? {} : { "x-attribution": attribution }),
    },
  });
}

/** Returns a message if the ledger does not know the league or the team; null if it knows both. */
async function unknownOf(
  { db }: Pick<Deps, "db">,
  {
    league,
    leagueKey,
    team,
    teamKey,
  }: { league: string; leagueKey: string; team: string | undefined; teamKey: string | undefined },
): Promise<string | null> {
  if (!(await findLeague(db, leagueKey)) && !(await haveJobs(db, [leagueKey]))[0])
    return `league: the ledger does not know ${JSON.stringify(league.slice(0, 80))}`;
  if (team === undefined || teamKey === undefined) return null;
  const teams = await allTeamsOf(db, leagueKey);
  if (teams.has(teamKey)) return null;
  const known = [...teams].map(([key, name]) => `${key} ${name}`).join(", ");
  return `team: ${JSON.stringify(team.slice(0, 80))} is not a team of ${leagueKey}; known teams: ${known || "none yet"}`;
}

/** Returns a CSV cell, quoted if necessary. The cell is written so that no spreadsheet runs it as a formula. */
function cell(value: ExportRow[keyof ExportRow]): string {
  const said = value === null ? "" : Array.isArray(value) ? value.join(",") : String(value);
  // Remove invisible characters, because some programs interpret them as commands. Line breaks are kept: a cell with line breaks is quoted.
  const text = said.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (c) => (/[\t\n\r]/.test(c) ? c : ""));
  // Spreadsheets skip spaces before a sign. In some languages, spreadsheets also read a full-width sign as a half-width sign.
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function tooMany(reached: "client" | "all"): Response {
  const headers = { "retry-after": "5" };
  return reached === "client"
    ? refusal(
        429,
        `This client has ${LIMITS.exportsPerClient} exports open, the maximum. Wait for one to end`,
        headers,
        "LIMIT_EXCEEDED",
      )
    : refusal(503, `The server has ${LIMITS.exports} exports open, the maximum. Retry later`, headers, "BUSY");
}

function refusal(
  status: number,
  message: string,
  headers: Record<string, string> = {},
  code: LedgerErrorCode = "BAD_USER_INPUT",
): Response {
  return Response.json({ errors: [{ message, extensions: { code } }] }, { status, headers });
}
