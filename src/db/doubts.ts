import { type SQL, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import { type LeagueScope, ofLeague } from "./conditions.ts";
import { type ClaimedJob, holdsFence } from "./job.ts";

/** Reasons to doubt a source's answer. `lineups/weigh.ts` says when each reason applies. */
const DOUBT_CODES = [
  "DATE_EMPTY",
  "TEAM_EMPTY",
  "LINEUP_SHRUNK",
  "ROSTERS_SWAPPED",
  "PLAYER_ON_TWO_TEAMS",
  "OTHER_DATES_ROSTER",
  "NAME_DAMAGED",
  "TEAM_JOINED",
  "DAMAGED",
] as const;

const doubt = v.object({
  code: v.picklist(DOUBT_CODES),
  /** Null if the doubt concerns the whole date. */
  teamKey: v.nullable(v.string()),
  /** Hash of the doubted answer. An answer on another day with the same hash confirms the doubted answer. */
  hash: v.string(),
  /** Explains the doubt to people. */
  message: v.string(),
  /** Time at which the doubt was first seen, in milliseconds since 1970. */
  since: v.number(),
  /** Time at which an answer on another day confirmed the doubted answer, in milliseconds since 1970; null while the doubt is open. */
  confirmedAt: v.nullable(v.number()),
});

/**
 * Something odd in a source's answer for a date. The doubt is open until an answer on another day repeats or corrects the doubted
 * answer.
 */
export type Doubt = v.InferOutput<typeof doubt>;

const doubts = v.pipe(v.string(), v.parseJson(), v.array(doubt));

/** Parses the column `doubts`. Returns an empty list for a damaged text, which `verify` reports. */
export function parseDoubts(text: string): Doubt[] {
  const parsed = v.safeParse(doubts, text);
  return parsed.success ? parsed.output : [];
}

/** Returns whether the text is a valid list of doubts. */
export const isDoubts = (text: string): boolean => v.is(doubts, text);

export const isOpen = ({ confirmedAt }: Doubt): boolean => confirmedAt === null;

/** Returns the dates that are due for another check, longest waiting first. */
export async function dueDates(db: Db, league: LeagueScope, now: number): Promise<{ date: string; reason: string }[]> {
  const rows = await db.orm.all<{ date: string; doubts: string }>(
    sql`select date, doubts from league_dates where ${ofLeague(league)} and due_at <= ${now} and state <> 'WAIVED' order by due_at, date`,
  );
  return rows.map(({ date, doubts: text }) => ({
    date,
    reason: reasonOf(parseDoubts(text)) ?? "The date is due for another check",
  }));
}

/** Returns the open doubts as one line; null when there are none. */
export function reasonOf(all: readonly Doubt[]): string | null {
  const open = all.filter(isOpen);
  const [first] = open;
  if (!first) return null;
  return open.length === 1 ? first.message : `${first.message}; and ${open.length - 1} more`;
}

/** A doubt about another date, whose lineups contradict the date being written. */
export type Blame = { date: string; doubt: Doubt; dueAt: number };

/** The doubts of a `league_dates` row as a JSON list; a damaged value counts as empty. */
export const DOUBTS = sql`case when json_valid(doubts) then case json_type(doubts) when 'array' then doubts else '[]' end else '[]' end`;

/**
 * Adds a doubt to a stored date, and to the job's row of that date, if any. Adds nothing if the date already has a doubt
 * with the same code and hash.
 */
export function writeBlame(job: ClaimedJob, { date, doubt: added, dueAt }: Blame): SQL[] {
  const isNew = sql`not exists (select 1 from json_each(${DOUBTS}) where value ->> 'code' = ${added.code} and value ->> 'hash' = ${added.hash})`;
  return [
    sql`update job_dates set doubt = coalesce(doubt, ${added.message}) where job_id = ${job.id} and date = ${date} and status = 'DONE'
          and exists (select 1 from league_dates where ${ofLeague(job)} and date = ${date} and state in ('COMPLETE', 'EMPTY') and ${isNew})`,
    sql`update league_dates set doubts = json_insert(${DOUBTS}, '$[#]', json(${JSON.stringify(added)})), due_at = min(coalesce(due_at, ${dueAt}), ${dueAt})
        where ${ofLeague(job)} and date = ${date} and state in ('COMPLETE', 'EMPTY') and ${isNew}`,
  ];
}

/** Writes doubts about stored dates. Throws a FenceError once a newer claim holds the job. */
export async function blameDates(db: Db, job: ClaimedJob, blamed: readonly Blame[]): Promise<void> {
  if (blamed.length === 0) return;
  await db.write(
    [
      sql`update job_log set ${holdsFence(job)} where id = ${job.id}`,
      ...blamed.flatMap((blame) => writeBlame(job, blame)),
    ],
    { repeatable: true },
  );
}
