import { type SQL, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import { type LeagueScope, ofLeague } from "./conditions.ts";
import { type ClaimedJob, holdsFence } from "./job.ts";

/** Why a source's answer is not believed at the first sight; `lineups/weigh.ts` says when. */
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
  /** Null for what concerns the date as a whole. */
  teamKey: v.nullable(v.string()),
  /** Of what was answered: a second look that sees the same agrees. */
  hash: v.string(),
  /** For people. */
  message: v.string(),
  /** When it was first seen, in milliseconds since 1970. */
  since: v.number(),
  /** When a look on another day agreed, in milliseconds since 1970; null while it is open. */
  confirmedAt: v.nullable(v.number()),
});

/** Something odd about what a source said of a date: open until a look on another day agrees, or sees something else. */
export type Doubt = v.InferOutput<typeof doubt>;

const doubts = v.pipe(v.string(), v.parseJson(), v.array(doubt));

/** Reads the column; what is no list of doubts, as after damage, counts as none (`verify` finds it). */
export function parseDoubts(text: string): Doubt[] {
  const parsed = v.safeParse(doubts, text);
  return parsed.success ? parsed.output : [];
}

/** Whether the text is what the ledger writes there. */
export const isDoubts = (text: string): boolean => v.is(doubts, text);

export const isOpen = ({ confirmedAt }: Doubt): boolean => confirmedAt === null;

/** Dates that are to be looked at again by now, first those that have waited longest. */
export async function dueDates(db: Db, league: LeagueScope, now: number): Promise<{ date: string; reason: string }[]> {
  const rows = await db.orm.all<{ date: string; doubts: string }>(
    sql`select date, doubts from league_dates where ${ofLeague(league)} and due_at <= ${now} and state <> 'WAIVED' order by due_at, date`,
  );
  return rows.map(({ date, doubts: text }) => ({
    date,
    reason: reasonOf(parseDoubts(text)) ?? "To be looked at again",
  }));
}

/** What is doubted, in one line; null when nothing is open. */
export function reasonOf(all: readonly Doubt[]): string | null {
  const open = all.filter(isOpen);
  const [first] = open;
  if (!first) return null;
  return open.length === 1 ? first.message : `${first.message}; and ${open.length - 1} more`;
}

/** A doubt about another date than the one that is being written, as that one contradicts it. */
export type Blame = { date: string; doubt: Doubt; dueAt: number };

/** The doubts of a row of `league_dates`; what damage has made something else of counts as none. */
export const DOUBTS = sql`case when json_valid(doubts) then case json_type(doubts) when 'array' then doubts else '[]' end else '[]' end`;

/** Adds a doubt to a date that has been stored, unless it has one of the kind, and tells the job if the date is one of its own. */
export function writeBlame(job: ClaimedJob, { date, doubt: added, dueAt }: Blame): SQL[] {
  const isNew = sql`not exists (select 1 from json_each(${DOUBTS}) where value ->> 'code' = ${added.code} and value ->> 'hash' = ${added.hash})`;
  return [
    sql`update job_dates set doubt = coalesce(doubt, ${added.message}) where job_id = ${job.id} and date = ${date} and status = 'DONE'
          and exists (select 1 from league_dates where ${ofLeague(job)} and date = ${date} and state in ('COMPLETE', 'EMPTY') and ${isNew})`,
    sql`update league_dates set doubts = json_insert(${DOUBTS}, '$[#]', json(${JSON.stringify(added)})), due_at = min(coalesce(due_at, ${dueAt}), ${dueAt})
        where ${ofLeague(job)} and date = ${date} and state in ('COMPLETE', 'EMPTY') and ${isNew}`,
  ];
}

/** Writes doubts about dates that have been stored, if the writer still holds the job. */
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
